"""Where two overlapping frames show the same piece of surface: the measurements that pose refinement solves from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from vision.geometry import apothem_mm
from vision.geometry_view import surface_to_frame
from vision.types import Camera, Image, PoleShape, View

Grey = npt.NDArray[np.float32]

SHRINK = 2
"""Frames are matched at half size: a pixel is then about 1.5 mm."""
PATCH_MM_PER_PX = 1.5
PATCH_PX = 41
"""Side of the piece that is looked for: about 60 mm."""
REACH_PX = 21
"""How far around the expected place it is looked for: about 30 mm."""
LEAST_COSINE = 0.45
LEAST_MATCH = 0.55
"""Correlation below this is not a match."""
LEAST_LEAD = 0.08
"""By how much the best place must beat any other that is not beside it."""
GRID = 15
"""Places tried along and around what two frames share."""
LEAST_CORNER = 2.0
LEAST_CONTRAST = 0.6
"""Standard deviation, in grey levels, of a patch with something to see in it."""


@dataclass(frozen=True, slots=True)
class Small:
    """A frame kept for matching: half size, grey, lighting removed."""

    view: View
    """With the camera scaled to the small picture."""
    grey: Grey


Frames = Sequence[Small] | Mapping[int, Small]


@dataclass(frozen=True, slots=True)
class Match:
    """One piece of surface in two frames, at pixels of the small pictures."""

    first: int
    second: int
    first_px: tuple[float, float]
    second_px: tuple[float, float]
    quality: float
    down_mm: float
    """How far below its expected place it was found."""


def small(image: Image, view: View) -> Small:
    """Shrink a frame for matching."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    size = (grey.shape[1] // SHRINK, grey.shape[0] // SHRINK)
    grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return Small(replace(view, camera=scaled(view.camera, size)), grey)


def scaled(camera: Camera, size: tuple[int, int]) -> Camera:
    """Return the camera of a resized picture of `size` (columns, rows)."""
    across, down = size[0] / camera.width_px, size[1] / camera.height_px
    return replace(
        camera,
        width_px=size[0],
        height_px=size[1],
        fx_px=camera.fx_px * across,
        fy_px=camera.fy_px * down,
        cx_px=(camera.cx_px + 0.5) * across - 0.5,
        cy_px=(camera.cy_px + 0.5) * down - 0.5,
    )


def matches(shape: PoleShape, frames: Frames, first: int, second: int, most: int = 4) -> list[Match]:
    """Find up to `most` pieces of surface that both frames show."""
    found = []
    for height_m, azimuth_deg in _shared(shape, frames[first], frames[second].view, most):
        match = _match(shape, frames, first, second, height_m, azimuth_deg)
        if match is not None:
            found.append(match)
    return found


def _shared(shape: PoleShape, frame: Small, other: View, most: int) -> list[tuple[float, float]]:
    """Choose the places with most to hold on to among those both views see well, a patch off the frame's edge."""
    one = frame.view
    reach_m = 0.55 * one.camera.height_px * one.standoff_mm / one.camera.fy_px / 1000
    turn = (other.azimuth_deg - one.azimuth_deg + 180) % 360 - 180
    height = (one.height_m + other.height_m) / 2 + np.linspace(reach_m, -reach_m, GRID)[:, None]
    azimuth = one.azimuth_deg + turn / 2 + np.linspace(-50, 50, GRID)[None]
    good = (height > 0.03) & (height < shape.height_m - 0.03)
    for view in (one, other):
        at = surface_to_frame(shape, view, height, azimuth)
        edge = PATCH_PX * PATCH_MM_PER_PX / 2 / at.mm_per_px
        camera = view.camera
        good = good & at.inside & (at.cosine > LEAST_COSINE)
        good &= (at.u_px > edge) & (at.u_px < camera.width_px - edge)
        good &= (at.v_px > edge) & (at.v_px < camera.height_px - edge)
    return _best(np.where(good, _cornered(shape, frame, height, azimuth), 0), height, azimuth, most)


def _best(
    worth: npt.NDArray[np.float64], height: npt.NDArray[np.float64], azimuth: npt.NDArray[np.float64], most: int
) -> list[tuple[float, float]]:
    """Take the places of most worth, each at least two grid steps from the others."""
    chosen: list[tuple[float, float]] = []
    worth = worth.copy()
    while len(chosen) < most and worth.max() > LEAST_CORNER:
        row, column = (int(each) for each in np.unravel_index(int(np.argmax(worth)), worth.shape))
        chosen.append((float(height[row, 0]), float(azimuth[0, column])))
        worth[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3] = 0
    return chosen


