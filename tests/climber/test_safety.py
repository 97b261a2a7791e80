"""Limits of the climb: values dense at each limit, and which reason comes first."""

import math
from dataclasses import replace

import pytest

from climber.safety import Action, Limits, judge
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


def test_stop_request_comes_before_everything() -> None:
    worst = replace(CALM, state=ClimbState.FAULT, link_age_s=9.0, height_m=99.0, energy_now_j=0.0, gust_m_s=40.0)
    assert judge(worst, LIMITS, "stop key").reason == "stop key"


def test_order_of_reasons() -> None:
    worst = replace(CALM, state=ClimbState.FAULT, link_age_s=9.0, height_m=99.0, energy_now_j=0.0, gust_m_s=40.0)
    assert "latched" in judge(worst, LIMITS, None).reason
    assert "nothing heard" in judge(replace(worst, state=ClimbState.MOVING), LIMITS, None).reason
    linked = replace(worst, state=ClimbState.MOVING, link_age_s=0.1)
    assert "reports 99.00 m" in judge(linked, LIMITS, None).reason
    assert "energy" in judge(replace(linked, height_m=7.0), LIMITS, None).reason
    assert "gust" in judge(replace(linked, height_m=7.0, energy_now_j=1e6), LIMITS, None).reason
