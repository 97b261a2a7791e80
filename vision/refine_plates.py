"""The handhole's cover and the pole's tag found in frames: they tie heights and azimuths to the pole file."""

import cv2
import numpy as np
import numpy.typing as npt

from vision.geometry import apothem_mm
from vision.geometry_view import surface_to_frame
from vision.refine_landmarks import BASE_REACH_M, DRIFT, Ring
from vision.refine_match import Grey, Small
from vision.refine_seams import Seam
from vision.types import Plate, PoleShape

STEP_MM = 1.5
AROUND_MM = 45.0
"""A plate is looked for this far to either side of its place."""
FACING_DEG = 35.0
LEAST_SHOWN = 0.9
"""So much of the field that is searched must be in the frame."""
LEAST_EDGE = 0.8
"""Grey levels a step: the sides must stand out so far."""
LEAST_LEAD = 1.5
"""And by this factor from the best rectangle anywhere else. Where there was no plate, none of 84 fields led so far."""
LEANING = 1.5
"""Steps over which a side is blurred across: a rolled camera shows it leaning."""
MARGIN = 4
"""Steps around the field for gradients and blur to stand on."""
BESIDE = 8
"""Steps within which another place is the same one."""


def plates(shape: PoleShape, frame: Small, index: int) -> list[tuple[Ring, Seam]]:
    """Find the known plates that face frame `index`: each fixes a height and an azimuth at the pixel of its middle."""
    found = []
    for plate in shape.plates:
        offset = _offset_mm(shape, frame, plate)
        if offset is not None:
            height_m = plate.height_m + offset[0] / 1000
            azimuth_deg = plate.azimuth_deg + np.degrees(offset[1] / float(apothem_mm(shape, height_m)))
            at = surface_to_frame(shape, frame.view, np.array([height_m]), np.array([float(azimuth_deg)]))
            pixel = float(at.u_px[0]), float(at.v_px[0])
            found.append((Ring(index, pixel, plate.height_m), Seam(index, pixel, plate.azimuth_deg)))
    return found


def _offset_mm(shape: PoleShape, frame: Small, plate: Plate) -> tuple[float, float] | None:
    """Return how far up and towards growing azimuth a plate shows from its place; None when it does not clearly."""
    if abs((plate.azimuth_deg - frame.view.azimuth_deg + 180) % 360 - 180) > FACING_DEG:
        return None
    reach = round((BASE_REACH_M + DRIFT * plate.height_m) * 1000 / STEP_MM), round(AROUND_MM / STEP_MM)
    half = round(plate.high_mm / 2 / STEP_MM), round(plate.wide_mm / 2 / STEP_MM)
    grey, shown = _unrolled(shape, frame, plate, (reach[0] + half[0], reach[1] + half[1]))
    if shown < LEAST_SHOWN:
        return None
    strength = _rectangles(grey, half, reach)
    row, column = (int(each) for each in np.unravel_index(int(np.argmax(strength)), strength.shape))
    rest = strength.copy()
    rest[max(0, row - BESIDE) : row + BESIDE + 1, max(0, column - BESIDE) : column + BESIDE + 1] = 0
    if strength[row, column] < max(LEAST_EDGE, LEAST_LEAD * float(rest.max())):
        return None
    return (reach[0] - row) * STEP_MM, (column - reach[1]) * STEP_MM


def _unrolled(shape: PoleShape, frame: Small, plate: Plate, half: tuple[int, int]) -> tuple[Grey, float]:
    """Unroll the field around a plate's place, and say what share of it is in the frame."""
    up, across = (np.arange(-each - MARGIN, each + MARGIN + 1) * STEP_MM for each in half)
    height = plate.height_m - up[:, None] / 1000
    azimuth = plate.azimuth_deg + np.degrees(across[None] / float(apothem_mm(shape, plate.height_m)))
    at = surface_to_frame(shape, frame.view, height, azimuth)
    u, v = (np.nan_to_num(each, nan=-1).astype(np.float32) for each in (at.u_px, at.v_px))
    grey = cv2.remap(frame.grey, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(grey, dtype=np.float32), float(at.inside.mean())


def _rectangles(grey: Grey, half: tuple[int, int], reach: tuple[int, int]) -> npt.NDArray[np.float32]:
    """How strongly a rectangle's four sides stand out, by its offset in steps down and along: their geometric mean."""
    flat = cv2.GaussianBlur(grey, (0, 0), 1.0)
    level, upright = (np.abs(cv2.Sobel(flat, cv2.CV_32F, *way, ksize=3)) / 8 for way in ((0, 1), (1, 0)))
    # a joint is as strong all around, a facet's edge at every height: neither is the side of a plate
    level = np.maximum(level - np.median(level, axis=1, keepdims=True), 0)
    upright = np.maximum(upright - np.median(upright, axis=0, keepdims=True), 0)
    level = cv2.GaussianBlur(cv2.blur(level, (2 * half[1] + 1, 1)), (1, 0), sigmaX=0.1, sigmaY=LEANING)
    upright = cv2.GaussianBlur(cv2.blur(upright, (1, 2 * half[0] + 1)), (0, 1), sigmaX=LEANING, sigmaY=0.1)

    def side(edges: Grey, down: int, along: int) -> Grey:
        rows, columns = (MARGIN + span + shift for span, shift in zip(half, (down, along), strict=True))
        return edges[rows : rows + 2 * reach[0] + 1, columns : columns + 2 * reach[1] + 1]

    sides = (side(level, -half[0], 0), side(level, half[0], 0), side(upright, 0, -half[1]), side(upright, 0, half[1]))
    return np.asarray(np.prod(sides, axis=0) ** 0.25, dtype=np.float32)
