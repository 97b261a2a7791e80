"""What the laptop does about the robot's telemetry: pure limits, the gravest first.

The firmware guards itself and is faster; these limits only end a climb earlier. Nothing here replaces the hard-wired
emergency stop, and no limit resumes motion.
"""

from dataclasses import dataclass
from enum import Enum

from climber.saying import Saying
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
LOWEST_M = 0.5
"""Camera height above which a robot surely does not touch the ground."""
DEADMAN_S = 0.3
SLOWING_M_S2 = 0.4
PROCEED = Verdict(Action.PROCEED)
LATCHED = {ClimbState.STOPPED, ClimbState.FAULT, ClimbState.ESTOPPED}


def judge(
    telemetry: Telemetry, limits: Limits, stop_reason: str | None = None, down_reason: str | None = None
) -> Verdict:
    """Return what to do; the first that applies of: stop request, latched robot, link, height, request to come down,
    energy, wind."""
    return stops(telemetry, limits, stop_reason) or descents(telemetry, limits, down_reason) or PROCEED


def stops(telemetry: Telemetry, limits: Limits, stop_reason: str | None) -> Verdict | None:
    """What stops the climb where it is, also on the way down."""
    if stop_reason is not None:
        return Verdict(Action.STOP, stop_reason)
    if telemetry.state in LATCHED:
        latched = Saying(
            "the robot latched {state} ({faults})", state=telemetry.state.name, faults=_named(telemetry.faults)
        )
        return Verdict(Action.STOP, latched)
    if telemetry.link_age_s > limits.link_age_s:
        silent = Saying(
            "link lost: nothing heard for {age_s:.2f} s (limit {limit_s} s)",
            age_s=telemetry.link_age_s,
            limit_s=limits.link_age_s,
        )
        return Verdict(Action.STOP, silent)
    if limits.reach_m and telemetry.height_m > limits.reach_m + 0.5:
        too_high = Saying(
            "reports {height_m:.2f} m on a pole of {reach_m:.2f} m", height_m=telemetry.height_m, reach_m=limits.reach_m
        )
        return Verdict(Action.STOP, too_high)
    return None


def descents(telemetry: Telemetry, limits: Limits, down_reason: str | None = None) -> Verdict | None:
    """What ends the climb by coming down, or says that the robot does so already."""
    if down_reason is not None:
        return Verdict(Action.DESCEND, down_reason)
    now_j, descent_j = telemetry.energy_now_j, telemetry.energy_descent_j
    if now_j is not None and descent_j is not None and now_j < limits.energy_reserve * descent_j:
        low = Saying(
            "energy {now_kj:.1f} kJ is below {reserve} x the {descent_kj:.1f} kJ to descend",
            now_kj=now_j / 1000,
            reserve=limits.energy_reserve,
            descent_kj=descent_j / 1000,
        )
        return Verdict(Action.DESCEND, low)
    if telemetry.gust_m_s is not None and telemetry.gust_m_s > limits.gust_m_s:
        gust = Saying(
            "gust {gust_m_s:.1f} m/s is above {limit_m_s} m/s", gust_m_s=telemetry.gust_m_s, limit_m_s=limits.gust_m_s
        )
        return Verdict(Action.DESCEND, gust)
    if comes_down_alone(telemetry):
        alone = Saying("the robot comes down by itself ({faults})", faults=_named(telemetry.faults))
        return Verdict(Action.DESCEND, alone)
    return None


def comes_down_alone(telemetry: Telemetry) -> bool:
    """Whether the robot is on its way down, or already stands disarmed at the bottom. Its firmware sees a low battery
    or a gust before the laptop does, and may be down within one report."""
    landed = telemetry.state is ClimbState.DISARMED and telemetry.height_m < GROUND_M
    return landed or telemetry.state is ClimbState.DESCENDING


def may_jog(height_m: float, up: float, speed_m_s: float, limits: Limits) -> bool:
    """Whether a jog (`up` > 0 rises, < 0 sinks, 0 turns) at this speed can still stop on the pole when it is let go.

    The robot runs on for the deadman's time, then slows down.
    """
    run_on_m = speed_m_s * DEADMAN_S + speed_m_s**2 / (2 * SLOWING_M_S2)
    if up > 0:
        return height_m + run_on_m < limits.reach_m
    return up == 0 or height_m - run_on_m > LOWEST_M


def _named(faults: Fault) -> str:
    return ", ".join(str(fault.name) for fault in Fault if fault in faults) or "no fault named"
