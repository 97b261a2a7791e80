"""Injected faults: by command 420, by the lines of a script file, or by a test. One table for all three.

A script is TOML: `[[fault]]` with `at_s` (seconds of simulated time), `at_m` (height first reached) or both, `what` (a
name below), `value`, and `lasts_s` if it goes away again. Heights suit tests: they do not depend on how long a host
takes before it sends the robot up.
"""

import math
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

from firmware_bridge.simulator.firmware import Firmware
from firmware_bridge.simulator.line_noise import NoisyEnd
from firmware_bridge.simulator.plant import ENERGY_FULL_J
from firmware_bridge.simulator.stills import Stills

SUCCESS_TYPE = 0
"""FAILURE_TYPE_OK: the fault is taken away again."""


class Unit(IntEnum):
    """Parameter 1 of command 420: FAILURE_UNIT where the standard has one, ours from 200 on."""

    BATTERY = 100
    """Value: percent left."""
    MOTOR = 101
    """Jammed: 1 or 0."""
    CLAMP = 200
    """Fraction of the first clamp's force lost each second."""
    GRIP = 201
    """Factor on friction: 1 = dry, 0.1 = oil."""
    WIND = 202
    """m/s; negative = natural again."""
    ESTOP = 203
    """Button pressed: 1 or 0."""
    CAMERA = 204
    """Stuck: 1 or 0."""
    CONTROLLER = 205
    """Restarts at once."""
    ENCODER = 206
    """Fraction by which the wheels count too much."""
    LINE_DROP = 210
    """Fraction of bytes lost, both ways."""
    LINE_FLIP = 211
    """Fraction of bytes with one bit changed, both ways."""
    LINE_DELAY = 212
    """Seconds that the robot's words are late."""
    LINE_MUTE = 213
    """The robot says nothing: 1 or 0."""


TIMING = ("at_s", "at_m", "lasts_s")
HEALTHY = {Unit.BATTERY: 100.0, Unit.GRIP: 1.0, Unit.WIND: -1.0}
"""What taking a fault away sets; 0 where not listed."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One line of a script."""

    at_s: float
    unit: Unit
    value: float
    at_m: float = 0.0
    lasts_s: float = math.inf


class Faults:
    """Sets the machine's, the camera's and the line's ails."""

    def __init__(self, firmware: Firmware, stills: Stills, line: NoisyEnd, script: tuple[Planned, ...] = ()) -> None:
        self._firmware = firmware
        self._script = sorted(script, key=lambda planned: planned.at_s)
        self._highest_m = 0.0
        plant, ails = firmware.plant, firmware.plant.ails

        def charge(percent: float) -> None:
            plant.energy_j = ENERGY_FULL_J * percent / 100

        def blow(m_s: float) -> None:
            ails.wind_m_s = None if m_s < 0 else m_s

        self._set: dict[Unit, Callable[[float], None]] = {
            Unit.BATTERY: charge,
            Unit.MOTOR: lambda value: setattr(ails, "jammed", bool(value)),
            Unit.CLAMP: lambda value: setattr(ails, "clamp_leak_per_s", value),
            Unit.GRIP: lambda value: setattr(ails, "grip", value),
            Unit.WIND: blow,
            Unit.ESTOP: lambda value: setattr(firmware, "estop_pressed", bool(value)),
            Unit.CAMERA: lambda value: setattr(stills, "stuck", bool(value)),
            Unit.CONTROLLER: lambda _: firmware.boot(heard_s=None),
            Unit.ENCODER: lambda value: setattr(ails, "encoder_gain", value),
            Unit.LINE_DROP: lambda value: setattr(line, "drop", value),
            Unit.LINE_FLIP: lambda value: setattr(line, "flip", value),
            Unit.LINE_DELAY: lambda value: setattr(line, "delay_s", value),
            Unit.LINE_MUTE: lambda value: setattr(line, "mute", bool(value)),
        }

    def inject(self, unit: int, kind: int, value: float) -> bool:
        """Set a fault, or take it away (`kind` 0); False if there is no such unit."""
        try:
            which = Unit(unit)
        except ValueError:
            return False
        self._set[which](HEALTHY.get(which, 0.0) if kind == SUCCESS_TYPE else value)
        return True

    def due(self) -> None:
        """Set what the script has planned until now."""
        now_s = self._firmware.plant.time_s
        self._highest_m = max(self._highest_m, self._firmware.plant.height_m)
        for planned in [one for one in self._script if one.at_s <= now_s and one.at_m <= self._highest_m]:
            self._script.remove(planned)
            self._set[planned.unit](planned.value)
            if planned.lasts_s < math.inf:
                healthy = HEALTHY.get(planned.unit, 0.0)
                self._script.append(replace(planned, at_s=now_s + planned.lasts_s, value=healthy, lasts_s=math.inf))


def read_script(path: Path) -> tuple[Planned, ...]:
    """Read a fault script; ValueError that names the line's place, the value and what is allowed."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    if unknown := set(content) - {"fault"}:
        raise ValueError(f"{path}: unknown key `{min(unknown)}`; a script has only [[fault]] tables")
    return tuple(_planned(path, place, one) for place, one in enumerate(content.get("fault", ())))


def _planned(path: Path, place: int, one: dict[str, object]) -> Planned:
    what, value, given = one.get("what"), one.get("value", 1.0), {name: one[name] for name in TIMING if name in one}
    where = f"{path}: fault {place}"
    if unknown := set(one) - {"what", "value", *TIMING}:
        raise ValueError(f"{where}: unknown key `{min(unknown)}`; known keys are {', '.join(TIMING)}, what, value")
    if not isinstance(what, str) or what.upper() not in Unit.__members__:
        names = ", ".join(name.lower() for name in Unit.__members__)
        raise ValueError(f"{where}: `what` is {what!r}; give one of {names}")
    numbers = {name: float(one) for name, one in given.items() if isinstance(one, int | float) and one >= 0}
    if not isinstance(value, int | float) or len(numbers) < len(given) or not {"at_s", "at_m"} & set(numbers):
        raise ValueError(f"{where}: give `at_s` or `at_m`; they, `lasts_s` and `value` are numbers, times from 0 on")
    return Planned(numbers.pop("at_s", 0.0), Unit[what.upper()], float(value), **numbers)
