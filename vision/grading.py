"""Rusted area of the pole, of its sections, height bands and joints, and of its worst windows.

Everything is a ratio of sums of true area over what was seen; the mean of per-frame percentages would count
overlap twice and foreshortened edges too little.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from vision.coverage import State
from vision.geometry import area_m2
from vision.scales import ISO_4628_3, iso_4628_3
from vision.surface import SurfaceMap
from vision.types import Plate, Section

Sums = npt.NDArray[np.float64]
Cells = npt.NDArray[np.float32]

BAND_M = 1.0
JOINT_M = 0.15
"""A joint's zone reaches this far above and below it."""
WELD_M = 0.05
"""A weld line's zone reaches this far to either side of it, a handhole's around its cover."""
WINDOWS_M2 = (1.0, 0.25)
WINDOW_CELL_MM = 25.0
"""Worst windows are searched on cells of this size."""
AROUND_M = 0.1
"""The girth is taken over this height."""
LEAST_SEEN = 0.5
"""A window counts only if this share of it was seen; other parts are graded by what was seen of them."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the shaft and the areas on it, m2."""

    kind: Literal["pole", "section", "band", "window", "zone"]
    name: str
    bottom_m: float
    top_m: float
    area_m2: float
    seen_m2: float
    marked_m2: float
    """Seen and called rust by the model."""
    sure_m2: float
    """With a probability of SURE or more."""
    azimuth_from_deg: float | None = None
    azimuth_to_deg: float | None = None


def parts(surface: SurfaceMap) -> tuple[Part, ...]:
    """Measure the pole first, then its sections, bands, joints, weld lines and worst windows."""
    rows = _row_sums(surface)
    found = [_between(surface, rows, *each) for each in _stretches(surface)]
    found.extend(_weld(surface, *each) for each in enumerate(surface.shape.sections, 1) if each[1].seam_deg is not None)
    found.extend(_handhole(surface, plate) for plate in surface.shape.plates if plate.kind == "handhole")
    cells = _cell_sums(surface, WINDOW_CELL_MM)
    found.extend(part for size in WINDOWS_M2 if (part := _worst(surface, cells, size)) is not None)
    return tuple(found)


def share_at_or_above(surface: SurfaceMap, grade: str, field_m2: float = 0.25) -> float | None:
    """Return the share of the seen area that lies in fields of about `field_m2` at an ISO 4628-3 grade or worse.

    None when nothing was seen.
    """
    _, seen, marked, _ = _cell_sums(surface, math.sqrt(field_m2) * 1000)
    if not seen.any():
        return None
    worst = ISO_4628_3.index(grade)
    fractions = np.clip(marked / np.maximum(seen, 1e-12), 0, 1)
    graded = np.array([ISO_4628_3.index(iso_4628_3(float(each))) >= worst for each in fractions.ravel()])
    return float((seen.ravel() * graded).sum() / seen.sum())


def _stretches(surface: SurfaceMap) -> Iterator[tuple[Literal["pole", "section", "band", "zone"], str, float, float]]:
    """Yield kind, name, bottom and top of every part that goes all around."""
    top_m = surface.shape.height_m
    yield "pole", "whole shaft", 0, top_m
    for number, section in enumerate(surface.shape.sections, 1):
        yield "section", f"section {number}", section.bottom_m, section.top_m
    for index in range(math.ceil(top_m / BAND_M - 1e-9)):
        bottom = index * BAND_M
        yield "band", f"{bottom:g}-{min(bottom + BAND_M, top_m):g} m", bottom, min(bottom + BAND_M, top_m)
    for section in surface.shape.sections[1:]:
        at = section.bottom_m
        yield "zone", f"slip joint at {at:g} m", max(0.0, at - JOINT_M), min(top_m, at + JOINT_M)


def _row_sums(surface: SurfaceMap) -> Sums:
    """Area seen, called rust, and surely so in each row, shape (rows, 3), m2."""
    sums = np.empty((surface.rows, 3))
    for rows in surface.blocks():
        seen = surface.state[rows] == State.SEEN
        area = surface.element_m2(rows)
        sums[rows, 0] = (seen * area).sum(axis=1)
        sums[rows, 1] = (seen * surface.rust[rows] * (area / np.float32(255))).sum(axis=1)
        sums[rows, 2] = (surface.sure(rows) * area).sum(axis=1)
    return sums


def _between(
    surface: SurfaceMap,
    rows: Sums,
    kind: Literal["pole", "section", "band", "zone"],
    name: str,
    bottom: float,
    top: float,
) -> Part:
    heights = surface.height_m(slice(None))
    seen, marked, sure = rows[(heights >= bottom) & (heights < top)].sum(axis=0)
    total = area_m2(surface.shape, bottom, top)
    return Part(kind, name, bottom, top, total, min(float(seen), total), float(marked), float(sure))


def _weld(surface: SurfaceMap, number: int, section: Section) -> Part:
    """Measure the strip along a section's weld line, as wide as WELD_M at the section's middle."""
    around_m = _girth_m(surface, (section.bottom_m + section.top_m) / 2)
    half_deg = min(180.0, WELD_M / around_m * 360)
    name = f"weld line of section {number}"
    return _box(surface, name, (section.bottom_m, section.top_m), section.seam_deg or 0.0, half_deg)


