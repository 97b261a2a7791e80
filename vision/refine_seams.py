"""Weld lines of known azimuth found in frames: they tie the azimuths of the map to the pole file."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.geometry import apothem_mm
from vision.geometry_view import surface_to_frame
from vision.refine_match import Small
from vision.types import PoleShape, Section

REACH_MM = 24
"""A weld line is looked for this far to either side of its place, in steps of a millimetre."""
HALF_MM = 4
"""Half the width of a weld line; what lies beside it, as wide again, is what it stands out from."""
ROW_M = 0.004
LEAST_M = 0.2
"""So much of the line must be in the frame."""
END_M = 0.04
"""Its ends, at joints, are left out."""
FACING_DEG = 40.0
PIECES = 6
LEANS_MM = range(-16, 17, 4)
"""A rolled camera shows the line leaning: 1 degree is 9 mm over half a metre."""
SAME_MM = 3.0
LEAST_SHARE = 0.66
"""The line stands at one place in so many of the pieces of its length."""
LEAST_LEAD = 1.3
"""And stands out from every other streak by this factor."""
LEAST_STRENGTH = 1.0
"""Grey levels."""


@dataclass(frozen=True, slots=True)
class Seam:
    """A weld line seen in one frame."""

    frame: int
    pixel: tuple[float, float]
    """Of the small picture, at the middle of what shows of it."""
    azimuth_deg: float
    """Where the pole file has it."""


def seams(shape: PoleShape, frame: Small, index: int) -> list[Seam]:
    """Find the weld lines of known azimuth that face frame `index`."""
    found = []
    for section in shape.sections:
        height_m = _shown(frame, section)
        if section.seam_deg is None or height_m is None:
            continue
        offset_mm = _offset_mm(shape, frame, height_m, section.seam_deg)
        if offset_mm is not None:
            middle = height_m[len(height_m) // 2]
            at_deg = section.seam_deg + np.degrees(offset_mm / apothem_mm(shape, middle))
            at = surface_to_frame(shape, frame.view, np.array([middle]), np.array([float(at_deg)]))
            found.append(Seam(index, (float(at.u_px[0]), float(at.v_px[0])), section.seam_deg))
    return found


def _shown(frame: Small, section: Section) -> npt.NDArray[np.float64] | None:
    """Heights at which a frame shows a section's weld line; None when it faces away or shows too little of it."""
    view = frame.view
    if section.seam_deg is None or abs((section.seam_deg - view.azimuth_deg + 180) % 360 - 180) > FACING_DEG:
        return None
    reach_m = 0.42 * view.standoff_mm * view.camera.height_px / view.camera.fy_px / 1000
    bottom_m, top_m = (
        max(section.bottom_m + END_M, view.height_m - reach_m),
        min(section.top_m - END_M, view.height_m + reach_m),
    )
    return np.arange(bottom_m, top_m, ROW_M) if top_m - bottom_m >= LEAST_M else None


def _offset_mm(shape: PoleShape, frame: Small, height_m: npt.NDArray[np.float64], seam_deg: float) -> float | None:
    """Return how far towards growing azimuth the line shows from its place, or None when it does not clearly."""
    pieces = _strengths(shape, frame, height_m, seam_deg)
    leaning = [_sheared(pieces, lean_mm) for lean_mm in LEANS_MM]
    strengths = max(leaning, key=lambda each: float(np.median(each, axis=0).max()))
    joined = np.median(strengths, axis=0)
    best = int(np.argmax(joined))
    rest = joined.copy()
    rest[max(0, best - 2 * HALF_MM) : best + 2 * HALF_MM + 1] = 0
    agreeing = np.abs(np.argmax(strengths, axis=1) - best) <= SAME_MM
    if joined[best] < max(LEAST_STRENGTH, LEAST_LEAD * float(rest.max())) or agreeing.mean() < LEAST_SHARE:
        return None
    return float(best - REACH_MM)


def _sheared(pieces: npt.NDArray[np.float32], lean_mm: int) -> npt.NDArray[np.float32]:
    """Shift the pieces against each other as a line would be that leans by so much over its length."""
    shifts = np.round(np.linspace(-lean_mm / 2, lean_mm / 2, len(pieces))).astype(int)
    return np.stack([np.roll(piece, shift) for piece, shift in zip(pieces, shifts, strict=True)])


def _strengths(
    shape: PoleShape, frame: Small, height_m: npt.NDArray[np.float64], seam_deg: float
) -> npt.NDArray[np.float32]:
    """By piece of the line's length and mm across: how much darker a strip is than what lies on both sides of it."""
    across_mm = np.arange(-REACH_MM - 2 * HALF_MM, REACH_MM + 2 * HALF_MM + 1)
    azimuth = seam_deg + np.degrees(across_mm[None] / apothem_mm(shape, height_m)[:, None])
    at = surface_to_frame(shape, frame.view, height_m[:, None], azimuth)
    u, v = (np.nan_to_num(each, nan=-1).astype(np.float32) for each in (at.u_px, at.v_px))
    grey = cv2.remap(frame.grey, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    pieces = np.stack([piece.mean(axis=0) for piece in np.array_split(grey, PIECES)])
    sums = np.pad(np.cumsum(pieces, axis=1), ((0, 0), (1, 0)))
    half, places = HALF_MM, np.arange(2 * HALF_MM, 2 * HALF_MM + 2 * REACH_MM + 1)

    def mean(first: int, last: int) -> npt.NDArray[np.float32]:
        return np.asarray((sums[:, places + last] - sums[:, places + first]) / (last - first), dtype=np.float32)

    inside, left, right = mean(-half, half + 1), mean(-2 * half, -half), mean(half + 1, 2 * half + 1)
    return np.asarray(np.minimum(left, right) - inside)
