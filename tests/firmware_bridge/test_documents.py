"""The room's pages name every message, command, state, parameter and fault that there is."""

from importlib import import_module
from pathlib import Path

import pytest

from firmware_bridge.calibration_file import NAMES
from firmware_bridge.dialect import highmast
from firmware_bridge.orders import Command
from firmware_bridge.ring import KEYS
from firmware_bridge.simulator import parameters
from firmware_bridge.simulator.faults import Unit
from firmware_bridge.types import ClimbState

ROOM = Path(highmast.__file__).parents[1]
PROTOCOL = (ROOM / "PROTOCOL.md").read_text(encoding="utf-8")
SIMULATOR = (ROOM / "SIMULATOR.md").read_text(encoding="utf-8")


def test_every_message_and_state_is_in_the_protocol_page() -> None:
    names = [one.msgname for one in highmast.mavlink_map.values()]
    assert [name for name in names if name not in PROTOCOL] == []
    assert [state.name for state in ClimbState if f"{int(state)} {state.name}" not in PROTOCOL] == []


def test_every_command_is_in_the_protocol_page() -> None:
    assert [one.name for one in Command if str(int(one)) not in PROTOCOL] == []


def test_every_parameter_and_fault_is_in_the_simulator_page() -> None:
    for name, one in parameters.TABLE.items():
        assert f"| {name} | {one.default:g} | {one.least:g} | {one.most:g} |" in SIMULATOR, name
    for unit in Unit:
        assert f"| {int(unit)} | `{unit.name.lower()}` |" in SIMULATOR, unit.name


def test_every_key_of_ring_and_calibration_files_is_in_the_camera_page() -> None:
    page = (ROOM / "CAMERA.md").read_text(encoding="utf-8")
    assert [key for key in KEYS if f"{key} = " not in page] == []
    assert [name for name in NAMES if f"`{name}`" not in page] == []


@pytest.mark.parametrize("name", ["calibrate", "conformance", "doctor", "key", "parameters", "replay", "simulate"])
def test_every_option_of_a_robots_commands_is_in_a_page(name: str) -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in (ROOM.parent / "README.md", *ROOM.glob("*.md")))
    command = import_module(f"climber.commands.{name}").command
    options = [one for parameter in command.params for one in parameter.opts if one.startswith("--")]
    assert f"highmast {name}" in pages
    assert [option for option in options if option not in pages] == []
