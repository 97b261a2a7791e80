"""Stations: every element of the shaft is inside a frame at the planned angle."""

import math
from itertools import pairwise

import pytest

from climber.errors import InputError
from climber.forecast import expected_coverage
from climber.plan import PLANNED_ANGLE_DEG, Path, half_arc_deg, plan_stations, radius_mm, remaining
from vision.types import Camera, PoleShape

CAMERA = Camera(1280, 960, 860.0, 860.0, 640.0, 480.0)


def view_angle_deg(radius: float, standoff: float, surface_deg: float) -> float:
    """Angle between the ray to a surface point and its normal, from the two positions themselves."""
    x, y = radius * math.cos(math.radians(surface_deg)), radius * math.sin(math.radians(surface_deg))
    to_camera = (radius + standoff - x, -y)
    cosine = (to_camera[0] * x + to_camera[1] * y) / (math.hypot(*to_camera) * radius)
    return math.degrees(math.acos(cosine))


@pytest.mark.parametrize("radius", [65.0, 120.0, 250.0])
@pytest.mark.parametrize("standoff", [300.0, 600.0])
def test_half_arc_is_where_the_planned_angle_is_reached(radius: float, standoff: float) -> None:
    arc = half_arc_deg(radius, standoff, CAMERA, sides=0)
    assert view_angle_deg(radius, standoff, arc) <= PLANNED_ANGLE_DEG + 1e-6
    if math.degrees(math.asin(radius / (radius + standoff))) < 30:
        assert view_angle_deg(radius, standoff, arc) == pytest.approx(PLANNED_ANGLE_DEG, abs=0.01)


@pytest.mark.parametrize("path", list(Path))
@pytest.mark.parametrize("height_m", [12.0, 15.0, 35.0])
@pytest.mark.parametrize("sides", [0, 8, 12, 16])
def test_every_element_is_seen_well(height_m: float, sides: int, path: Path) -> None:
    shape = PoleShape(height_m, 420, 160, sides)
    stations = plan_stations(shape, CAMERA, 600.0, path=path)
    for height in [h * 0.1 for h in range(int(height_m * 10) + 1)]:
        near = [s for s in stations if abs(s.height_m - height) <= 0.5 * 600 * 960 / 860 / 1000]
        half = half_arc_deg(radius_mm(shape, height), 600.0, CAMERA, sides)
        azimuths = sorted({s.azimuth_deg for s in near})
        gaps = [(b - a) for a, b in zip(azimuths, [*azimuths[1:], azimuths[0] + 360], strict=True)]
        assert max(gaps) <= 2 * half * 1.02


@pytest.mark.parametrize("offsets_deg", [(0.0, 180.0), (10.0, 130.0, 250.0), (0.0, 90.0, 180.0, 270.0), (0.0, 50.0)])
def test_a_ring_of_cameras_sees_all_that_one_sees(offsets_deg: tuple[float, ...]) -> None:
    shape = PoleShape(12, 420, 160)
    alone = plan_stations(shape, CAMERA, 600.0)
    stations = plan_stations(shape, CAMERA, 600.0, offsets_deg)
    even = offsets_deg[1] - offsets_deg[0] == 360 / len(offsets_deg)
    heights_m = {station.height_m for station in alone}
    assert len(stations) <= (len(alone) / len(offsets_deg) + len(heights_m) if even else len(alone))
    for height_m in heights_m:
        half = half_arc_deg(radius_mm(shape, height_m), 600.0, CAMERA, 0)
        seen = sorted((s.azimuth_deg + o) % 360 for s in stations for o in offsets_deg if s.height_m == height_m)
        assert max(b - a for a, b in zip(seen, [*seen[1:], seen[0] + 360], strict=True)) <= 2 * half * 0.95


def test_stations_that_any_camera_of_the_ring_photographed_are_done() -> None:
    offsets_deg = (45.0, 225.0)
    stations = plan_stations(PoleShape(12, 420, 160), CAMERA, 600.0, offsets_deg)
    first, second = stations[:2]
    taken = [(first.height_m, (first.azimuth_deg + 225.0) % 360)]  # the other camera's failed
    assert remaining(stations, taken, offsets_deg) == stations[1:]
    assert second.height_m == first.height_m


def test_neighbouring_rings_turn_back() -> None:
    stations = plan_stations(PoleShape(12, 300, 150), CAMERA, 600.0)
    rings: dict[float, list[float]] = {}
    for station in stations:
        rings.setdefault(station.height_m, []).append(station.azimuth_deg)
    first, second = list(rings.values())[:2]
    assert first == sorted(first)
    assert second == sorted(second, reverse=True)


def test_a_spiral_always_goes_on_around_and_never_sinks() -> None:
    stations = plan_stations(PoleShape(12, 300, 150), CAMERA, 600.0, path=Path.SPIRAL)
    for before, after in pairwise(stations):
        assert 0 < (after.azimuth_deg - before.azimuth_deg) % 360 <= 120
        assert -1e-9 <= after.height_m - before.height_m < 0.5
    assert expected_coverage(PoleShape(12, 300, 150), CAMERA, 600.0, stations) > 0.995


@pytest.mark.parametrize("path", list(Path))
@pytest.mark.parametrize("offsets_deg", [(0.0, 180.0), (0.0, 120.0, 240.0), (0.0, 50.0)])
def test_a_ring_of_cameras_covers_the_shaft_on_either_path(path: Path, offsets_deg: tuple[float, ...]) -> None:
    shape = PoleShape(6, 300, 200)
    stations = plan_stations(shape, CAMERA, 600.0, offsets_deg, path)
    assert expected_coverage(shape, CAMERA, 600.0, stations, offsets_deg) > 0.995


@pytest.mark.parametrize("path", list(Path))
def test_short_pole_gets_one_ring(path: Path) -> None:
    stations = plan_stations(PoleShape(0.5, 300, 300), CAMERA, 600.0, path=path)
    assert {s.height_m for s in stations} == {0.25}
    assert len({s.azimuth_deg for s in stations}) == len(stations)


def test_pole_too_wide_for_the_lens_is_refused() -> None:
    narrow = Camera(1280, 960, 9000.0, 9000.0, 640.0, 480.0)
    with pytest.raises(InputError, match="wider lens"):
        plan_stations(PoleShape(12, 2000, 2000), narrow, 100.0)
