"""The renderer against the geometry: what is drawn where, the truth it gives, and how long it takes."""

import time

import cv2
import numpy as np
import pytest

from vision.geometry_view import surface_to_frame
from vision.render import PoleRenderer
from vision.render_scene import Scene, random_scene
from vision.render_surface import painted_surface
from vision.types import Camera, PoleShape, Section, View

CAMERA = Camera(1280, 960, 857.0, 857.0, 639.5, 479.5)
PLAIN = Scene(sun=0, gloss=0, blur_px=0, noise=0, vignette=0)


def _marked(shape: PoleShape, height_m: float, azimuth_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """A white sheet at 2 mm a pixel with one black spot of 12 mm, and its mask."""
    rows, columns = round(shape.height_m * 500), round(np.pi * shape.base_diameter_mm / 2)
    mask = np.zeros((rows, columns), np.uint8)
    row, column = (
        round((1 - height_m / shape.height_m) * rows - 0.5),
        round(azimuth_deg / 360 * columns - 0.5),
    )
    mask[row - 3 : row + 4, np.arange(column - 3, column + 4) % columns] = 1
    return np.repeat((255 - 255 * mask)[..., None], 3, axis=2), mask


@pytest.mark.parametrize("sides", [0, 12])
@pytest.mark.parametrize(("height_m", "azimuth_deg"), [(6.1, 20), (5.9, 340), (6.0, 0)])
def test_a_spot_is_drawn_where_the_projection_says(sides: int, height_m: float, azimuth_deg: float) -> None:
    shape = PoleShape(12, 260, 140, sides)
    surface, mask = _marked(shape, height_m, azimuth_deg)
    renderer = PoleRenderer(shape, surface, 0, mask, PLAIN)
    view = View(CAMERA, 6, 0, 600, tilt_deg=3, roll_deg=-4)
    expected = surface_to_frame(shape, view, np.array([height_m]), np.array([float(azimuth_deg)]))
    for found in (
        renderer.truth(view) > 0,
        (renderer.render(view).max(axis=2) < 60) & renderer.pole_mask(view),
    ):
        rows, columns = np.nonzero(found)
        assert len(rows) > 50
        assert columns.mean() == pytest.approx(expected.u_px[0], abs=2)
        assert rows.mean() == pytest.approx(expected.v_px[0], abs=2)


def test_the_truth_of_a_rusty_half_is_the_half_that_faces_the_camera() -> None:
    shape = PoleShape(12, 260, 140)
    mask = np.zeros((600, 360), np.uint8)
    mask[:, :90] = mask[:, 270:] = 1
    renderer = PoleRenderer(shape, np.full((600, 360, 3), 128, np.uint8), 0, mask, PLAIN)
    front, back = View(CAMERA, 6, 0, 600), View(CAMERA, 6, 180, 600)
    assert (renderer.truth(front) > 0).tolist() == renderer.pole_mask(front).tolist()
    assert not renderer.truth(back).any()


def test_the_same_view_gives_the_same_picture_and_another_seed_another() -> None:
    shape = PoleShape(12, 260, 140)
    surface = painted_surface(shape, 3)
    view = View(CAMERA, 3.3, 77, 600)
    first = PoleRenderer(shape, surface.rgb, 5).render(view)
    assert (first == PoleRenderer(shape, surface.rgb, 5).render(view)).all()
    assert (first != PoleRenderer(shape, surface.rgb, 6).render(view)).any()


def test_neighbouring_frames_agree_on_the_surface_between_them() -> None:
    shape = PoleShape(12, 260, 140)
    surface = painted_surface(shape, 4)
    renderer = PoleRenderer(shape, surface.rgb, 4, surface.rust)
    views = [View(CAMERA, 6, 40, 600), View(CAMERA, 6.2, 55, 600)]
    points = np.linspace(5.9, 6.3, 80)[:, None], np.linspace(30, 65, 60)[None]
    looks = []
    for view in views:
        at = surface_to_frame(shape, view, *points)
        assert at.inside.all()
        looks.append(
            cv2.remap(
                renderer.truth(view),
                at.u_px.astype(np.float32),
                at.v_px.astype(np.float32),
                cv2.INTER_NEAREST,
            )
        )
    assert 0.02 < looks[0].mean() < 0.98
    assert (looks[0] == looks[1]).mean() > 0.97


def test_a_long_fine_surface_is_not_limited_by_the_remap() -> None:
    shape = PoleShape(35, 300, 300)
    surface = np.zeros((40_000, 64, 3), np.uint8)
    surface[38_000:] = 200
    renderer = PoleRenderer(shape, surface, 0, None, PLAIN)
    low, high = (renderer.render(View(CAMERA, height_m, 0, 600))[480, 640].mean() for height_m in (1.0, 30.0))
    assert low > 100 > 20 > high


def test_a_camera_off_the_pole_sees_background_alone() -> None:
    shape = PoleShape(12, 260, 140)
    surface = painted_surface(shape, 3)
    view = View(CAMERA, 20, 0, 600)
    renderer = PoleRenderer(shape, surface.rgb, 1, surface.rust)
    assert not renderer.pole_mask(view).any()
    assert not renderer.truth(view).any()
    assert renderer.render(view).std() > 5


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="differ in size"):
        PoleRenderer(PoleShape(12, 260, 140), np.zeros((9, 9, 3), np.uint8), 0, np.zeros((9, 8), np.uint8))


@pytest.mark.parametrize("fraction", [0.0005, 0.01, 0.3])
@pytest.mark.parametrize("sides", [0, 12])
def test_a_painted_surface_has_the_asked_for_true_area_of_rust(fraction: float, sides: int) -> None:
    shape = PoleShape(6, 300, 150, sides, (Section(0, 3), Section(3, 6)))
    surface = painted_surface(shape, 9, fraction)
    assert surface.rusted_fraction(shape) == pytest.approx(fraction, abs=1e-4)


def test_a_surface_without_rust_has_none() -> None:
    shape = PoleShape(6, 300, 150)
    assert painted_surface(shape, 9, 0.0).rusted_fraction(shape) == 0


def test_scenes_differ_and_stay_in_their_range() -> None:
    scenes = [random_scene(seed) for seed in range(60)]
    assert len(set(scenes)) == 60
    assert any(scene.shadow for scene in scenes)
    assert all(0 <= scene.sun <= 1 and 0.5 < scene.exposure < 2 for scene in scenes)


def test_a_frame_is_rendered_in_time_for_a_stream() -> None:
    shape = PoleShape(12, 260, 140)
    renderer = PoleRenderer(shape, painted_surface(shape, 3).rgb, 3)
    views = [View(CAMERA, 2 + index / 10, index * 9.0, 600) for index in range(6)]
    renderer.render(views[0])
    taken = []
    for view in views[1:]:
        start = time.process_time()
        renderer.render(view)
        taken.append(time.process_time() - start)
    assert min(taken) < 0.3
