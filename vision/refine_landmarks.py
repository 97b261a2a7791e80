"""Slip joints and the shaft's ends found in frames: they tie the heights of the map to the pole file."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.geometry_view import surface_to_frame
from vision.refine_match import Small
from vision.types import PoleShape

ROW_MM = 1.5
HALF_ARC_DEG = 35.0
"""A ring is looked for this far to either side of the view."""
PIECES = 6
"""The arc is cut into this many pieces; a ring shows in nearly all, a patch of rust in few."""
LEAST_SHARE = 0.8
LEAST_RATIO = 5.0
"""A ring's edge stands out from the rows around it by this factor."""
BASE_REACH_M = 0.04
DRIFT = 0.012
SAME_MM = 6.0
"""Pieces agree when their edges lie this close."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A line around the shaft at a known height, seen in one frame."""

    frame: int
    pixel: tuple[float, float]
    """Of the small picture, straight ahead."""
    height_m: float
    """Where the pole file has it."""


def known_heights(shape: PoleShape) -> tuple[float, ...]:
    """Return the heights at which a line runs around the shaft: its ends and its slip joints."""
    return (0.0, *(section.bottom_m for section in shape.sections[1:]), shape.height_m)


def rings(shape: PoleShape, frame: Small, index: int) -> list[Ring]:
    """Find the known rings in frame `index`, as far around their places as drift may have moved them."""
    found = []
    for height_m in known_heights(shape):
        offset_m = _edge_m(shape, frame, height_m, BASE_REACH_M + DRIFT * height_m)
        if offset_m is not None:
            view = frame.view
            at = surface_to_frame(
                shape, view, np.array([height_m + offset_m]), np.array([view.azimuth_deg], dtype=np.float64)
            )
            found.append(Ring(index, (float(at.u_px[0]), float(at.v_px[0])), height_m))
    return found


def _edge_m(shape: PoleShape, frame: Small, height_m: float, reach_m: float) -> float | None:
    """Return how far above its place the ring shows, or None when it does not clearly."""
    profiles = _profiles(shape, frame, height_m, reach_m)
    if profiles is None:
        return None
    joined = np.median(profiles, axis=1)
    best = int(np.argmax(joined))
    floor = float(np.percentile(joined, 80))
    if joined[best] < LEAST_RATIO * max(floor, 0.3):
        return None
    agreeing = np.abs(np.argmax(profiles, axis=0) - best) * ROW_MM <= SAME_MM
    if agreeing.mean() < LEAST_SHARE:
        return None
    return float((len(joined) // 2 - best) * ROW_MM / 1000)


def _profiles(shape: PoleShape, frame: Small, height_m: float, reach_m: float) -> npt.NDArray[np.float32] | None:
    """Strength of horizontal edges by row, around a height, in each piece of the arc; None when out of the frame."""
    view = frame.view
    half = int(reach_m * 1000 / ROW_MM)
    height = height_m + np.arange(half, -half - 1, -1)[:, None] * ROW_MM / 1000
    azimuth = view.azimuth_deg + np.linspace(-HALF_ARC_DEG, HALF_ARC_DEG, PIECES * 12)[None]
    at = surface_to_frame(shape, view, height, azimuth)
    shown = (at.v_px > 2) & (at.v_px < view.camera.height_px - 3)
    if shown.all(axis=1).mean() < 0.7 or not shown[half].all():
        return None
    u, v = (np.nan_to_num(each, nan=-1).astype(np.float32) for each in (at.u_px, at.v_px))
    grey = cv2.remap(frame.grey, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    pieces = grey.reshape(len(grey), PIECES, 12).mean(axis=2)
    steps = np.abs(cv2.Sobel(cv2.GaussianBlur(pieces, (1, 3), 0), cv2.CV_32F, 0, 1, ksize=3)) / 8
    steps[~shown.all(axis=1)] = 0
    return np.asarray(steps, dtype=np.float32)
