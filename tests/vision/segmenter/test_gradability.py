"""Useless pictures are told apart from plain ones."""

import cv2
import numpy as np
import pytest

from vision.gradability import ungradable_reason
from vision.render import PoleRenderer
from vision.render_surface import painted_surface
from vision.strip import useless_reason
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


@pytest.mark.parametrize("seed", range(3))
def test_a_covered_lens_is_told_from_a_clean_pole_by_the_missing_outline(seed: int) -> None:
    shape, view = PoleShape(1.2, 300, 260), View(Camera(640, 480, 430, 430, 320, 240), 0.6, 70 * seed, 600)
    clear = PoleRenderer(shape, painted_surface(shape, seed, 0).rgb, seed).render(view)
    noise = np.random.default_rng(seed).normal(0, 4, clear.shape)
    behind_cloth = np.clip(cv2.GaussianBlur(clear, (0, 0), 20) / 3.0 + noise, 0, 255).astype(np.uint8)
    assert useless_reason(shape, view, clear) is None
    assert (useless_reason(shape, view, behind_cloth) or "").startswith("covered")