def _cornered(
    shape: PoleShape, frame: Small, height: npt.NDArray[np.float64], azimuth: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """How much a patch around each place is fixed in both directions: the lesser eigenvalue of its gradients."""
    fine = 6
    down = np.linspace(height[0, 0], height[-1, 0], GRID * fine)[:, None]
    across = np.linspace(azimuth[0, 0], azimuth[0, -1], GRID * fine)[None]
    at = surface_to_frame(shape, frame.view, down, across)
    u, v = (np.nan_to_num(each, nan=-1).astype(np.float32) for each in (at.u_px, at.v_px))
    flat = cv2.remap(frame.grey, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    flat = cv2.GaussianBlur(flat, (0, 0), 0.8) - cv2.GaussianBlur(flat, (0, 0), 6)
    corners = cv2.cornerMinEigenVal(np.asarray(flat, dtype=np.float32), 2 * fine + 1, 3)
    places = np.round(np.linspace(0, GRID * fine - 1, GRID)).astype(int)
    return np.asarray(corners[np.ix_(places, places)], dtype=np.float64)


def _match(
    shape: PoleShape, frames: Frames, first: int, second: int, height_m: float, azimuth_deg: float
) -> Match | None:
    """Look for the first frame's patch around its expected place in the second frame."""
    wanted, _ = _patch(shape, frames[first], height_m, azimuth_deg, PATCH_PX)
    field, inside = _patch(shape, frames[second], height_m, azimuth_deg, PATCH_PX + 2 * REACH_PX)
    if wanted.std() < LEAST_CONTRAST or field.std() < LEAST_CONTRAST or inside < 0.6:
        return None
    score = cv2.matchTemplate(field, wanted, cv2.TM_CCOEFF_NORMED)
    row, column = (int(each) for each in np.unravel_index(int(np.argmax(score)), score.shape))
    quality = float(score[row, column])
    if quality < LEAST_MATCH or not (0 < row < 2 * REACH_PX and 0 < column < 2 * REACH_PX):
        return None
    rest = score.copy()
    rest[max(0, row - 5) : row + 6, max(0, column - 5) : column + 6] = -1
    if quality - float(rest.max()) < LEAST_LEAD:
        return None
    down = row + _vertex(score[row - 1 : row + 2, column]) - REACH_PX
    across = column + _vertex(score[row, column - 1 : column + 2]) - REACH_PX
    step_deg = np.degrees(PATCH_MM_PER_PX / float(apothem_mm(shape, height_m)))
    places = (
        (height_m, azimuth_deg),
        (
            height_m - down * PATCH_MM_PER_PX / 1000,
            azimuth_deg + across * float(step_deg),
        ),
    )
    pixels = [_pixel(shape, frames[index].view, *place) for index, place in zip((first, second), places, strict=True)]
    return Match(first, second, pixels[0], pixels[1], quality, down * PATCH_MM_PER_PX)


def _patch(shape: PoleShape, frame: Small, height_m: float, azimuth_deg: float, side_px: int) -> tuple[Grey, float]:
    """Unroll a piece of surface from a frame, lighting taken off; also the share of it that the frame shows."""
    steps = (np.arange(side_px) - side_px // 2) * PATCH_MM_PER_PX
    height = (height_m - steps / 1000)[:, None]
    azimuth = (azimuth_deg + np.degrees(steps / float(apothem_mm(shape, height_m))))[None]
    at = surface_to_frame(shape, frame.view, height, azimuth)
    u, v = (np.nan_to_num(each, nan=-1).astype(np.float32) for each in (at.u_px, at.v_px))
    flat = cv2.remap(frame.grey, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    flat = cv2.GaussianBlur(flat, (0, 0), 0.7) - cv2.GaussianBlur(flat, (0, 0), 8)
    flat -= flat.mean(axis=0)  # streaks, seams and facet edges look the same at every height
    return np.asarray(flat, dtype=np.float32), float(at.inside.mean())


def _pixel(shape: PoleShape, view: View, height_m: float, azimuth_deg: float) -> tuple[float, float]:
    at = surface_to_frame(shape, view, np.array([height_m]), np.array([azimuth_deg]))
    return float(at.u_px[0]), float(at.v_px[0])


def _vertex(three: Grey) -> float:
    """Offset of the top of a parabola through three equidistant values, in steps."""
    left, middle, right = (float(each) for each in three)
    bend = left - 2 * middle + right
    return 0.0 if bend >= 0 else float(np.clip((left - right) / (2 * bend), -1, 1))
