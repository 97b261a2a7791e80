"""Coverage during the climb: a gap is found, named, and the stations that look at it are taken again."""

import numpy as np
import pytest

from climber.plan import plan_stations
from climber.seen import Seen, in_words, stations_for
from climber.shots import fault_of
from firmware_bridge.types import Frame, Pose
from tests.climber.folders import NOW
from vision.render import PoleRenderer
from vision.render_surface import painted_surface
from vision.types import Camera, PoleShape, View

CAMERA = Camera(1280, 960, 860.0, 860.0, 639.5, 479.5)
SHAPE = PoleShape(6, 300, 220)
STATIONS = plan_stations(SHAPE, CAMERA, 600.0)


def view(height_m: float, azimuth_deg: float) -> View:
    return View(CAMERA, height_m, azimuth_deg, 600.0)


def test_everything_seen_has_no_gaps() -> None:
    seen = Seen(SHAPE, CAMERA)
    for station in STATIONS:
        seen.add(view(station.height_m, station.azimuth_deg))
    assert seen.coverage() > 0.995
    assert seen.gaps() == ()


@pytest.mark.parametrize("missing", [0, 7, len(STATIONS) - 1])
def test_a_missing_station_is_asked_for_again(missing: int) -> None:
    seen = Seen(SHAPE, CAMERA)
    lost = STATIONS[missing]
    for station in STATIONS:
        seen.add(view(station.height_m, station.azimuth_deg), gradable=station != lost)
    gaps = seen.gaps()
    assert gaps
    assert gaps[0].reason == "ungradable"
    again = stations_for(gaps, STATIONS, SHAPE, CAMERA, 600.0)
    assert lost in again
    assert len(again) < len(STATIONS) / 2
    seen.add(view(lost.height_m, lost.azimuth_deg))
    assert seen.gaps() == ()


def test_a_gap_in_words() -> None:
    seen = Seen(SHAPE, CAMERA)
    for station in STATIONS:
        if station.height_m < 3:
            seen.add(view(station.height_m, station.azimuth_deg))
    words = in_words(seen.gaps()[0])
    assert "6.00 m, all around" in words
    assert words.endswith("not seen")


def frame(image: np.ndarray) -> Frame:
    return Frame(0, NOW, image, b"", Pose(1.0, 0.0, 600.0), 0.7)


def test_fault_of_a_photograph() -> None:
    surface = painted_surface(SHAPE, 3)
    renderer = PoleRenderer(SHAPE, surface.rgb, 3)
    first, second = frame(renderer.render(view(2, 0))), frame(renderer.render(view(2, 72)))
    assert fault_of(first, None, SHAPE, view(2, 0)) is None
    assert fault_of(second, first, SHAPE, view(2, 72)) is None
    assert str(fault_of(second, second, SHAPE, view(2, 72))).startswith("frozen")
    assert str(fault_of(frame(np.zeros((960, 1280, 3), np.uint8)), None, SHAPE, view(2, 0))).startswith("dark")
