"""Speed profiles: how fast to go now to stand at the goal without overshoot."""

import math

from firmware_bridge.simulator.plant import ACCELERATION_M_S2, TURN_ACCELERATION_DEG_S2

HEIGHT_CLOSE_M = 0.002
AZIMUTH_CLOSE_DEG = 0.1
SETTLED_M_S = 0.005
SETTLED_DEG_S = 0.5
EASE = 0.7
"""Part of the full deceleration that the profile plans with."""


def climb_rate(to_go_m: float, most_m_s: float) -> float:
    """Signed m/s: limited, slowing so that the rest can be braked within `to_go_m`."""
    return _profile(to_go_m, most_m_s, ACCELERATION_M_S2, gain_per_s=8.0)


def turn_rate(to_go_deg: float, most_deg_s: float) -> float:
    """Signed deg/s, as `climb_rate`."""
    return _profile(to_go_deg, most_deg_s, TURN_ACCELERATION_DEG_S2, gain_per_s=8.0)


def turn_to_go(goal_deg: float, here_deg: float) -> float:
    """The short way round, (-180, 180]."""
    return -((here_deg - goal_deg + 180) % 360 - 180)


def _profile(to_go: float, most: float, acceleration: float, gain_per_s: float) -> float:
    rate = min(most, math.sqrt(2 * EASE * acceleration * abs(to_go)), gain_per_s * abs(to_go))
    return math.copysign(rate, to_go)
