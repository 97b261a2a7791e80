"""Climbs without a robot: render each station of a plan, use the truth as the mask, lay it on a map."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from climber.plan import plan_stations
from vision.render import PoleRenderer
from vision.render_scene import Scene
from vision.render_surface import PaintedSurface
from vision.surface import SurfaceMap
from vision.types import Camera, Image, Mask, ModelInfo, PoleShape, View

CAMERA = Camera(1280, 960, 857.0, 857.0, 639.5, 479.5)
TRUTH = ModelInfo("truth", "0" * 64, 0.5, 1.0, 0.0)
PLAIN = Scene(sun=0, gloss=0, blur_px=0, noise=0, vignette=0)


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame: where the camera was said to be, and what it took."""

    view: View
    image: Image
    mask: Mask


def shots(shape: PoleShape, surface: PaintedSurface, camera: Camera = CAMERA) -> Iterator[Shot]:
    """Yield every planned station as rendered, masked by the truth."""
    assert surface.rust is not None
    renderer = PoleRenderer(shape, surface.rgb, 0, surface.rust, PLAIN)
    for station in plan_stations(shape, camera, 600):
        view = View(camera, station.height_m, station.azimuth_deg, 600)
        truth = renderer.truth(view)
        yield Shot(view, renderer.render(view), Mask(truth.astype(np.float32), truth, TRUTH))


@pytest.fixture(scope="session")
def photograph() -> Callable[..., Iterator[Shot]]:
    return shots


@pytest.fixture(scope="session")
def lay() -> Callable[..., SurfaceMap]:
    """Lay all shots on a new map."""

    def laid(shape: PoleShape, surface: PaintedSurface, mm_per_px: float = 2.0) -> SurfaceMap:
        result = SurfaceMap(shape, mm_per_px)
        for shot in shots(shape, surface):
            result.add(shot.image, shot.mask, shot.view)
        return result

    return laid