def _handhole(surface: SurfaceMap, plate: Plate) -> Part:
    """Measure the handhole's cover and what is around it."""
    half_m, top_m = plate.high_mm / 2000 + WELD_M, surface.shape.height_m
    half_deg = min(180.0, (plate.wide_mm / 2000 + WELD_M) / _girth_m(surface, plate.height_m) * 360)
    span = max(0.0, plate.height_m - half_m), min(top_m, plate.height_m + half_m)
    return _box(surface, "handhole", span, plate.azimuth_deg, half_deg)


def _girth_m(surface: SurfaceMap, height_m: float) -> float:
    return area_m2(surface.shape, height_m - AROUND_M / 2, height_m + AROUND_M / 2) / AROUND_M


def _box(surface: SurfaceMap, name: str, span_m: tuple[float, float], azimuth_deg: float, half_deg: float) -> Part:
    """Measure a zone that does not go all around: from bottom to top, half_deg to either side of an azimuth."""
    from_deg, to_deg = azimuth_deg - half_deg, azimuth_deg + half_deg
    first, last = (round(each / 360 * surface.columns) for each in (from_deg, to_deg))
    columns = np.arange(first, last) % surface.columns
    rows = slice(max(0, surface.row_of(span_m[1])), surface.row_of(span_m[0]))
    area = np.broadcast_to(surface.element_m2(rows), surface.state[rows].shape)[:, columns]
    seen = area * (surface.state[rows][:, columns] == State.SEEN)
    marked = seen * (surface.rust[rows][:, columns] / np.float32(255))
    sure = area * surface.sure(rows)[:, columns]
    total, seen_m2, marked_m2, sure_m2 = (float(each.sum(dtype=np.float64)) for each in (area, seen, marked, sure))
    return Part("zone", name, *span_m, total, seen_m2, marked_m2, sure_m2, from_deg % 360, to_deg % 360)


def _cell_sums(surface: SurfaceMap, cell_mm: float) -> tuple[Cells, Cells, Cells, Cells]:
    """Area, area seen, called rust, and surely so of cells of about `cell_mm`, m2."""
    edges = surface.cell_edges(cell_mm)

    def seen(rows: slice) -> Cells:
        return np.asarray(surface.state[rows] == State.SEEN, dtype=np.float32)

    return (
        surface.sum_cells(*edges, lambda rows: np.ones_like(surface.state[rows], dtype=np.float32)),
        surface.sum_cells(*edges, seen),
        surface.sum_cells(*edges, lambda rows: seen(rows) * surface.rust[rows] / np.float32(255)),
        surface.sum_cells(*edges, lambda rows: surface.sure(rows).astype(np.float32)),
    )


def _worst(surface: SurfaceMap, cells: tuple[Cells, Cells, Cells, Cells], size_m2: float) -> Part | None:
    """Find the window of about `size_m2`, as square as the pole allows, with the largest share of rust.

    None when the shaft is smaller than the window or no window was seen well enough.
    """
    edges, columns = surface.cell_edges(WINDOW_CELL_MM)
    down, across = len(edges) - 1, len(columns) - 1
    tables = [_summed(cell) for cell in cells]
    turns_m2 = tables[0][:, across]
    best: tuple[float, Part] | None = None
    for top in range(down):
        height_m = surface.height_of_edge(int(edges[top]))
        around_m = _girth_m(surface, height_m - AROUND_M / 2)
        wide = min(across, max(1, round(across * min(1.0, math.sqrt(size_m2) / around_m))))
        high = int(np.searchsorted(turns_m2, turns_m2[top] + size_m2 * across / wide)) - top
        if top + high > down:
            break
        area, seen, marked, sure = (_window(table, top, high, wide, across) for table in tables)
        share = np.where(seen >= LEAST_SEEN * area, marked / np.maximum(seen, 1e-12), -1)
        left = int(np.argmax(share))
        if share[left] >= 0 and (best is None or share[left] > best[0]):
            sums = float(area[left]), float(seen[left]), float(marked[left]), float(sure[left])
            best = float(share[left]), _window_part(surface, size_m2, (top, high, left, wide), sums)
    return best[1] if best else None


def _summed(cells: Cells) -> Sums:
    """Two-dimensional running sum over two turns of the shaft, with a leading row and column of 0."""
    twice = np.concatenate([cells, cells], axis=1).astype(np.float64)
    return np.pad(twice.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))


def _window(table: Sums, top: int, high: int, wide: int, across: int) -> Sums:
    """Sums of the windows that start in each column of one turn."""
    rows = table[top + high] - table[top]
    return np.asarray(rows[wide : wide + across] - rows[:across])


def _window_part(
    surface: SurfaceMap, size_m2: float, box: tuple[int, int, int, int], sums: tuple[float, float, float, float]
) -> Part:
    down, across = surface.cell_edges(WINDOW_CELL_MM)
    top, high, left, wide = box
    turn = len(across) - 1
    return Part(
        "window",
        f"worst {size_m2:g} m2",
        surface.height_of_edge(int(down[top + high])),
        surface.height_of_edge(int(down[top])),
        sums[0],
        min(sums[1], sums[0]),
        sums[2],
        sums[3],
        float(across[left]) * 360 / surface.columns if wide < turn else 0.0,
        float(across[(left + wide) % turn]) * 360 / surface.columns if wide < turn else 360.0,
    )
