"""What of the shaft was seen well enough to grade, and the gaps that were not."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from vision.surface import SurfaceMap


class State(IntEnum):
    """What became of a surface element; the best that any frame made of it counts."""

    NOT_SEEN = 0
    TOO_OBLIQUE = 1
    TOO_COARSE = 2
    UNGRADABLE = 3
    SEEN = 4


REASONS = {
    State.NOT_SEEN: "not seen",
    State.TOO_OBLIQUE: "too oblique",
    State.TOO_COARSE: "too coarse",
    State.UNGRADABLE: "ungradable",
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """When a surface element counts as seen: some gradable frame saw it at this scale and angle or better."""

    mm_per_px: float = 1.5
    """Three pixels on a spot of 5 mm."""
    angle_deg: float = 60.0
    """Between the line of sight and the surface's normal; at 60 degrees a spot is half as wide as it is."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A connected stretch that cannot be graded, as the box around it."""

    bottom_m: float
    top_m: float
    azimuth_from_deg: float
    """The box runs clockwise from here, and may pass azimuth 0."""
    azimuth_to_deg: float
    area_m2: float
    reason: str


CELL_MM = 20.0
"""Gaps are looked for on cells of about this size."""

CELL_LOST = 0.5
"""A cell belongs to a gap when this share of it was not seen well enough."""

SMALLEST_M2 = 0.002
"""Smaller gaps count in the coverage but are not listed."""


def holes(surface: "SurfaceMap") -> tuple[Hole, ...]:
    """List the connected gaps of at least SMALLEST_M2, the largest first, each with its commonest reason."""
    lost, reasons, area = _cells(surface)
    labels = _ringed_components(lost >= CELL_LOST)
    found = [_hole(surface, labels == label, lost * area, reasons) for label in range(1, int(labels.max()) + 1)]
    return tuple(sorted((hole for hole in found if hole.area_m2 >= SMALLEST_M2), key=lambda hole: -hole.area_m2))


def _cells(surface: "SurfaceMap") -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Reduce the map to cells: share lost, commonest state of what was lost, true area."""
    down, across = surface.cell_edges(CELL_MM)
    area = surface.sum_cells(down, across, lambda rows: np.ones_like(surface.state[rows], dtype=np.float32))
    by_state = [surface.sum_cells(down, across, _being(surface, state)) for state in REASONS]
    lost = np.sum(by_state, axis=0) / area
    return lost.astype(np.float32), np.argmax(by_state, axis=0), area


def _being(surface: "SurfaceMap", state: State) -> Callable[[slice], npt.NDArray[np.float32]]:
    return lambda rows: (surface.state[rows] == state).astype(np.float32)


def _ringed_components(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """Label connected cells, neighbours across azimuth 0 included."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    names = np.arange(count)
    for left, right in zip(labels[:, 0], labels[:, -1], strict=True):
        if left and right and names[left] != names[right]:
            names[names == max(names[left], names[right])] = min(names[left], names[right])
    return np.asarray(np.unique(names, return_inverse=True)[1][labels], dtype=np.int32)


def _hole(
    surface: "SurfaceMap",
    inside: npt.NDArray[np.bool_],
    lost_m2: npt.NDArray[np.float32],
    reasons: npt.NDArray[np.intp],
) -> Hole:
    rows = np.flatnonzero(inside.any(axis=1))
    down, across = surface.cell_edges(CELL_MM)
    first, last = _span(np.flatnonzero(inside.any(axis=0)), inside.shape[1])
    weights = np.bincount(reasons[inside], weights=lost_m2[inside], minlength=len(REASONS))
    return Hole(
        bottom_m=surface.height_of_edge(int(down[rows[-1] + 1])),
        top_m=surface.height_of_edge(int(down[rows[0]])),
        azimuth_from_deg=float(across[first]) * 360 / surface.columns,
        azimuth_to_deg=float(across[last + 1]) * 360 / surface.columns,
        area_m2=float(lost_m2[inside].sum()),
        reason=list(REASONS.values())[int(np.argmax(weights))],
    )


def _span(marked: npt.NDArray[np.intp], turn: int) -> tuple[int, int]:
    """First and last column of the shortest clockwise run that holds every marked one of a turn's columns."""
    jumps = np.diff(np.append(marked, marked[0] + turn))
    widest = int(np.argmax(jumps))
    if jumps[widest] <= 1:
        return 0, turn - 1
    return int(marked[(widest + 1) % len(marked)]), int(marked[widest])
