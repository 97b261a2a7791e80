"""Only the pole's silhouette needs the model: the strip of columns that holds it is known from the pose."""

import math
from typing import Protocol

import numpy as np

from vision.geometry import apothem_mm
from vision.gradability import is_covered, ungradable_reason
from vision.types import Image, Mask, PoleShape, View

MARGIN_PX = 48
"""Columns kept on each side of the silhouette: context for the model, and room for pose errors."""
STEP_PX = 32
"""Strips are widened to whole steps, so that a climb uses few sizes of picture."""


class Segments(Protocol):
    """What finds rust in a picture."""

    def segment(self, image: Image) -> Mask:
        """Find rust in an RGB picture of any size."""


def pole_strip(shape: PoleShape, view: View) -> slice:
    """Return the columns of the frame that can hold the pole, from its widest visible radius and the pose."""
    camera = view.camera
    reach_m = view.standoff_mm * camera.height_px / camera.fy_px / 1000
    lowest_m = max(0.0, view.height_m - reach_m)
    radius = float(apothem_mm(shape, lowest_m)) / (math.cos(math.pi / shape.sides) if shape.sides else 1)
    half_rad = math.asin(min(1.0, radius / (radius + view.standoff_mm)))
    lean_px = math.tan(math.radians(min(80.0, abs(view.roll_deg)))) * camera.height_px / 2
    half_px = camera.fx_px * math.tan(min(half_rad, 1.4)) + lean_px + MARGIN_PX
    left = max(0, math.floor(camera.cx_px - half_px))
    width = math.ceil((math.ceil(camera.cx_px + half_px) - left) / STEP_PX) * STEP_PX
    return slice(left, min(camera.width_px, left + width))


def useless_reason(shape: PoleShape, view: View, image: Image) -> str | None:
    """Return why the pole cannot be graded in a frame (as `ungradable_reason`, or `covered`), or None."""
    part = np.ascontiguousarray(image[:, pole_strip(shape, view)])
    if reason := ungradable_reason(part):
        return reason
    return "covered: not even the pole's outline stands out; clear the lens" if is_covered(part) else None


def segment_strip(segmenter: Segments, image: Image, strip: slice) -> Mask:
    """Find rust within the strip; everything beside it is background and gets probability 0."""
    part = segmenter.segment(np.ascontiguousarray(image[:, strip]))
    probability = np.zeros(image.shape[:2], dtype=np.float32)
    label = np.zeros(image.shape[:2], dtype=np.uint8)
    probability[:, strip], label[:, strip] = part.probability, part.label
    classes = None if part.classes is None else np.zeros(image.shape[:2], dtype=np.uint8)
    if classes is not None and part.classes is not None:
        classes[:, strip] = part.classes
    return Mask(probability, label, part.model, classes)
