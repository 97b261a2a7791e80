"""What is checked before a robot may be armed: the crew's checklist and what the laptop can measure.

The laptop earns no safety rating: the crew's answers about clamps, tether and exclusion zone are theirs.
"""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from climber.errors import InputError
from climber.record import PreflightCheck
from climber.safety import LATCHED, Limits
from climber.saying import Saying
from firmware_bridge.types import ClimbState, Fault, Telemetry
from vision.gradability import edge, ungradable_reason
from vision.types import Image

ZONE = ("zone", Saying("Nobody stands in the exclusion zone"))
CHECKLIST = (
    ("site", Saying("The pole's code, the lane closure and the work permit are right")),
    ("clamps", Saying("Both clamps are closed on clean steel and the tether is on")),
    ZONE,
    ("weather", Saying("No lightning, no ice, and the wind is within the robot's rating")),
)
"""(name, statement the crew confirms)."""
ENTRIES = (
    ("weather entry", Saying("Weather now (wind, rain, temperature)")),
    ("signed", Saying("Signed off by (name or initials)")),
)
"""(name, what the crew enters in words)."""
SCRIPTED = "scripted"
JPEG_BYTES = 600_000
"""Disk space kept free for each planned frame, with the pictures made from them."""
SOUND = (
    Fault.HEARTBEAT_LOST | Fault.STOP_COMMAND | Fault.ESTOP | Fault.BOTTOM_LIMIT | Fault.ENERGY_LOW | Fault.WIND_HIGH
)
"""Why a robot may have stopped without anything being wrong with it; battery and wind are measured for themselves."""
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock before this was never set."""


def measured(
    telemetry: Telemetry,
    limits: Limits,
    poles: Sequence[Image],
    folder: Path,
    planned_frames: int,
    now: datetime,
    model: str,
) -> tuple[PreflightCheck, ...]:
    """Check link, battery, robot, wind, camera, model, disk and clock; every value is told with its limit.

    `poles` are the pole's strip of a test photograph of each camera: the background may well be out of focus.
    """
    return (
        _check("link", telemetry.link_age_s <= limits.link_age_s, f"{telemetry.link_age_s:.2f} s old"),
        _battery(telemetry, limits),
        _robot(telemetry),
        _wind(telemetry, limits),
        *(_camera(pole, str(eye or "")) for eye, pole in enumerate(poles)),
        _check("model", True, model),
        _disk(folder, planned_frames),
        _check("clock", now >= EARLIEST, f"{now:%Y-%m-%d %H:%M} UTC"),
    )


class Answers(Protocol):
    """Who answers the checklist."""

    @property
    def source(self) -> Literal["crew", "script"]:
        """As the record names them."""

    def say(self, words: str) -> None:
        """Tell the crew what to do."""

    def confirm(self, statement: str) -> bool:
        """Whether this is so."""

    def enter(self, question: str) -> str:
        """A few words."""


class Scripted:
    """Answers for a simulator: all is well."""

    source: Literal["crew", "script"] = "script"

    def say(self, words: str) -> None:
        """Nobody hears it."""

    def confirm(self, statement: str) -> bool:
        """Always so."""
        return True

    def enter(self, question: str) -> str:
        """Nobody was there to say."""
        return SCRIPTED


def answered(answers: Answers, latched: str = "") -> tuple[PreflightCheck, ...]:
    """Put each line of the checklist to the crew, stopping at the first no, then have the entries made.

    `latched` names the faults that stopped the robot before: only the crew can know that their cause is gone.
    """
    checks = _confirmed(answers, (*CHECKLIST, *_cause(latched)))
    if not all(check.passed for check in checks):
        return checks
    entries = ((name, answers.enter(question).strip()[:500]) for name, question in ENTRIES)
    return (*checks, *(_told(answers, name, bool(words), words or "no entry") for name, words in entries))


def answered_for_descent(answers: Answers, latched: str) -> tuple[PreflightCheck, ...]:
    """Ask what matters before a robot comes down and does nothing else."""
    return _confirmed(answers, (ZONE, *_cause(latched)))


def _cause(latched: str) -> tuple[tuple[str, str], ...]:
    said = Saying("The robot stopped itself before ({faults}); the cause was found and mended", faults=latched)
    return (("cause", said),) if latched else ()


def _confirmed(answers: Answers, statements: Sequence[tuple[str, str]]) -> tuple[PreflightCheck, ...]:
    checks: list[PreflightCheck] = []
    for name, statement in statements:
        checks.append(_told(answers, name, answers.confirm(statement), statement))
        if not checks[-1].passed:
            break
    return tuple(checks)


def _told(answers: Answers, name: str, passed: bool, detail: str) -> PreflightCheck:
    return PreflightCheck(name=name, source=answers.source, passed=passed, detail=detail)


def require(checks: tuple[PreflightCheck, ...]) -> None:
    """Raise InputError naming every check that failed."""
    failed = [Saying("{name}: {detail}", name=one.name, detail=one.detail) for one in checks if not one.passed]
    if failed:
        told = reduce(lambda said, more: Saying("{said}; {more}", said=said, more=more), failed)
        raise InputError(Saying("not armed, because of {failed}. Put it right and start again.", failed=told))


def _check(name: str, passed: bool, detail: str) -> PreflightCheck:
    return PreflightCheck(name=name, source="measured", passed=passed, detail=detail)


def _battery(telemetry: Telemetry, limits: Limits) -> PreflightCheck:
    if telemetry.energy_now_j is None or telemetry.battery_percent is None:
        return _check("battery", False, "the robot has not reported its energy")
    enough = telemetry.energy_now_j > limits.energy_reserve * (telemetry.energy_descent_j or 0)
    return _check("battery", enough, f"{telemetry.battery_percent:.0f} %, {telemetry.energy_now_j / 1000:.0f} kJ")


def latched_faults(telemetry: Telemetry) -> str:
    """Name the faults of a robot that stopped itself; empty where it did not, or only at somebody's word.

    An emergency stop that was reset is past; every start tests it anew.
    """
    if telemetry.state not in LATCHED:
        return ""
    return ", ".join(str(fault.name) for fault in Fault if fault in telemetry.faults & ~SOUND)


def _robot(telemetry: Telemetry) -> PreflightCheck:
    """Latched faults do not forbid to arm: whether their causes last is seen by the robot, or known to the crew."""
    pressed = telemetry.state is ClimbState.ESTOPPED
    faults = latched_faults(telemetry)
    return _check("robot", not pressed, f"{telemetry.state.name}{', ' + faults if faults else ''}")


def _wind(telemetry: Telemetry, limits: Limits) -> PreflightCheck:
    if telemetry.gust_m_s is None:
        return _check("wind", True, "no anemometer on this robot: the crew's entry counts")
    return _check("wind", telemetry.gust_m_s <= limits.gust_m_s, f"gust {telemetry.gust_m_s:.1f} m/s")


def _camera(image: Image, number: str) -> PreflightCheck:
    """Sharp enough, and exposed so that rust can be told: by the same rules that grading uses, values beside them."""
    reason = ungradable_reason(image)
    grey = image.mean(axis=2)
    values = (
        f"{image.shape[1]} x {image.shape[0]} pixels of pole, brightness {grey.mean():.0f} of 255, "
        f"burnt out {(grey >= 253).mean():.0%}, steepest edge {edge(grey.astype(np.uint8)):.0f} a pixel"
    )
    return _check(
        f"camera{number}", reason is None, f"{reason} ({values})" if reason else f"sharp and well exposed: {values}"
    )


def _disk(folder: Path, planned_frames: int) -> PreflightCheck:
    existing = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    needed = planned_frames * JPEG_BYTES + 200_000_000
    return _check("disk", free >= needed, f"{free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB needed")
