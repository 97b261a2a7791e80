"""What a labelling tool says of one photograph, and how outlines become pixels.

A pixel belongs to an outline when its centre does (even-odd): areas are neither thickened nor thinned by the drawing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.bool_]
"""Shape (height_px, width_px)."""

Outline = npt.NDArray[np.float64]
"""Corners (n, 2), x and y in pixels; the centre of the first pixel is (0.5, 0.5)."""


class BadEntry(ValueError):
    """One annotation is wrong; the message says which and why, and its photograph is left out."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An area with a label: outlines (their union) or pixels."""

    label: str
    outlines: tuple[Outline, ...] = ()
    pixels: Bits | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One photograph of a source; later shapes lie on top of earlier ones."""

    where: str
    """File and entry, for messages."""
    name: str
    """Path of the photograph as the source gives it, with / between folders."""
    image: Path
    size: tuple[int, int] | None
    """Width and height as the source claims them; None when it does not say."""
    shapes: tuple[Shape, ...]
    split: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What was left out, and why."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Source:
    """A file or folder of a labelling tool, read."""

    labels: tuple[str, ...]
    """As it declares them, background left out."""
    entries: Iterator[Entry | Problem]


def outline(where: str, numbers: list[float]) -> Outline:
    """Turn x, y, x, y ... into corners; BadEntry with fewer than three or with numbers that are none."""
    try:
        corners = np.array(numbers, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadEntry(f"{where}: coordinates are not all numbers") from None
    if corners.ndim != 1 or len(corners) % 2 or len(corners) < 6:
        raise BadEntry(f"{where}: an outline needs an even number of at least 6 coordinates, here are {corners.size}")
    if not np.isfinite(corners).all():
        raise BadEntry(f"{where}: a coordinate is not finite")
    return corners.reshape(-1, 2)


def filled(outlines: tuple[Outline, ...], size: tuple[int, int]) -> Bits:
    """Return the union of outlines as pixels; `size` is width and height."""
    union = np.zeros((size[1], size[0]), dtype=np.bool_)
    for each in outlines:
        union |= _inside(each, size)
    return union


def _inside(corners: Outline, size: tuple[int, int]) -> Bits:
    """Flip everything to the right of each edge, row by row: what is flipped an odd number of times is inside."""
    width, height = size
    flips = np.zeros((height, width + 1), dtype=np.bool_)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        low, high = sorted((y0, y1))
        rows = np.arange(max(0, np.ceil(low - 0.5)), min(height, np.ceil(high - 0.5)), dtype=np.intp)
        if len(rows):
            across = x0 + (rows + 0.5 - y0) * (x1 - x0) / (y1 - y0)
            columns = np.clip(np.ceil(across - 0.5), 0, width).astype(np.intp)
            flips[rows, columns] ^= True
    return np.logical_xor.accumulate(flips, axis=1)[:, :width]


def painted(entry: Entry, values: dict[str, int], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Return the mask of an entry, (height, width) of `size` (width, height); BadEntry says what does not fit."""
    mask = np.zeros((size[1], size[0]), dtype=np.uint8)
    for number, shape in enumerate(entry.shapes, start=1):
        pixels = filled(shape.outlines, size) if shape.pixels is None else shape.pixels
        if pixels.shape != mask.shape:
            raise BadEntry(
                f"shape {number} ({shape.label}) is {_by(pixels.shape)} pixels, the photograph {_by(mask.shape)}"
            )
        if shape.pixels is None and _outside(shape.outlines, size):
            raise BadEntry(f"shape {number} ({shape.label}) lies outside the photograph of {_by(mask.shape)} pixels")
        mask[pixels] = values[shape.label]
    return mask


def _outside(outlines: tuple[Outline, ...], size: tuple[int, int]) -> bool:
    corners = np.concatenate(outlines) if outlines else np.zeros((1, 2))
    return bool((corners.max(axis=0) < 0).any() or (corners.min(axis=0) > np.array(size)).any())


def _by(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} x {shape[0]}"
