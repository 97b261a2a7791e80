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
        "no colour": _night_mode(picture),
        "blur": np.asarray(cv2.GaussianBlur(picture, (0, 0), 12), np.uint8),
    }
    for reason, image in spoilt.items():
        found = ungradable_reason(image)
        assert found is not None, reason
        assert found.startswith(reason)


def test_a_strip_a_thousand_times_longer_than_wide_is_judged(picture: Image) -> None:
    strip = np.tile(picture[:64], (1, 110, 1))
    assert ungradable_reason(strip) is None
    assert ungradable_reason(np.ascontiguousarray(strip.swapaxes(0, 1))) is None


def _night_mode(picture: Image) -> Image:
    """What a camera sends that has switched to infrared: colour pictures of grey."""
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", grey)[1], cv2.IMREAD_COLOR_RGB), np.uint8)


def test_rust_in_a_grey_frame_of_a_climb_is_unseen_and_not_clean() -> None:
    shape, view = PoleShape(2.0, 400, 380), View(Camera(640, 480, 700, 700, 320, 240), 1.0, 30, 600)
    frame = PoleRenderer(shape, painted_surface(shape, 5, 0.2).rgb, 5).render(view)
    assert useless_reason(shape, view, frame) is None
    assert (useless_reason(shape, view, _night_mode(frame)) or "").startswith("no colour")


@pytest.mark.parametrize("sides", [0, 12])
def test_a_large_smooth_frame_is_not_blurred_until_it_is(sides: int) -> None:
    """The outline of a pole is a small part of a large frame, sharp or not."""
    shape, view = PoleShape(2.0, 400, 380, sides), View(Camera(1280, 960, 1000, 1000, 640, 480), 1.0, 30, 600)
    frame = PoleRenderer(shape, painted_surface(shape, 2, 0.0).rgb, 2).render(view)
    assert ungradable_reason(frame) is None
    for sigma_px in (5, 8, 16):
        reason = ungradable_reason(np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma_px), np.uint8))
        assert (reason or "").startswith("blur"), sigma_px


@pytest.mark.parametrize("seed", range(3))
def test_a_covered_lens_is_told_from_a_clean_pole_by_the_missing_outline(seed: int) -> None:
    shape, view = PoleShape(1.2, 300, 260), View(Camera(640, 480, 430, 430, 320, 240), 0.6, 70 * seed, 600)
    clear = PoleRenderer(shape, painted_surface(shape, seed, 0).rgb, seed).render(view)
    noise = np.random.default_rng(seed).normal(0, 4, clear.shape)
    behind_cloth = np.clip(cv2.GaussianBlur(clear, (0, 0), 20) / 3.0 + noise, 0, 255).astype(np.uint8)
    assert useless_reason(shape, view, clear) is None
    assert (useless_reason(shape, view, behind_cloth) or "").startswith("covered")
