"""What a climb could truly see, found from rays alone: an answer that shares no arithmetic with the map's coverage.

The map projects surface elements into frames; here rays of the true poses are cast from the pixels, as the renderer
casts them, and angle and scale are worked out in three dimensions at the points where they meet the shaft.
"""

import numpy as np
import numpy.typing as npt

from vision.coverage import Requirement, State
from vision.geometry import off_facet_rad, radius_mm, taper
from vision.geometry_view import camera_distance_mm, frame_to_surface, rotation
from vision.surface import SurfaceMap
from vision.types import PoleShape, View

Flags = npt.NDArray[np.bool_]
Points = npt.NDArray[np.float64]


def visible(
    shape: PoleShape, views: list[View], size: tuple[int, int], required: Requirement, step_px: int = 2
) -> Flags:
    """Return which cells of an unrolled grid (rows, columns) some view sees at the required scale and angle.

    Every `step_px`-th pixel each way casts a ray; cells must be larger than the rays are apart on the surface.
    """
    seen = np.zeros(size, dtype=np.bool_)
    for view in views:
        height_m, azimuth_deg = _well_seen(shape, view, required, step_px)
        row = ((1 - height_m / shape.height_m) * size[0]).astype(np.intp)
        column = (azimuth_deg / 360 * size[1]).astype(np.intp) % size[1]
        seen[np.clip(row, 0, size[0] - 1), column] = True
    return seen


def _well_seen(shape: PoleShape, view: View, required: Requirement, step_px: int) -> tuple[Points, Points]:
    """Heights and azimuths of the rays' ends that are near and square enough."""
    camera = view.camera
    columns, rows = np.meshgrid(np.arange(0.0, camera.width_px, step_px), np.arange(0.0, camera.height_px, step_px))
    hits = frame_to_surface(shape, view, columns, rows)
    height_m, azimuth_deg = (np.asarray(each[hits.hit], dtype=np.float64) for each in (hits.height_m, hits.azimuth_deg))
    local = np.radians(azimuth_deg - view.azimuth_deg)
    radius = radius_mm(shape, height_m, azimuth_deg)
    point = np.stack([radius * np.cos(local), radius * np.sin(local), (height_m - view.height_m) * 1000], axis=1)
    to_camera = np.array([camera_distance_mm(shape, view), 0.0, 0.0]) - point
    leaning = local - off_facet_rad(shape, azimuth_deg)
    normal = np.stack([np.cos(leaning), np.sin(leaning), np.full_like(leaning, taper(shape))], axis=1)
    cosine = (normal * to_camera).sum(axis=1) / np.linalg.norm(normal, axis=1) / np.linalg.norm(to_camera, axis=1)
    mm_per_px = (-to_camera @ rotation(view)[2]) / ((camera.fx_px + camera.fy_px) / 2)
    good = (cosine >= np.cos(np.radians(required.angle_deg))) & (mm_per_px <= required.mm_per_px)
    return height_m[good], azimuth_deg[good]


def agreement(surface: SurfaceMap, seen: Flags) -> float:
    """Return the share of the true area on which a map's coverage says the same as `seen`, a grid of any size."""
    rows = np.minimum((np.arange(surface.rows) + 0.5) / surface.rows * seen.shape[0], seen.shape[0] - 1).astype(np.intp)
    columns = ((np.arange(surface.columns) + 0.5) / surface.columns * seen.shape[1]).astype(np.intp)
    same = total = 0.0
    for block in surface.blocks():
        area = np.broadcast_to(surface.element_m2(block), surface.state[block].shape)
        alike = (surface.state[block] == State.SEEN) == seen[np.ix_(rows[block], columns)]
        same += float((area * alike).sum())
        total += float(area.sum())
    return same / total


def cells(shape: PoleShape, cell_mm: float) -> tuple[int, int]:
    """Return rows and columns of a grid of cells of about `cell_mm`."""
    return round(shape.height_m * 1000 / cell_mm), round(np.pi * shape.base_diameter_mm / cell_mm)
