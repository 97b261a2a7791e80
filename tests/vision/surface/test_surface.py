"""The map: area and place of rust from frames whose truth is known, the seam at azimuth 0."""

from collections.abc import Callable

import numpy as np
import pytest

from vision.coverage import Requirement, State
from vision.grading import parts
from vision.render_surface import PaintedSurface, painted_surface
from vision.study_visibility import agreement, cells, visible
from vision.surface import SurfaceMap
from vision.types import Camera, Mask, ModelInfo, PoleShape, View

TRUTH = ModelInfo("truth", "0" * 64, 0.5, 1.0, 0.0)
WIDE = Camera(1280, 960, 857.0, 857.0, 639.5, 479.5)


def _blank(camera: Camera, label: int = 0) -> tuple[np.ndarray, Mask]:
    size = (camera.height_px, camera.width_px)
    return np.full((*size, 3), 90, np.uint8), Mask(
        np.full(size, label, np.float32), np.full(size, label, np.uint8), TRUTH
    )


@pytest.mark.parametrize("sides", [0, 12])
@pytest.mark.parametrize("fraction", [0.0005, 0.02, 0.3])
def test_rusted_area_and_coverage_of_a_whole_climb(lay: Callable[..., SurfaceMap], sides: int, fraction: float) -> None:
    shape = PoleShape(3, 260, 180, sides)
    surface = painted_surface(shape, 5, fraction)
    whole = parts(lay(shape, surface, mm_per_px=1.0))[0]
    assert whole.seen_m2 == pytest.approx(whole.area_m2, rel=1e-3)
    assert whole.marked_m2 / whole.seen_m2 == pytest.approx(surface.rusted_fraction(shape), rel=0.02)


@pytest.mark.parametrize("azimuth_deg", [0.0, 90.0, 200.0])
def test_a_patch_lies_where_it_is_also_across_azimuth_0(lay: Callable[..., SurfaceMap], azimuth_deg: float) -> None:
    shape = PoleShape(3, 260, 180)
    rows, columns = 1500, 400
    mask = np.zeros((rows, columns), np.uint8)
    middle = round(azimuth_deg / 360 * columns)
    mask[700:740, np.arange(middle - 12, middle + 12) % columns] = 1
    rgb = np.repeat((200 - 150 * mask)[..., None], 3, axis=2).astype(np.uint8)
    surface = lay(shape, PaintedSurface(rgb, mask))
    row, column = np.nonzero(surface.rusty())
    height_m = surface.height_m(slice(None))[row].mean()
    angle = np.angle(np.exp(1j * np.radians(surface.azimuth_deg(slice(None))[column])).mean(), deg=True)
    assert height_m == pytest.approx(3 * (1 - 720 / rows), abs=0.002)
    assert (angle - azimuth_deg + 180) % 360 - 180 == pytest.approx(0, abs=0.5)
    assert surface.colour[row, column].mean() < 110 < surface.colour[surface.rust == 0].mean()


def test_overlap_counts_once() -> None:
    shape = PoleShape(3, 260, 260)
    once, thrice = SurfaceMap(shape, 2), SurfaceMap(shape, 2)
    image, mask = _blank(WIDE, 1)
    view = View(WIDE, 1.5, 30, 600)
    once.add(image, mask, view)
    for _ in range(3):
        thrice.add(image, mask, view)
    assert parts(once)[0] == parts(thrice)[0]


def test_the_better_view_wins_whatever_the_order() -> None:
    shape = PoleShape(3, 260, 260)
    rust, clean = _blank(WIDE, 1), _blank(WIDE, 0)
    straight, aside = View(WIDE, 1.5, 0, 600), View(WIDE, 1.5, 50, 600)
    for order in (((straight, rust), (aside, clean)), ((aside, clean), (straight, rust))):
        surface = SurfaceMap(shape, 2)
        for view, (image, mask) in order:
            surface.add(image, mask, view)
        row = surface.row_of(1.5)
        assert surface.rust[row, round(10 * surface.columns / 360)] == 255
        assert surface.rust[row, round(40 * surface.columns / 360)] == 0


