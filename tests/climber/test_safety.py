"""Limits of the climb: values dense at each limit, and which reason comes first."""

import math
from dataclasses import replace

import pytest

from climber.safety import Action, Limits, Verdict, judge, may_jog
from firmware_bridge.types import ClimbState, Fault, Telemetry

CALM = Telemetry(
    boot_id=1,
    time_boot_s=10.0,
    state=ClimbState.MOVING,
    height_m=7.0,
    height_std_m=0.01,
    encoder_height_m=7.0,
    azimuth_deg=0.0,
    climb_rate_m_s=0.2,
    pole_diameter_mm=300.0,
    battery_percent=80.0,
    energy_now_j=100_000.0,
    energy_descent_j=10_000.0,
    clamp_forces_n=(400.0, 400.0, 400.0, 400.0),
    wind_m_s=3.0,
    gust_m_s=5.0,
    faults=Fault(0),
    link_age_s=0.05,
    received_s=10.0,
)
LIMITS = Limits(reach_m=15.0)


def around(limit: float) -> list[float]:
    """The limit, its two neighbours among the floats, and a little to both sides."""
    return [limit - 0.01, math.nextafter(limit, -math.inf), limit, math.nextafter(limit, math.inf), limit + 0.01]


def test_calm_proceeds() -> None:
    assert judge(CALM, LIMITS, None).action is Action.PROCEED


@pytest.mark.parametrize("gust", around(12.5))
def test_gust(gust: float) -> None:
    expected = Action.DESCEND if gust > 12.5 else Action.PROCEED
    assert judge(replace(CALM, gust_m_s=gust), LIMITS, None).action is expected


@pytest.mark.parametrize("energy_j", around(15_000.0))
def test_energy(energy_j: float) -> None:
    expected = Action.DESCEND if energy_j < 15_000.0 else Action.PROCEED
    assert judge(replace(CALM, energy_now_j=energy_j), LIMITS, None).action is expected


@pytest.mark.parametrize("age_s", around(0.5))
def test_link_age(age_s: float) -> None:
    expected = Action.STOP if age_s > 0.5 else Action.PROCEED
    assert judge(replace(CALM, link_age_s=age_s), LIMITS, None).action is expected


@pytest.mark.parametrize("height_m", around(15.5))
def test_above_the_pole(height_m: float) -> None:
    expected = Action.STOP if height_m > 15.5 else Action.PROCEED
    assert judge(replace(CALM, height_m=height_m), LIMITS, None).action is expected
    assert judge(replace(CALM, height_m=height_m), Limits(), None).action is Action.PROCEED


@pytest.mark.parametrize("state", list(ClimbState))
def test_latched_states_stop(state: ClimbState) -> None:
    latched = state in (ClimbState.STOPPED, ClimbState.FAULT, ClimbState.ESTOPPED)
    verdict = judge(replace(CALM, state=state, faults=Fault.SLIP | Fault.STALL), LIMITS, None)
    down = Action.DESCEND if state is ClimbState.DESCENDING else Action.PROCEED
    assert verdict.action is (Action.STOP if latched else down)
    if latched:
        assert verdict.reason == f"the robot latched {state.name} (SLIP, STALL)"


@pytest.mark.parametrize("height_m", around(1.0))
def test_a_robot_that_came_down_by_itself(height_m: float) -> None:
    landed = judge(replace(CALM, state=ClimbState.DISARMED, height_m=height_m, faults=Fault.WIND_HIGH), LIMITS, None)
    assert landed.action is (Action.DESCEND if height_m < 1.0 else Action.PROCEED)
    if height_m < 1.0:
        assert landed.reason == "the robot comes down by itself (WIND_HIGH)"


@pytest.mark.parametrize("missing", ["energy_now_j", "energy_descent_j", "gust_m_s"])
def test_a_value_not_heard_yet_is_not_judged(missing: str) -> None:
    assert judge(replace(CALM, **{missing: None}), LIMITS, None).action is Action.PROCEED


