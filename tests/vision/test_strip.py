"""The strip that goes to the model holds every pixel of the pole, and little else."""

import numpy as np
import pytest

from vision.render import PoleRenderer
from vision.strip import pole_strip, segment_strip
from vision.types import Camera, Image, Mask, ModelInfo, PoleShape, View

CAMERA = Camera(1280, 960, 860.0, 860.0, 639.5, 479.5)


@pytest.mark.parametrize("sides", [0, 8])
@pytest.mark.parametrize("roll_deg", [0.0, 3.0])
@pytest.mark.parametrize("height_m", [0.4, 7.0, 14.5])
def test_strip_holds_the_pole(sides: int, roll_deg: float, height_m: float) -> None:
    shape = PoleShape(15, 400, 150, sides)
    view = View(CAMERA, height_m, 30.0, 600.0, roll_deg=roll_deg)
    renderer = PoleRenderer(shape, np.zeros((300, 20, 3), np.uint8))
    columns = np.flatnonzero(renderer.pole_mask(view).any(axis=0))
    strip = pole_strip(shape, view)
    assert strip.start <= columns[0]
    assert columns[-1] < strip.stop
    assert strip.stop - strip.start <= columns[-1] - columns[0] + 280


class EverythingIsRust:
    """Answers rust for each pixel it is given."""

    def segment(self, image: Image) -> Mask:
        size = image.shape[:2]
        return Mask(np.ones(size, np.float32), np.ones(size, np.uint8), ModelInfo("all", "0" * 64, 0.5, 1.0, 0.0))


def test_beside_the_strip_is_background() -> None:
    mask = segment_strip(EverythingIsRust(), np.zeros((20, 100, 3), np.uint8), slice(32, 64))
    assert mask.label.shape == (20, 100)
    assert mask.label[:, 32:64].all()
    assert mask.label.sum() == mask.probability.sum() == 20 * 32
