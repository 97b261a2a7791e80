"""What of the shaft was seen well enough to grade, and the gaps that were not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from vision.surface import SurfaceMap

Flags = npt.NDArray[np.bool_]
"""Cells: rows from the top, columns around."""


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

CUT_M2 = 0.1
"""A gap is cut in two at a height where so much surface around it, that was seen, then lies outside of both boxes."""


def holes(surface: "SurfaceMap") -> tuple[Hole, ...]:
    """List the gaps of at least SMALLEST_M2, the largest first, each with its commonest reason: connected pieces, in
    boxes that hold little else. A ring that was not seen and one facet all the way up from it are two gaps."""
    lost, reasons, area = _cells(surface)
    pieces = _pieces(lost >= CELL_LOST, CUT_M2 / float(area.mean()))
    found = [_hole(surface, piece, lost * area, reasons) for piece in pieces]
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


def _pieces(lost: Flags, least: float) -> Iterator[Flags]:
    """Yield connected cells, cut where that saves at least so many cells of their boxes."""
    labels = _ringed_components(lost)
    for label in range(1, int(labels.max()) + 1):
        piece = labels == label
        cut = _cut(piece, least)
        if cut is None:
            yield piece
        else:
            below = np.arange(len(piece))[:, None] >= cut
            yield from _pieces(piece & ~below, least)
            yield from _pieces(piece & below, least)


def _cut(piece: Flags, least: float) -> int | None:
    """Return the row from which on a second box saves most cells, if that is enough."""
    rows = np.flatnonzero(piece.any(axis=1))
    held = piece[rows[0] : rows[-1] + 1]
    above, below = _widths(held), _widths(held[::-1])[::-1]
    count = np.arange(1, len(held))
    saved = above[-1] * len(held) - above[:-1] * count - below[1:] * (len(held) - count)
    return int(rows[0] + 1 + np.argmax(saved)) if len(saved) and saved.max() >= least else None


def _widths(held: Flags) -> npt.NDArray[np.intp]:
    """Columns of the box around the first row, around the first two, and so on."""
    turn = held.shape[1]
    spans = [_span(np.flatnonzero(row), turn) for row in np.logical_or.accumulate(held, axis=0)]
    return np.array([(last - first) % turn + 1 for first, last in spans], dtype=np.intp)


def _ringed_components(mask: Flags) -> npt.NDArray[np.int32]:
    """Label connected cells, neighbours across azimuth 0 included."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    names = np.arange(count)
    for left, right in zip(labels[:, 0], labels[:, -1], strict=True):
        if left and right and names[left] != names[right]:
            names[names == max(names[left], names[right])] = min(names[left], names[right])
    return np.asarray(np.unique(names, return_inverse=True)[1][labels], dtype=np.int32)


def _hole(
    surface: "SurfaceMap",
    inside: Flags,
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
