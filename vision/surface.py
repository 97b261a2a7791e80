"""The map of a pole: colour, rust and how well each was seen, on height x azimuth, weighted by true area.

Each surface element takes its rust and colour from one frame, the one with most pixels per true area there, so that
overlap counts once and a slight misfit between frames neither doubles nor blurs small rust.
"""

import math
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import numpy.typing as npt

from vision.coverage import Requirement, State
from vision.geometry import area_m2_per_m_rad
from vision.geometry_view import Projected, camera_distance_mm, frame_to_surface, surface_to_frame
from vision.types import SURE, Image, Mask, PoleShape, View

Bytes = npt.NDArray[np.uint8]

HALF = 128
"""Share of rust, of 255, from which an element is drawn as rust."""

BLOCK_ROWS = 512
"""Whole-map sums run over blocks of this many rows, so that a map of gigabytes needs no second copy."""


class SurfaceMap:
    """Row 0 is the top, columns run through azimuth 0 to 360; an array element's place is its centre."""

    def __init__(self, shape: PoleShape, mm_per_px: float = 1.0, required: Requirement | None = None) -> None:
        """Make an empty map; `mm_per_px` holds along the height and around the base.

        Raises ValueError when the scale is not positive.
        """
        if not mm_per_px > 0:
            raise ValueError(f"map scale {mm_per_px} mm/px is not positive; give 0.5 to 2")
        self.shape = shape
        self.mm_per_px = mm_per_px
        self.required = required or Requirement()
        widest_mm = shape.base_diameter_mm * (math.tan(math.pi / shape.sides) * shape.sides if shape.sides else math.pi)
        self.rows = max(1, round(shape.height_m * 1000 / mm_per_px))
        self.columns = max(8, round(widest_mm / mm_per_px))
        size = (self.rows, self.columns)
        self.colour: Image = np.zeros((*size, 3), dtype=np.uint8)
        self.rust: Bytes = np.zeros(size, dtype=np.uint8)
        """Share of the element that is rust in the frame that was kept, 255 = all of it."""
        self.probability: Bytes = np.zeros(size, dtype=np.uint8)
        """Of rust, 255 = certain."""
        self.label: Bytes | None = None
        """Values of the model's labels, once a mask that has them was laid."""
        self.state: Bytes = np.zeros(size, dtype=np.uint8)
        """`coverage.State` of each element."""
        self.density: Bytes = np.zeros(size, dtype=np.uint8)
        """Pixels per true area of the frame that was kept, logarithmic; 0 = none."""

    def clear(self) -> None:
        """Forget everything that was laid."""
        for each in (self.colour, self.rust, self.probability, self.state, self.density):
            each.fill(0)
        self.label = None

    def add(self, image: Image, mask: Mask | None, view: View) -> None:
        """Lay one frame on the map; None for the mask says that the picture cannot be graded.

        Raises ValueError when image, mask and camera differ in size.
        """
        size = (view.camera.height_px, view.camera.width_px)
        if image.shape[:2] != size or (mask is not None and mask.label.shape != size):
            raise ValueError(f"image {image.shape[:2]} and mask must have the camera's size {size}; rescale the camera")
        for rows, columns in self.window(view):
            self._lay(image, mask, view, rows, columns)

    def window(self, view: View) -> Iterator[tuple[slice, slice]]:
        """Yield the one or two boxes of the map that hold everything this view can see."""
        camera = view.camera
        u = np.linspace(0, camera.width_px - 1, 65)
        hits = frame_to_surface(self.shape, view, *np.meshgrid(u, np.linspace(0, camera.height_px - 1, 49)))
        if not hits.hit.any():
            return
        heights = hits.height_m[hits.hit]
        margin = 0.05 * float(np.ptp(heights)) + 0.01
        top = max(0, self.row_of(float(heights.max()) + margin))
        bottom = min(self.rows, self.row_of(float(heights.min()) - margin) + 1)
        radius = float(area_m2_per_m_rad(self.shape, float(heights.min()), view.azimuth_deg)) * 1000
        seen_deg = math.degrees(math.acos(min(1, radius / camera_distance_mm(self.shape, view))))
        half_deg = min(180.0, seen_deg + (360 / self.shape.sides if self.shape.sides else 2))
        first = math.floor((view.azimuth_deg - half_deg) * self.columns / 360)
        last = min(math.ceil((view.azimuth_deg + half_deg) * self.columns / 360), first + self.columns)
        for start in range(first // self.columns * self.columns, last, self.columns):
            left, right = max(first, start) - start, min(last, start + self.columns) - start
            yield slice(top, bottom), slice(left, right)

    def _lay(self, image: Image, mask: Mask | None, view: View, rows: slice, columns: slice) -> None:
        """Fuse one box: keep what was seen better before, take over what this frame sees better."""
        height = self.height_m(rows).astype(np.float32)[:, None]
        azimuth = self.azimuth_deg(columns).astype(np.float32)[None]
        at = surface_to_frame(self.shape, view, height, azimuth)
        state = self._judged(at, gradable=mask is not None)
        box = (rows, columns)
        density = _density(at) * (state >= State.UNGRADABLE)
        before = self.state[box]
        better = (density > 0) & ((state > before) | (state == before) & (density > self.density[box]))
        np.maximum(before, state, out=before)
        if not better.any():
            return
        u, v = (np.where(at.inside, each, np.float32(-1)) for each in (at.u_px, at.v_px))
        self.density[box][better] = density[better]
        self.colour[box][better] = cv2.remap(image, u, v, cv2.INTER_LINEAR)[better]
        if mask is not None:
            # a share, not a threshold: cutting smoothed labels at one half would shrink small spots
            self.rust[box][better] = cv2.remap(mask.label * np.uint8(255), u, v, cv2.INTER_LINEAR)[better]
            chance = cv2.remap(mask.probability, u, v, cv2.INTER_LINEAR)
            self.probability[box][better] = np.round(chance[better] * 255)
            if mask.classes is not None:
                self.label = np.zeros_like(self.rust) if self.label is None else self.label
                self.label[box][better] = cv2.remap(mask.classes, u, v, cv2.INTER_NEAREST)[better]

    def _judged(self, at: Projected, gradable: bool) -> Bytes:
        """State that this frame alone would give each element."""
        state = np.full(at.inside.shape, State.SEEN if gradable else State.UNGRADABLE, dtype=np.uint8)
        state[at.mm_per_px > self.required.mm_per_px] = State.TOO_COARSE
        state[at.cosine < math.cos(math.radians(self.required.angle_deg))] = State.TOO_OBLIQUE
        state[~at.inside] = State.NOT_SEEN
        return state

    def rusty(self, rows: slice = slice(None)) -> npt.NDArray[np.bool_]:
        """Return which elements of rows are seen and at least half rust."""
        return np.asarray((self.rust[rows] >= HALF) & (self.state[rows] == State.SEEN))

    def sure(self, rows: slice = slice(None)) -> npt.NDArray[np.bool_]:
        """Return which elements of rows are seen and rust with a probability of SURE or more."""
        return np.asarray((self.probability[rows] >= round(SURE * 255)) & (self.state[rows] == State.SEEN))

    def row_of(self, height_m: float) -> int:
        """Return the row that a height falls into; may lie outside the map."""
        return math.floor((1 - height_m / self.shape.height_m) * self.rows)

    def height_of_edge(self, row: int) -> float:
        """Return the height of the upper edge of a row, metres."""
        return self.shape.height_m * (1 - row / self.rows)

    def height_m(self, rows: slice) -> npt.NDArray[np.float64]:
        """Return the heights of the centres of rows."""
        return self.shape.height_m * (1 - (np.arange(self.rows)[rows] + 0.5) / self.rows)

    def azimuth_deg(self, columns: slice) -> npt.NDArray[np.float64]:
        """Return the azimuths of the centres of columns."""
        return (np.arange(self.columns)[columns] + 0.5) * 360 / self.columns

    def element_m2(self, rows: slice) -> npt.NDArray[np.float32]:
        """Return the true area of the elements of rows, shape (rows, columns), or (rows, 1) on a round shaft."""
        azimuth = self.azimuth_deg(slice(None)) if self.shape.sides else np.zeros(1)
        step = self.shape.height_m / self.rows * 2 * math.pi / self.columns
        height = self.height_m(rows)[:, None]
        return np.asarray(area_m2_per_m_rad(self.shape, height, azimuth[None]) * step, dtype=np.float32)

    def blocks(self) -> Iterator[slice]:
        """Yield the rows of the map in blocks, from the top."""
        for top in range(0, self.rows, BLOCK_ROWS):
            yield slice(top, min(top + BLOCK_ROWS, self.rows))

    def cell_edges(self, cell_mm: float) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Return row and column edges that cut the map into cells of about `cell_mm`."""
        down, across = (max(1, round(count * self.mm_per_px / cell_mm)) for count in (self.rows, self.columns))
        return (
            np.linspace(0, self.rows, down + 1).round().astype(np.intp),
            np.linspace(0, self.columns, across + 1).round().astype(np.intp),
        )

    def sum_cells(
        self,
        down: npt.NDArray[np.intp],
        across: npt.NDArray[np.intp],
        weigh: Callable[[slice], npt.NDArray[np.float32]],
    ) -> npt.NDArray[np.float32]:
        """Sum true area, m2, over cells; `weigh(rows)` gives each element's share, 0 to 1."""
        total = np.empty((len(down) - 1, len(across) - 1), dtype=np.float32)
        for first in range(0, len(down) - 1, 16):
            edges = down[first : first + 17]
            rows = slice(int(edges[0]), int(edges[-1]))
            weighted = weigh(rows) * self.element_m2(rows)
            strips = np.add.reduceat(weighted, edges[:-1] - edges[0], axis=0)
            total[first : first + len(edges) - 1] = np.add.reduceat(strips, across[:-1], axis=1)
        return total


def _density(at: Projected) -> Bytes:
    """Pixels per true mm2 in 32 steps an octave; never 0, which says that nothing was kept."""
    with np.errstate(invalid="ignore", divide="ignore"):
        steps = 128 + 32 * np.log2(np.maximum(at.cosine, 1e-3) / at.mm_per_px**2)
    return np.asarray(np.clip(np.nan_to_num(steps, nan=1), 1, 255), dtype=np.uint8)