def test_a_far_side_look_is_oblique_and_a_far_camera_is_coarse() -> None:
    shape = PoleShape(3, 260, 260)
    image, mask = _blank(WIDE)
    near, far = SurfaceMap(shape, 2), SurfaceMap(shape, 2)
    near.add(image, mask, View(WIDE, 1.5, 0, 600))
    far.add(image, mask, View(WIDE, 1.5, 0, 2000))
    row = near.row_of(1.5)
    states = {angle: int(near.state[row, round(angle * near.columns / 360)]) for angle in (0, 65, 180)}
    assert states == {0: State.SEEN, 65: State.TOO_OBLIQUE, 180: State.NOT_SEEN}
    assert far.state[row, 0] == State.TOO_COARSE


def test_an_ungradable_frame_is_a_gap_until_a_good_one_comes() -> None:
    shape = PoleShape(3, 260, 260)
    surface = SurfaceMap(shape, 2)
    image, mask = _blank(WIDE, 1)
    surface.add(image, None, View(WIDE, 1.5, 0, 500))
    row = surface.row_of(1.5)
    assert surface.state[row, 0] == State.UNGRADABLE
    surface.add(image, mask, View(WIDE, 1.5, 0, 900))
    assert surface.state[row, 0] == State.SEEN
    assert surface.rust[row, 0] == 255


def test_a_camera_beside_the_pole_or_above_it_changes_nothing() -> None:
    surface = SurfaceMap(PoleShape(3, 260, 260), 2)
    image, mask = _blank(WIDE)
    surface.add(image, mask, View(WIDE, 9, 0, 600))
    assert not surface.state.any()


def test_a_picture_of_another_size_and_an_impossible_scale_are_refused() -> None:
    surface = SurfaceMap(PoleShape(3, 260, 260), 2)
    _, mask = _blank(WIDE)
    with pytest.raises(ValueError, match="camera's size"):
        surface.add(np.zeros((10, 10, 3), np.uint8), mask, View(WIDE, 1, 0, 600))
    with pytest.raises(ValueError, match="not positive"):
        SurfaceMap(PoleShape(3, 260, 260), 0)


def test_a_stricter_requirement_sees_less() -> None:
    shape = PoleShape(3, 260, 260)
    image, mask = _blank(WIDE)
    seen = []
    for angle in (60.0, 30.0):
        surface = SurfaceMap(shape, 2, Requirement(angle_deg=angle))
        surface.add(image, mask, View(WIDE, 1.5, 0, 600))
        seen.append(parts(surface)[0].seen_m2)
    assert seen[1] < 0.7 * seen[0]


@pytest.mark.parametrize("sides", [0, 8, 12, 16])
def test_what_a_frame_covers_is_what_its_rays_see(sides: int) -> None:
    shape = PoleShape(1.5, 300, 240, sides)
    surface = SurfaceMap(shape, 2)
    image, mask = _blank(WIDE)
    views = [View(WIDE, 0.8, 350, 600, 6, -4), View(WIDE, 0.5, 120, 1150, -3, 2)]
    for view in views:
        surface.add(image, mask, view)
    seen = visible(shape, views, cells(shape, 4), Requirement(), step_px=1)
    assert 0.2 < seen.mean() < 0.6
    assert agreement(surface, seen) > 0.99


def test_cameras_of_different_kinds_in_a_ring_see_all_around() -> None:
    shape = PoleShape(0.5, 260, 260, 8)
    surface = SurfaceMap(shape, 2)
    bent = (-0.18, 0.05, 0.0008, -0.0006, 0.004)
    ring = [
        View(Camera(1280, 960, 857.0, 857.0, 639.5, 479.5, bent if index % 2 else (0, 0, 0, 0, 0)), 0.25, azimuth, 600)
        if index
        else View(Camera(1920, 1080, 1300.0, 1290.0, 950.0, 530.0), 0.25, azimuth, 700, 0, 90)
        for index, azimuth in enumerate((0.0, 72.0, 144.0, 216.0, 288.0))
    ]
    for view in ring:
        surface.add(*_blank(view.camera), view)
    whole = parts(surface)[0]
    assert whole.seen_m2 > 0.99 * whole.area_m2
    assert agreement(surface, visible(shape, ring, cells(shape, 4), Requirement(), step_px=1)) > 0.99
