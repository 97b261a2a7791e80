"""How rust is spread: the distribution letter of ASTM D610 and proposed AASHTO condition states.

ASTM D610 describes three distributions and a mix of them in words; the figures here are ours (`GRADING.md`).
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.coverage import State
from vision.surface import SurfaceMap

FIELD_MM = 100.0
SPECK_M2 = 10e-6
"""A patch up to 10 mm2, some 3 mm across, is a pinpoint."""
PINPOINT_SHARE = 0.5
"""Pinpoint when specks hold this share of the rust."""
MIXED_SHARE = 0.2
LOCAL_AREA = 0.05
"""Spot when the rustiest 5 % of the area ..."""
SPOT_SHARE = 0.8
"""... hold this share of the rust."""
FRECKLED = 0.0016
"""CS2 from this share of a field on: the end of Ri1."""
HEAVY = 0.5
"""CS3 from this share of a field on: rust this thick may have taken section, look there."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Rust and surface of fields of about 100 mm and of single patches, with their heights."""

    field_height_m: npt.NDArray[np.float64]
    field_seen_m2: npt.NDArray[np.float64]
    field_marked_m2: npt.NDArray[np.float64]
    patch_height_m: npt.NDArray[np.float64]
    patch_m2: npt.NDArray[np.float64]


def spread(surface: SurfaceMap) -> Spread:
    """Measure how the rust of a map is spread."""
    down, across = surface.cell_edges(FIELD_MM)

    def seen(rows: slice) -> npt.NDArray[np.float32]:
        return np.asarray(surface.state[rows] == State.SEEN, dtype=np.float32)

    seen_m2 = surface.sum_cells(down, across, seen)
    marked_m2 = surface.sum_cells(down, across, lambda rows: seen(rows) * surface.rust[rows] / np.float32(255))
    middle = [surface.height_of_edge(int(edge)) for edge in (down[:-1] + down[1:]) // 2]
    height = np.repeat(np.array(middle), len(across) - 1)
    patch_height, patch_m2 = _patches(surface)
    return Spread(height, seen_m2.ravel().astype(float), marked_m2.ravel().astype(float), patch_height, patch_m2)


def _patches(surface: SurfaceMap) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Height and area of every connected patch; one cut by a block's edge or azimuth 0 counts as two."""
    heights, areas = [np.zeros(0)], [np.zeros(0)]
    for rows in surface.blocks():
        _, _, stats, centres = cv2.connectedComponentsWithStats(surface.rusty(rows).astype(np.uint8), connectivity=8)
        row = np.clip(centres[1:, 1].astype(int), 0, rows.stop - rows.start - 1)
        heights.append(surface.height_m(rows)[row])
        element = np.broadcast_to(surface.element_m2(rows).mean(axis=1), (rows.stop - rows.start,))
        areas.append(stats[1:, cv2.CC_STAT_AREA] * element[row])
    return np.concatenate(heights), np.concatenate(areas)


def letter(found: Spread, bottom_m: float, top_m: float) -> str:
    """Return S, G, P or H for the rust between two heights; empty when there is none."""
    patches = found.patch_m2[(found.patch_height_m >= bottom_m) & (found.patch_height_m < top_m)]
    inside = (found.field_height_m >= bottom_m) & (found.field_height_m < top_m)
    if not patches.sum() or not found.field_marked_m2[inside].sum():
        return ""
    specks = float(patches[patches <= SPECK_M2].sum() / patches.sum())
    if specks >= PINPOINT_SHARE:
        return "P"
    if _local_share(found.field_seen_m2[inside], found.field_marked_m2[inside]) >= SPOT_SHARE:
        return "S"
    return "H" if specks >= MIXED_SHARE else "G"


def _local_share(seen: npt.NDArray[np.float64], marked: npt.NDArray[np.float64]) -> float:
    """Share of the rust in the rustiest LOCAL_AREA of the seen area."""
    order = np.argsort(-marked / np.maximum(seen, 1e-12))
    area, rust = np.cumsum(seen[order]), np.cumsum(marked[order])
    return float(np.interp(LOCAL_AREA * area[-1], area, rust) / rust[-1])


def proposed_states(found: Spread) -> dict[str, float]:
    """Return seen area, m2, by proposed condition state of AASHTO MBEI defect 1000; CS4 is never proposed.

    Photographs show neither section loss nor pack rust: CS3 here means `heavy rust, look for section loss`.
    """
    share = found.field_marked_m2 / np.maximum(found.field_seen_m2, 1e-12)
    heavy, freckled = share >= HEAVY, share >= FRECKLED
    return {
        "CS1": float(found.field_seen_m2[~freckled].sum()),
        "CS2": float(found.field_seen_m2[freckled & ~heavy].sum()),
        "CS3": float(found.field_seen_m2[heavy].sum()),
    }
