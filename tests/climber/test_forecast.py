"""The forecast of a climb: coverage by the map's own rules, and a battery that cannot is refused."""

from dataclasses import replace

import pytest

from climber.errors import InputError
from climber.forecast import expected_coverage, forecast, require_energy
from climber.plan import plan_stations
from climber.safety import Limits
from firmware_bridge.simulator.parameters import TABLE, Parameters
from tests.climber.test_safety import CALM
from vision.types import Camera, PoleShape

CAMERA = Camera(1280, 960, 860.0, 860.0, 639.5, 479.5)
POWER = {name: Parameters()[name] for name in TABLE}


@pytest.mark.parametrize("sides", [0, 12])
def test_planned_stations_cover_the_shaft(sides: int) -> None:
    shape = PoleShape(12, 400, 160, sides)
    stations = plan_stations(shape, CAMERA, 600.0)
    assert expected_coverage(shape, CAMERA, 600.0, stations) > 0.995
    ring = stations[0].height_m
    without_a_side = tuple(s for s in stations if s.azimuth_deg != 0 or s.height_m == ring)
    assert expected_coverage(shape, CAMERA, 600.0, without_a_side) < 0.95


def test_time_and_energy_grow_with_the_pole() -> None:
    def of(height_m: float) -> tuple[float, float]:
        shape = PoleShape(height_m, 300, 300)
        expected = forecast(shape, CAMERA, 600.0, plan_stations(shape, CAMERA, 600.0), 0.2, POWER)
        return expected.up_s + expected.down_s, expected.up_j + expected.down_j

    (short_s, short_j), (tall_s, tall_j) = of(6), of(12)
    assert 1.8 < tall_s / short_s < 2.4
    assert 1.8 < tall_j / short_j < 2.4


def test_battery_that_cannot_is_refused() -> None:
    shape = PoleShape(12, 300, 200)
    expected = forecast(shape, CAMERA, 600.0, plan_stations(shape, CAMERA, 600.0), 0.2, POWER)
    needed_j = expected.up_j + 1.5 * expected.down_j
    require_energy(expected, replace(CALM, energy_now_j=needed_j + 1), Limits())
    with pytest.raises(InputError, match="Charge it"):
        require_energy(expected, replace(CALM, energy_now_j=needed_j - 1), Limits())
