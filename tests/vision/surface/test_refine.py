"""Pose refinement against poses that are known exactly, and what it is worth on the map."""

from dataclasses import replace

import numpy as np
import pytest

from vision.refine import Refinement, refine
from vision.refine_match import small
from vision.refine_plates import plates
from vision.render import PoleRenderer
from vision.render_climb import CAMERA, PoseErrors, Shot, shots
from vision.render_surface import painted_surface
from vision.types import Camera, Plate, PoleShape, Section, View

SHAPE = PoleShape(4, 260, 180, 0, (Section(0, 2), Section(2, 4)))
WRONG = PoseErrors(height_factor=0.99, azimuth_deg=1.0, standoff_factor=1.1, roll_deg=1.0)


def _climbed(shape: PoleShape, errors: PoseErrors, seed: int) -> tuple[list[Shot], Refinement]:
    surface = painted_surface(shape, seed, 0.03)
    renderer = PoleRenderer(shape, surface.rgb, seed, surface.rust)
    taken = list(shots(shape, renderer, errors, seed))
    return taken, refine(shape, [small(shot.image, shot.said) for shot in taken], [shot.said for shot in taken])


@pytest.fixture(scope="module", params=[0, 12])
def climbed(request: pytest.FixtureRequest) -> tuple[list[Shot], Refinement]:
    shape = PoleShape(4, 260, 180, request.param, (Section(0, 2), Section(2, 4)))
    return _climbed(shape, WRONG, 4)


def test_drift_jitter_standoff_and_roll_are_found(climbed: tuple[list[Shot], Refinement]) -> None:
    taken, found = climbed
    rise_mm = [(view.height_m - shot.true.height_m) * 1000 for view, shot in zip(found.views, taken, strict=True)]
    turn = [
        (view.azimuth_deg - shot.true.azimuth_deg + 180) % 360 - 180
        for view, shot in zip(found.views, taken, strict=True)
    ]
    assert np.abs(rise_mm).max() < 10
    assert np.abs(turn).max() < 3
    assert found.standoff_factor == pytest.approx(1.1, abs=0.01)
    assert found.roll_deg == pytest.approx(1.0, abs=0.2)


def test_weld_lines_of_known_azimuth_turn_a_wrong_zero_back() -> None:
    shape = PoleShape(2, 300, 260, 8, (Section(0, 1, 100.0), Section(1, 2, 230.0)))
    taken, found = _climbed(shape, replace(WRONG, turn_deg=3.0), 2)
    turn = [
        (view.azimuth_deg - shot.true.azimuth_deg + 180) % 360 - 180
        for view, shot in zip(found.views, taken, strict=True)
    ]
    assert found.seams >= 3
    assert np.abs(turn).max() < 1.5
    assert np.abs(np.mean([(shot.said.azimuth_deg - shot.true.azimuth_deg + 180) % 360 - 180 for shot in taken])) > 2


def test_handhole_and_tag_hold_height_and_azimuth_where_neither_joint_nor_end_nor_weld_line_shows() -> None:
    shape = PoleShape(6, 300, 260, 0, (), (Plate("handhole", 1.0, 200.0, 110, 300), Plate("tag", 1.5, 0.0, 60, 80)))
    surface = painted_surface(shape, 2, 0.01)
    renderer = PoleRenderer(shape, surface.rgb, 2, surface.rust)
    wrong = replace(WRONG, turn_deg=3.0)
    taken = list(shots(shape, renderer, wrong, 2, heights_m=(0.5, 2)))
    frames, said = [small(shot.image, shot.said) for shot in taken], [shot.said for shot in taken]
    blind = refine(replace(shape, plates=()), frames, said)
    found = refine(shape, frames, said)
    assert blind.plates == 0
    assert found.plates >= 3
    assert found.landmarks_after_mm < 5 < found.landmarks_before_mm
    assert f"{found.plates} of plates" in found.summary()
    up_mm, around_deg = _errors(taken, found)
    blind_up_mm, blind_around_deg = _errors(taken, blind)
    assert up_mm < 6
    assert up_mm < blind_up_mm / 2
    assert around_deg < 0.5
    assert around_deg < blind_around_deg / 4


def _errors(taken: list[Shot], found: Refinement) -> tuple[float, float]:
    """How far all frames together lie from where they truly were, mm up and degrees around."""
    pairs = list(zip(found.views, taken, strict=True))
    up = [(view.height_m - shot.true.height_m) * 1000 for view, shot in pairs]
    around = [(view.azimuth_deg - shot.true.azimuth_deg + 180) % 360 - 180 for view, shot in pairs]
    return float(np.abs(np.mean(up))), float(np.abs(np.mean(around)))


def test_a_plate_that_is_not_there_is_not_found() -> None:
    shape = PoleShape(3, 300, 260, 0, (), (Plate("handhole", 2.0, 90.0, 110, 300),))
    surface = painted_surface(replace(shape, plates=()), 2, 0.03)
    view = View(CAMERA, 2.0, 95.0, 600)
    image = PoleRenderer(shape, surface.rgb, 2, surface.rust).render(view)
    assert plates(shape, small(image, view), 0) == []


def test_the_misfit_before_and_after_is_said(climbed: tuple[list[Shot], Refinement]) -> None:
    _, found = climbed
    assert found.before_mm > 10
    assert found.after_mm < 1.5
    assert f"misfit {found.before_mm:.1f} mm before" in found.summary()


def test_right_poses_are_left_where_they_are() -> None:
    taken, found = _climbed(SHAPE, PoseErrors(), 6)
    apart_mm = [abs(view.height_m - shot.true.height_m) * 1000 for view, shot in zip(found.views, taken, strict=True)]
    assert max(apart_mm) < 6
    assert found.standoff_factor == pytest.approx(1, abs=0.005)


def test_a_smooth_pole_with_right_poses_is_not_led_astray() -> None:
    shape = PoleShape(3, 260, 180)
    surface = painted_surface(shape, 3, 0.01)
    taken = list(shots(shape, PoleRenderer(shape, surface.rgb, 3, surface.rust), PoseErrors(), 3))
    found = refine(shape, [small(shot.image, shot.said) for shot in taken], [shot.said for shot in taken])
    apart_mm = [abs(view.height_m - shot.true.height_m) * 1000 for view, shot in zip(found.views, taken, strict=True)]
    assert max(apart_mm) < 10


def test_a_bare_pole_shows_nothing_to_hold_on_to_and_stays_where_it_was_reported() -> None:
    camera = Camera(640, 480, 428.0, 428.0, 319.5, 239.5)
    views = [View(camera, height_m, azimuth, 600) for height_m in (1.2, 1.6) for azimuth in (0.0, 70.0)]
    plain = [small(np.full((480, 640, 3), 150, np.uint8), view) for view in views]
    found = refine(SHAPE, plain, views)
    assert found.matches == 0
    assert list(found.views) == views
    assert "too little" in found.summary()
