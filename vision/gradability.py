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

SHARPEST_EDGE = 12.0
"""Grey levels per pixel: gradient that the sharpest 0.5 % of a usable picture exceed, contrast scaled to full."""


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
    if sharpness(image) < SHARPEST_EDGE:
        return "blur: no sharp edge anywhere; clean the lens, hold still"
    return None


def sharpness(image: Image) -> float:
    """Return the gradient of the sharpest 0.5 % of pixels at native scale, in grey levels, contrast scaled to full.

    A flat wall has faint contrast but grain at full sharpness; scaling by contrast keeps it gradable.
    """
    grey = cv2.cvtColor(_middle(image), cv2.COLOR_RGB2GRAY).astype(np.float32)
    low, high = np.percentile(grey, [1, 99])
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    gradient: npt.NDArray[np.float32] = cv2.magnitude(across, down)
    return float(np.percentile(gradient, 99.5) / 8 * 255 / max(16.0, float(high - low)))


def _small(image: Image) -> Image:
    zoom = LOOK_PX / max(image.shape[:2])
    if zoom >= 1:
        return image
    return np.asarray(cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _middle(image: Image) -> Image:
    """Cut the middle at most 1500 pixels square: enough to judge sharpness."""
    top, left = (max(0, (size - 1500) // 2) for size in image.shape[:2])
    return image[top : top + 1500, left : left + 1500]
