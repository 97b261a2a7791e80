"""Rust as it grows on a shaft: patches, drips, freckles and pinpoints, along seams, joints and base.

A field says how readily each surface element rusts; a threshold at the right quantile gives the asked-for
true-area fraction exactly, so that the truth of a painted pole is known by construction.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.render_noise import Field, fractal, noise, tiled
from vision.types import Image

RUST_TILES = ("rust_000", "rust_001", "rust_003", "rust_005", "rust_006", "rust_007")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The unrolled sheet that is painted: its size, scale and the true area of each of its elements."""

    rows: int
    columns: int
    mm_per_px: float
    area: Field
    """Shape (rows, columns) or broadcastable to it, any unit."""
    seams: tuple[tuple[int, int, int], ...]
    """Weld lines: first row, row after the last, column."""
    joints: tuple[int, ...]
    """Rows of the slip joints."""


def rust_field(rng: np.random.Generator, sheet: Sheet) -> Field:
    """Return how readily each element rusts; only its order matters."""
    size, mm = (sheet.rows, sheet.columns), sheet.mm_per_px
    field = fractal(rng, size, (180 / mm, 120 / mm)) * np.float32(0.25)
    _patches(rng, sheet, field)
    _freckles(rng, sheet, field)
    field += noise(rng, size, (9 / mm, 7 / mm)) * np.float32(0.12)
    field += rng.standard_normal(size, dtype=np.float32) * np.float32(0.04)
    return field


def threshold(field: Field, sheet: Sheet, fraction: float) -> float:
    """Return the value that leaves `fraction` of the true area above it."""
    low, high = float(field.min()), float(field.max())
    weights = np.broadcast_to(sheet.area, field.shape)
    counts, edges = np.histogram(field, bins=20000, range=(low, high), weights=weights)
    above = np.cumsum(counts[::-1])[::-1] / counts.sum()
    return float(np.interp(fraction, above[::-1], edges[:-1][::-1])) if fraction > 0 else high + 1


def _patches(rng: np.random.Generator, sheet: Sheet, field: Field) -> None:
    """Raise the field in ragged patches with drips below them."""
    count = int(rng.integers(6, 16) * max(1, sheet.rows * sheet.mm_per_px / 6000))
    for _ in range(count):
        row, column = _place(rng, sheet)
        radius = float(rng.lognormal(np.log(28), 0.7)) / sheet.mm_per_px
        _raise(field, row, column, radius * rng.uniform(0.8, 2), radius, rng.uniform(0.8, 2.2))
        for _ in range(int(rng.integers(0, 5))):
            run = radius * rng.uniform(1, 6)
            start = column + rng.normal(0, radius * 0.5)
            _raise(
                field,
                row + run * 0.8,
                start,
                run,
                max(radius * 0.1, 2.5 / sheet.mm_per_px),
                rng.uniform(0.6, 1.6),
            )


def _place(rng: np.random.Generator, sheet: Sheet) -> tuple[float, float]:
    """Rust prefers joints, welds and the base; some is anywhere."""
    column = rng.uniform(0, sheet.columns)
    kind = rng.random()
    if kind < 0.25 and sheet.joints:
        return float(rng.choice(sheet.joints)) + abs(rng.normal(0, 25 / sheet.mm_per_px)), column
    if kind < 0.45 and sheet.seams:
        first, last, seam = sheet.seams[int(rng.integers(len(sheet.seams)))]
        return rng.uniform(first, last), seam + rng.normal(0, 8 / sheet.mm_per_px)
    if kind < 0.6:
        return sheet.rows - abs(rng.normal(0, 300 / sheet.mm_per_px)), column
    return rng.uniform(0, sheet.rows), column


def _raise(field: Field, row: float, column: float, tall: float, wide: float, height: float) -> None:
    """Add an elliptical hill that wraps in azimuth."""
    top, bottom = max(0, int(row - 2.5 * tall)), min(field.shape[0], int(row + 2.5 * tall) + 1)
    if top >= bottom:
        return
    half = min(int(2.5 * wide) + 1, field.shape[1] // 2 - 1)
    columns = np.arange(int(column) - half, int(column) + half + 1)
    down = np.exp(-(((np.arange(top, bottom) - row) / tall) ** 2)).astype(np.float32)
    across = np.exp(-(((columns - column) / wide) ** 2)).astype(np.float32)
    field[top:bottom, columns % field.shape[1]] += np.float32(height) * down[:, None] * across


def _freckles(rng: np.random.Generator, sheet: Sheet, field: Field) -> None:
    """Add specks of one to six millimetres in a few clouds."""
    size = field.shape
    share = rng.uniform(0.0002, 0.003) * sheet.mm_per_px**2 / 4
    specks = np.zeros(size, dtype=np.float32)
    count = max(1, int(share * field.size))
    row, column = rng.integers(0, size[0], count), rng.integers(0, size[1], count)
    specks[row, column] = rng.uniform(4, 16, count)
    specks = cv2.GaussianBlur(specks, (0, 0), rng.uniform(1.2, 2.5) / sheet.mm_per_px, borderType=cv2.BORDER_REFLECT)
    clouds = noise(rng, size, (900 / sheet.mm_per_px, 250 / sheet.mm_per_px))
    field += specks * np.clip(clouds, 0.05, 1.5)


def paint_rust(rng: np.random.Generator, picture: Image, field: Field, level: float) -> npt.NDArray[np.uint8]:
    """Paint rust where the field is above `level`, a faint stain just outside; return the truth, 0 or 1."""
    depth = field - np.float32(level)
    row, column = np.nonzero(depth > -0.12)
    inside = depth[row, column]
    colour = _rust_colour(rng, row, column, inside)
    cover = np.clip(inside / 0.12 + 0.62, 0, 1) ** 2 * (inside > 0) + 0.22 * np.clip(inside / 0.12 + 1, 0, 1) * (
        inside <= 0
    )
    cover = cover.astype(np.float32)[:, None]
    picture[row, column] = (picture[row, column] * (1 - cover) + colour * cover).astype(np.uint8)
    return (depth > 0).astype(np.uint8)


def _rust_colour(
    rng: np.random.Generator, row: npt.NDArray[np.intp], column: npt.NDArray[np.intp], depth: Field
) -> Field:
    """Dark brown where rust is old and deep, orange at its young edges, textured by two tiles."""
    first, second = rng.choice(RUST_TILES, 2, replace=False)
    texture = 0.5 * tiled(str(first), row, column, 1.0) + 0.5 * tiled(str(second), row, column, 1.7)
    young, old = np.array([176, 96, 44]), np.array([92, 52, 34])
    share = np.clip(depth / rng.uniform(0.4, 1.2), 0, 1)[:, None]
    tone = young * (1 - share) + old * share
    mixed = 0.5 * texture + 0.5 * tone
    grain = 1 + 0.12 * rng.standard_normal((len(row), 1), dtype=np.float32)
    return np.asarray(np.clip(mixed * grain * rng.uniform(0.8, 1.15), 0, 255), dtype=np.float32)
