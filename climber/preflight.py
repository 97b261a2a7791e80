"""What is checked before a robot may be armed: the crew's checklist and what the laptop can measure.

The laptop earns no safety rating: the crew's answers about clamps, tether and exclusion zone are theirs.
"""

import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from climber.errors import InputError
from climber.record import PreflightCheck
from climber.safety import LATCHED, Limits
from firmware_bridge.types import Fault, Telemetry
from vision.gradability import ungradable_reason
from vision.types import Image

CHECKLIST = (
    ("site", "The pole's code, the lane closure and the work permit are right"),
    ("clamps", "Both clamps are closed on clean steel and the tether is on"),
    ("zone", "Nobody stands in the exclusion zone"),
    ("weather", "No lightning, no ice, and the wind is within the robot's rating"),
    ("stop", "The hard-wired emergency stop was pressed once, held the robot, and is released"),
)
"""(name, statement the crew confirms)."""
JPEG_BYTES = 600_000
"""Disk space kept free for each planned frame, with the pictures made from them."""
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock before this was never set."""


def measured(
    telemetry: Telemetry, limits: Limits, poles: Sequence[Image], folder: Path, planned_frames: int, now: datetime
) -> tuple[PreflightCheck, ...]:
    """Check link, battery, robot, wind, camera, disk and clock; every value is told with its limit.

    `poles` are the pole's strip of a test photograph of each camera: the background may well be out of focus.
    """
    return (
        _check("link", telemetry.link_age_s <= limits.link_age_s, f"{telemetry.link_age_s:.2f} s old"),
        _battery(telemetry, limits),
        _robot(telemetry),
        _wind(telemetry, limits),
        *(_camera(pole, str(eye or "")) for eye, pole in enumerate(poles)),
        _disk(folder, planned_frames),
        _check("clock", now >= EARLIEST, f"{now:%Y-%m-%d %H:%M} UTC"),
    )


def answered(ask: Callable[[str], bool], source: Literal["crew", "script"]) -> tuple[PreflightCheck, ...]:
    """Put each line of the checklist to `ask`, stopping at the first no."""
    checks: list[PreflightCheck] = []
    for name, statement in CHECKLIST:
        checks.append(PreflightCheck(name=name, source=source, passed=ask(statement), detail=statement))
        if not checks[-1].passed:
            break
    return tuple(checks)


def require(checks: tuple[PreflightCheck, ...]) -> None:
    """Raise InputError naming every check that failed."""
    failed = [f"{check.name}: {check.detail}" for check in checks if not check.passed]
    if failed:
        raise InputError("not armed, because of " + "; ".join(failed) + ". Put it right and start again.")


def _check(name: str, passed: bool, detail: str) -> PreflightCheck:
    return PreflightCheck(name=name, source="measured", passed=passed, detail=detail)


def _battery(telemetry: Telemetry, limits: Limits) -> PreflightCheck:
    if telemetry.energy_now_j is None or telemetry.battery_percent is None:
        return _check("battery", False, "the robot has not reported its energy")
    enough = telemetry.energy_now_j > limits.energy_reserve * (telemetry.energy_descent_j or 0)
    return _check("battery", enough, f"{telemetry.battery_percent:.0f} %, {telemetry.energy_now_j / 1000:.0f} kJ")


def _robot(telemetry: Telemetry) -> PreflightCheck:
    serious = telemetry.faults & ~(Fault.HEARTBEAT_LOST | Fault.STOP_COMMAND | Fault.BOTTOM_LIMIT)
    faults = ", ".join(fault.name or "" for fault in Fault if fault in serious)
    clear = not serious or telemetry.state not in LATCHED
    return _check("robot", clear, f"{telemetry.state.name}{', ' + faults if faults else ''}")


def _wind(telemetry: Telemetry, limits: Limits) -> PreflightCheck:
    if telemetry.gust_m_s is None:
        return _check("wind", True, "no anemometer on this robot: the crew's entry counts")
    return _check("wind", telemetry.gust_m_s <= limits.gust_m_s, f"gust {telemetry.gust_m_s:.1f} m/s")


def _camera(image: Image, number: str) -> PreflightCheck:
    reason = ungradable_reason(image)
    return _check(
        f"camera{number}", reason is None, reason or f"a sharp photograph of {image.shape[1]} x {image.shape[0]} pixels"
    )


def _disk(folder: Path, planned_frames: int) -> PreflightCheck:
    existing = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    needed = planned_frames * JPEG_BYTES + 200_000_000
    return _check("disk", free >= needed, f"{free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB needed")
