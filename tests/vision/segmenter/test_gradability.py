"""Useless pictures are told apart from plain ones."""

import cv2
import numpy as np
import pytest

from vision.gradability import ungradable_reason
from vision.render import PoleRenderer
from vision.render_surface import painted_surface
from vision.types import Camera, Image, PoleShape, View


@pytest.fixture(scope="module")
def picture() -> Image:
    shape = PoleShape(2.0, 400, 380)
    renderer = PoleRenderer(shape, painted_surface(shape, 5, 0.05).rgb, 5)
    return renderer.render(View(Camera(640, 480, 700, 700, 320, 240), 1.0, 30, 600))


def test_a_plain_photograph_is_gradable(picture: Image) -> None:
    assert ungradable_reason(picture) is None


def test_what_spoils_it_is_named(picture: Image) -> None:
    spoilt = {
        "too small": picture[:20],
        "dark": picture // 20,
        "glare": np.maximum(picture, 254),
        "blur": np.asarray(cv2.GaussianBlur(picture, (0, 0), 12), np.uint8),
    }
    for reason, image in spoilt.items():
        found = ungradable_reason(image)
        assert found is not None, reason
        assert found.startswith(reason)