def test_no_fault_named() -> None:
    verdict = judge(replace(CALM, state=ClimbState.STOPPED), LIMITS, None)
    assert verdict.reason == "the robot latched STOPPED (no fault named)"


WORST = replace(CALM, state=ClimbState.FAULT, link_age_s=9.0, height_m=99.0, energy_now_j=0.0, gust_m_s=40.0)


def test_order_of_reasons_and_their_words() -> None:
    assert judge(WORST, LIMITS, "stop key", "down key") == Verdict(Action.STOP, "stop key")
    latched = judge(WORST, LIMITS, None, "down key")
    assert latched == Verdict(Action.STOP, "the robot latched FAULT (no fault named)")
    silent = replace(WORST, state=ClimbState.DESCENDING)
    lost = "link lost: nothing heard for 9.00 s (limit 0.5 s)"
    assert judge(silent, LIMITS, None, "down key") == Verdict(Action.STOP, lost)
    high = replace(silent, link_age_s=0.1)
    too_high = "reports 99.00 m on a pole of 15.00 m"
    assert judge(high, LIMITS, None, "down key") == Verdict(Action.STOP, too_high)
    there = replace(high, height_m=7.0)
    assert judge(there, LIMITS, None, "down key") == Verdict(Action.DESCEND, "down key")
    low = replace(there, energy_now_j=14_912.0)
    assert judge(low, LIMITS) == Verdict(Action.DESCEND, "energy 14.9 kJ is below 1.5 x the 10.0 kJ to descend")
    big = replace(there, energy_now_j=14_912_000.0, energy_descent_j=10_000_000.0)
    assert judge(big, LIMITS) == Verdict(Action.DESCEND, "energy 14912.0 kJ is below 1.5 x the 10000.0 kJ to descend")
    windy = replace(there, energy_now_j=1e6)
    assert judge(windy, LIMITS) == Verdict(Action.DESCEND, "gust 40.0 m/s is above 12.5 m/s")
    alone = replace(windy, gust_m_s=1.0, faults=Fault.ENERGY_LOW | Fault.WIND_HIGH)
    assert judge(alone, LIMITS) == Verdict(Action.DESCEND, "the robot comes down by itself (ENERGY_LOW, WIND_HIGH)")


RUN_ON_M = 0.2 * 0.3 + 0.2**2 / (2 * 0.4)
"""At 0.2 m/s: the deadman's time, then slowing."""


@pytest.mark.parametrize("height_m", around(15.0 - RUN_ON_M))
def test_a_jog_up_ends_on_the_pole(height_m: float) -> None:
    assert may_jog(height_m, 0.5, 0.2, LIMITS) is (height_m + RUN_ON_M < 15.0)
    assert may_jog(height_m, -0.5, 0.2, LIMITS)
    assert may_jog(height_m, 0.0, 0.2, LIMITS)


@pytest.mark.parametrize("height_m", around(0.5 + RUN_ON_M))
def test_a_jog_down_ends_above_the_ground(height_m: float) -> None:
    assert may_jog(height_m, -0.5, 0.2, LIMITS) is (height_m - RUN_ON_M > 0.5)
    assert may_jog(height_m, 0.5, 0.2, LIMITS)
    assert may_jog(height_m, 0.0, 0.2, LIMITS)


def test_a_turn_is_free_at_both_ends() -> None:
    assert may_jog(0.3, 0.0, 0.2, LIMITS)
    assert may_jog(15.0, 0.0, 0.2, LIMITS)
    assert not may_jog(0.3, -0.01, 0.2, LIMITS)
    assert not may_jog(15.0, 0.01, 0.2, LIMITS)
    assert may_jog(13.0, 1.0, 0.5, LIMITS)
    assert not may_jog(14.6, 1.0, 0.5, LIMITS), "faster runs on further"
