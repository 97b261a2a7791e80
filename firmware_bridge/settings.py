"""A robot's parameters in a TOML file: save, compare, restore."""

import math
import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.errors import ProtocolError, Refused
from firmware_bridge.messages import ParameterSet, ParameterValue
from firmware_bridge.protocol import CONTROLLER, ROBOT_SYSTEM
from firmware_bridge.session import Session

REAL32 = 9
CLOSE = 1e-6
"""Relative: parameters travel as 32-bit floats."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One parameter that is not the same in file and robot; None = it is not there."""

    name: str
    in_file: float | None
    in_robot: float | None

    def __str__(self) -> str:
        return f"{self.name}: file {_word(self.in_file)}, robot {_word(self.in_robot)}"


def save(path: Path, values: dict[str, float], robot: str) -> None:
    """Write all parameters, in order, with the robot's identity as a comment."""
    lines = [f"# {robot}", *(f"{name} = {value:.9g}" for name, value in sorted(values.items()))]
    partial = path.with_name(f".{path.name}.tmp")
    with partial.open("w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def load(path: Path) -> dict[str, float]:
    """Read a parameter file; ProtocolError that names the key."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProtocolError(
            f"{path}: {error.strerror}; give a file written by `highmast parameters URL save`"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProtocolError(f"{path}: {error}; give NAME = NUMBER lines") from None
    for name, value in content.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ProtocolError(f"{path}: {name} is {value!r}, not a finite number")
    return {name: float(value) for name, value in content.items()}


def differences(in_file: dict[str, float], in_robot: dict[str, float]) -> list[Difference]:
    """What is not the same, by name."""
    return [
        Difference(name, in_file.get(name), in_robot.get(name))
        for name in sorted(in_file.keys() | in_robot.keys())
        if not _same(in_file.get(name), in_robot.get(name))
    ]


def set_parameter(session: Session, name: str, value: float) -> None:
    """Set one parameter; Refused if the robot keeps another value, LinkLost if it does not answer."""
    session.replies(ParameterValue)
    got = session.wait_for(
        lambda: session.link.send(ParameterSet(ROBOT_SYSTEM, CONTROLLER, name, value, REAL32)),
        _answer(session, name),
        f"answer to {name} (is it a parameter of this robot?)",
    )
    if not _same(got.value, value):
        raise Refused(f"{name} stays {got.value:g}: {value:g} is outside the robot's bounds")


def restore(session: Session, wanted: dict[str, float]) -> list[Difference]:
    """Set what differs from `wanted`; return what was changed. Unknown names: ProtocolError before anything is set."""
    changes = [one for one in differences(wanted, session.ask_parameters()) if one.in_file is not None]
    if unknown := [one.name for one in changes if one.in_robot is None]:
        raise ProtocolError(f"this robot has no parameter {', '.join(unknown)}; is the file from another version?")
    for one in changes:
        assert one.in_file is not None
        set_parameter(session, one.name, one.in_file)
    return changes


def _answer(session: Session, name: str) -> Callable[[], ParameterValue | None]:
    return lambda: next((one for one in session.replies(ParameterValue) if one.name == name), None)


def _same(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=CLOSE, abs_tol=CLOSE)


def _word(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"
