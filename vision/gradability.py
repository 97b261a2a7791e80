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

COARSE = 8
"""Edges are looked for in the picture, and in one this many times smaller, where even a blurred one is sharp."""

EDGE = 12.0
"""Grey levels per pixel of the small picture: without such an edge blur cannot be told from a clean surface."""

BLUR = 0.23
"""An edge this much softer in the picture than in the small one is blurred over about 4 pixels or more."""

OUTLINE = 6.0
"""Grey levels per pixel of a picture OUTLINE_PX high: a pole's outline stands out more, a lens behind a cloth less."""
OUTLINE_PX = 120


def ungradable_reason(image: Image) -> str | None:
    """Return why an RGB photograph cannot be graded (`too small`, `dark`, `glare`, `blur`), or None."""
    height, width = image.shape[:2]
    if min(height, width) < SMALLEST_PX:
        return f"too small: {width} x {height} pixels, {SMALLEST_PX} needed"
    grey = cv2.cvtColor(_small(image), cv2.COLOR_RGB2GRAY)
    if float(np.percentile(grey, 95)) < DARKEST:
        return "dark: hardly any light in the picture; use the lamp"
    if float((grey >= 253).mean()) > GLARE_SHARE:
        return "glare: most of the picture is burnt out; turn the camera or shade it"
    if is_blurred(image):
        return "blur: no sharp edge anywhere; clean the lens, hold still"
    return None


def is_blurred(image: Image) -> bool:
    """Tell whether the strongest edges are soft; a surface without edges is not called blurred."""
    grey = cv2.cvtColor(_middle(image), cv2.COLOR_RGB2GRAY)
    coarse = edge(cv2.resize(grey, None, fx=1 / COARSE, fy=1 / COARSE, interpolation=cv2.INTER_AREA))
    return coarse >= EDGE and edge(grey) < BLUR * coarse


def is_covered(image: Image) -> bool:
    """Tell whether a picture that must hold the pole's outline shows no edge at all: something is on the lens."""
    zoom = min(1.0, OUTLINE_PX / image.shape[0])
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    return edge(np.asarray(grey, dtype=np.uint8)) < OUTLINE


def edge(grey: npt.NDArray[np.uint8]) -> float:
    """Return the gradient that the steepest 0.5 % of pixels exceed, grey levels per pixel."""
    across, down = (cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx, scale=1 / 8) for dx in (1, 0))
    return float(np.percentile(cv2.magnitude(across, down), 99.5))


def _small(image: Image) -> Image:
    zoom = LOOK_PX / max(image.shape[:2])
    if zoom >= 1:
        return image
    return np.asarray(cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _middle(image: Image) -> Image:
    """Cut the middle at most 1500 pixels square: enough to judge sharpness."""
    top, left = (max(0, (size - 1500) // 2) for size in image.shape[:2])
    return image[top : top + 1500, left : left + 1500]
