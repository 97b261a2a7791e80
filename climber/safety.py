"""What the laptop does about the robot's telemetry: pure limits, the gravest first.

The firmware guards itself and is faster; these limits only end a climb earlier. Nothing here replaces the hard-wired
emergency stop, and no limit resumes motion.
"""

from dataclasses import dataclass
from enum import Enum

from firmware_bridge.types import ClimbState, Fault, Telemetry


class Action(Enum):
    """What to do now."""

    PROCEED = "proceed"
    DESCEND = "descend"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Limits:
    """When to end a climb. The defaults are ours, not a rating of any robot."""

    energy_reserve: float = 1.5
    """Come down when the energy left is below this many times what the descent needs."""
    gust_m_s: float = 12.5
    """Come down above this 3 s gust: the usual limit of mobile work platforms."""
    link_age_s: float = 0.5
    """Stop when nothing valid was heard for longer."""
    reach_m: float = 0.0
    """Height of the pole; 0 = not checked. A robot that reports more than 0.5 m above it is stopped."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An action and, unless it is to proceed, why: value, limit, unit."""

    action: Action
    reason: str = ""


GROUND_M = 1.0
"""A robot that disarms itself below this stands on the ground; above it that is a fault."""
PROCEED = Verdict(Action.PROCEED)
LATCHED = {ClimbState.STOPPED, ClimbState.FAULT, ClimbState.ESTOPPED}


def judge(telemetry: Telemetry, limits: Limits, stop_reason: str | None) -> Verdict:
    """Return what to do; the first that applies of: stop request, latched robot, link, height, energy, wind."""
    return stops(telemetry, limits, stop_reason) or descents(telemetry, limits) or PROCEED


def stops(telemetry: Telemetry, limits: Limits, stop_reason: str | None) -> Verdict | None:
    """What stops the climb where it is, also on the way down."""
    if stop_reason is not None:
        return Verdict(Action.STOP, stop_reason)
    if telemetry.state in LATCHED:
        return Verdict(Action.STOP, f"the robot latched {telemetry.state.name} ({_named(telemetry.faults)})")
    if telemetry.link_age_s > limits.link_age_s:
        return Verdict(
            Action.STOP, f"link lost: nothing heard for {telemetry.link_age_s:.2f} s (limit {limits.link_age_s} s)"
        )
    if limits.reach_m and telemetry.height_m > limits.reach_m + 0.5:
        return Verdict(Action.STOP, f"reports {telemetry.height_m:.2f} m on a pole of {limits.reach_m:.2f} m")
    return None


def descents(telemetry: Telemetry, limits: Limits) -> Verdict | None:
    """What ends the climb by coming down, or says that the robot does so already."""
    now_j, descent_j = telemetry.energy_now_j, telemetry.energy_descent_j
    if now_j is not None and descent_j is not None and now_j < limits.energy_reserve * descent_j:
        return Verdict(
            Action.DESCEND,
            f"energy {now_j / 1000:.1f} kJ is below {limits.energy_reserve} x the {descent_j / 1000:.1f} kJ to descend",
        )
    if telemetry.gust_m_s is not None and telemetry.gust_m_s > limits.gust_m_s:
        return Verdict(Action.DESCEND, f"gust {telemetry.gust_m_s:.1f} m/s is above {limits.gust_m_s} m/s")
    if comes_down_alone(telemetry):
        return Verdict(Action.DESCEND, f"the robot comes down by itself ({_named(telemetry.faults)})")
    return None


def comes_down_alone(telemetry: Telemetry) -> bool:
    """Whether the robot is on its way down, or already stands disarmed at the bottom. Its firmware sees a low battery
    or a gust before the laptop does, and may be down within one report."""
    landed = telemetry.state is ClimbState.DISARMED and telemetry.height_m < GROUND_M
    return landed or telemetry.state is ClimbState.DESCENDING


def _named(faults: Fault) -> str:
    return ", ".join(fault.name or "" for fault in Fault if fault in faults) or "no fault named"
