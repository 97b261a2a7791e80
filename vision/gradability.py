"""Is a photograph good enough for a grade? Limits are loose: a doubtful picture is graded, a useless one is not."""

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import Image

SMALLEST_PX = 64
"""Shorter side below which there is no surface to judge."""

LOOK_PX = 512
"""The picture is judged at about this size, so that limits do not depend on the camera."""

DARKEST = 24
"""Grey level that at least 5 % of a usable picture exceeds."""

GLARE_SHARE = 0.6
"""Share of burnt-out pixels above which nothing can be seen."""

COLOURED = 5
"""Levels between a pixel's channels from which it has a colour; coding leaves 2 at most in a grey picture."""

LEAST_COLOURED = 0.002
"""Share of pixels with a colour below which a picture is grey. Photographs and rendered poles have 0.5 and more."""

COARSE = 8
"""Edges are looked for in the picture, and in one this many times smaller, where even a blurred one is sharp."""

STRONGEST = 99.5
"""Percentile of the steepness above which an edge is one of the strongest."""

EDGE = 12.0
"""Grey levels per pixel of the small picture: without such an edge blur cannot be told from a clean surface."""

SOFT = 0.23
"""A picture whose steepest pixels reach this share of the small one's is sharp somewhere."""

BLUR = 0.26
"""Steepness of an edge in the picture over that in the small one: 1 where it is sharp, less where it is blurred over
about 3.5 pixels (standard deviation). Photographs and rendered poles have 0.29 and more."""

LEAST_STEEL = 0.01
"""Share of a picture that may show steel: low, because a model knows steel only roughly."""

OUTLINE = 6.0
"""Grey levels per pixel of a picture OUTLINE_PX high: a pole's outline stands out more, a lens behind a cloth less."""
OUTLINE_PX = 120


def ungradable_reason(image: Image) -> str | None:
    """Return why an RGB photograph cannot be graded (`too small`, `dark`, `glare`, `no colour`, `blur`), or None."""
    height, width = image.shape[:2]
    if min(height, width) < SMALLEST_PX:
        return f"too small: {width} x {height} pixels, {SMALLEST_PX} needed"
    small = _small(image)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    if float(np.percentile(grey, 95)) < DARKEST:
        return "dark: hardly any light in the picture; use the lamp"
    if float((grey >= 253).mean()) > GLARE_SHARE:
        return "glare: most of the picture is burnt out; turn the camera or shade it"
    if float((np.ptp(small, axis=2) >= COLOURED).mean()) < LEAST_COLOURED:  # models find no rust there, plenty or none
        return "no colour: rust cannot be told in a grey picture; switch off the camera's night mode, use the lamp"
    if is_blurred(image):
        return "blur: no sharp edge anywhere; clean the lens, hold still"
    return None


def no_steel_reason(steel: npt.NDArray[np.float32] | None, limit: float) -> str | None:
    """Return why a picture with this probability of steel (any shape) cannot be graded: it shows none. None if it can.

    `limit` is the probability from which the model's pixels may show steel. A model that does not tell steel (None)
    refuses nothing.
    """
    if steel is None or float((steel >= limit).mean()) >= LEAST_STEEL:
        return None
    return "not steel: no steel found in the picture; turn the camera to the pole"


def is_blurred(image: Image) -> bool:
    """Tell whether nothing is sharp; a surface without edges is not called blurred.

    The steepest pixels may be few in a large picture of a smooth pole, so the strongest edges of the small picture are
    also looked up in the picture itself, where a sharp one is thin. Soft shading there alone is no blur either.
    """
    grey = cv2.cvtColor(_middle(image), cv2.COLOR_RGB2GRAY)
    rows, columns = (size // COARSE for size in grey.shape)
    grey = grey[: rows * COARSE, : columns * COARSE]
    coarse = steepness(cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_AREA))
    strongest = float(np.percentile(coarse, STRONGEST))
    whole = steepness(grey)
    if strongest < EDGE or float(np.percentile(whole, STRONGEST)) >= SOFT * strongest:
        return False
    fine = whole.reshape(rows, COARSE, columns, COARSE).max((1, 3))
    fine = cv2.dilate(fine, np.ones((3, 3), np.uint8))  # the edge may lie in the element beside
    there = coarse >= strongest
    return float(np.median(fine[there] / coarse[there])) < BLUR


def is_covered(image: Image) -> bool:
    """Tell whether a picture that must hold the pole's outline shows no edge at all: something is on the lens."""
    zoom = min(1.0, OUTLINE_PX / image.shape[0])
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    return edge(np.asarray(grey, dtype=np.uint8)) < OUTLINE


def edge(grey: npt.NDArray[np.uint8]) -> float:
    """Return the gradient that the steepest 0.5 % of pixels exceed, grey levels per pixel."""
    return float(np.percentile(steepness(grey), STRONGEST))


def steepness(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the gradient, grey levels per pixel, of the same shape."""
    across, down = (cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx, scale=1 / 8) for dx in (1, 0))
    return np.asarray(cv2.magnitude(across, down), dtype=np.float32)


def _small(image: Image) -> Image:
    zoom = LOOK_PX / max(image.shape[:2])
    if zoom >= 1:
        return image
    size = max(1, round(image.shape[1] * zoom)), max(1, round(image.shape[0] * zoom))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _middle(image: Image) -> Image:
    """Cut the middle at most 1500 pixels square: enough to judge sharpness."""
    top, left = (max(0, (size - 1500) // 2) for size in image.shape[:2])
    return image[top : top + 1500, left : left + 1500]
