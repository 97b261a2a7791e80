"""Unrolled surfaces with a known truth: read from pictures, or painted from a seed.

Layout: row 0 = top, columns = azimuth 0 to 360 clockwise seen from above, pixel centres at half steps.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Picture

from vision.geometry import apothem_mm, area_m2_per_m_rad
from vision.render_paint import paint_coat, paint_dirt, paint_structure
from vision.render_plates import paint_plates
from vision.render_rust import Sheet, paint_rust, rust_field, threshold
from vision.types import Image, PoleShape

SHEET_MM_PER_PX = 1.5
"""Scale of a painted surface; the renderer adds finer grain."""


@dataclass(frozen=True, slots=True)
class PaintedSurface:
    """Colour of the whole shaft and, where it is known, the truth about its rust."""

    rgb: Image
    rust: npt.NDArray[np.uint8] | None
    """0 = not rust, 1 = rust, shape (rows, columns) of `rgb`."""

    def rusted_fraction(self, shape: PoleShape) -> float:
        """Return the rusted share of the true area; ValueError when the truth is not known."""
        if self.rust is None:
            raise ValueError("the surface has no rust mask; give one to compare with")
        area = element_area(shape, *self.rust.shape)
        return float((area * self.rust).sum() / np.broadcast_to(area, self.rust.shape).sum())


def element_area(shape: PoleShape, rows: int, columns: int) -> npt.NDArray[np.float32]:
    """Return the true area of each element of an unrolled picture, m2, shape (rows, columns) or (rows, 1)."""
    height = shape.height_m * (1 - (np.arange(rows) + 0.5) / rows)[:, None]
    azimuth = (np.arange(columns) + 0.5) * 360 / columns if shape.sides else np.zeros(1)
    step = shape.height_m / rows * 2 * np.pi / columns
    return np.asarray(area_m2_per_m_rad(shape, height, azimuth[None]) * step, dtype=np.float32)


def painted_surface(shape: PoleShape, seed: int, rusted_fraction: float | None = None) -> PaintedSurface:
    """Paint a weathered shaft; the rusted fraction of the true area is met to 0.01 % of the area.

    Without `rusted_fraction` the seed draws one between 0.1 % and 20 %, small ones as often as large.
    """
    rng = np.random.default_rng(seed)
    fraction = float(np.exp(rng.uniform(np.log(0.001), np.log(0.2))))
    fraction = fraction if rusted_fraction is None else rusted_fraction
    sheet = blank_sheet(rng, shape)
    picture = paint_coat(rng, sheet)
    paint_dirt(rng, sheet, picture)
    paint_structure(sheet, picture)
    paint_plates(rng, shape, picture)
    field = rust_field(rng, sheet)
    return PaintedSurface(picture, paint_rust(rng, picture, field, threshold(field, sheet, fraction)))


def blank_sheet(rng: np.random.Generator, shape: PoleShape) -> Sheet:
    """Return the sheet of a shaft, its weld lines drawn at random."""
    rows = max(16, round(shape.height_m * 1000 / SHEET_MM_PER_PX))
    columns = max(16, round(np.pi * float(apothem_mm(shape, shape.height_m / 2)) * 2 / SHEET_MM_PER_PX))
    bottoms = [section.bottom_m for section in shape.sections] or [0.0]
    ends = [round(rows * (1 - bottom / shape.height_m)) for bottom in bottoms]
    tops = [*ends[1:], 0]
    drawn = [int(rng.integers(columns)) for _ in ends]
    known = [section.seam_deg for section in shape.sections] or [None]
    welds = [at if deg is None else int(deg / 360 * columns) for at, deg in zip(drawn, known, strict=True)]
    seams = tuple(zip(tops, ends, welds, strict=True))
    return Sheet(rows, columns, SHEET_MM_PER_PX, element_area(shape, rows, columns), seams, tuple(ends[1:]))


def read_surface(surface: Path, rust_mask: Path | None) -> PaintedSurface:
    """Read an unrolled picture and its mask.

    Raises ValueError that names the file and what is wrong with it.
    """
    picture = cv2.imread(str(surface), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise ValueError(f"`surface` {surface} is not a picture that can be read; give an RGB PNG")
    if rust_mask is None:
        return PaintedSurface(np.asarray(picture, dtype=np.uint8), None)
    mask = read_mask(rust_mask)
    if mask.shape != picture.shape[:2]:
        raise ValueError(
            f"`rust_mask` {rust_mask} is {mask.shape[1]} x {mask.shape[0]} pixels and `surface` {surface} is "
            f"{picture.shape[1]} x {picture.shape[0]}; give both at one size"
        )
    return PaintedSurface(np.asarray(picture, dtype=np.uint8), mask)


def read_mask(path: Path) -> npt.NDArray[np.uint8]:
    """Read a mask of one channel: 0 and 1, or 0 and 255; a palette PNG by its indices. Returns 0 and 1.

    Raises ValueError that names the file and the value that is neither.
    """
    values = _channel(path)
    found = np.flatnonzero(np.bincount(values.ravel(), minlength=256))
    wrong = [int(value) for value in found if value not in (0, 1, 255)]
    if wrong or {1, 255} <= {int(value) for value in found}:
        shown = ", ".join(str(value) for value in (wrong or [1, 255])[:5])
        raise ValueError(f"`rust_mask` {path} holds the value {shown}; use 0 = not rust and 1 (or 255) = rust alone")
    return (values > 0).astype(np.uint8)


def _channel(path: Path) -> npt.NDArray[np.uint8]:
    """Read one channel of bytes, from a grey, two-tone or palette picture."""
    try:
        with Picture.open(path) as opened:
            if opened.mode not in ("1", "L", "P"):
                raise ValueError(f"`rust_mask` {path} has mode {opened.mode}; save it with one 8 bit channel")
            return np.asarray(opened).astype(np.uint8)
    except OSError:
        raise ValueError(f"`rust_mask` {path} is not a picture that can be read; give a PNG of one channel") from None
