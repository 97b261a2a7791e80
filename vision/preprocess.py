"""From a photograph to what the network takes, and back: one code for training's checks and for inference.

Colour order (RGB) and scaling ((x - 128) / 128) are inside the exported graph; here is only the geometry.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import Image

Number = TypeVar("Number", bound=np.generic)

STRIDE = 64
"""The network takes heights and widths that are multiples of this."""

TILE_PX = 768
"""Longest side that is put through the network at once: bounds memory, and larger gains nothing."""

OVERLAP_PX = 64
"""Neighbouring tiles share at least this much; each keeps its half, away from its own border."""

GRID_PX = 4
"""Tiles begin and are cut at multiples of this, so that they fit pictures of a half and of a quarter of the size."""

Place = tuple[slice, slice]
"""Rows and columns."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a picture: what is read, and the smaller part whose answer is kept."""

    read: Place
    """Sides are multiples of STRIDE."""
    keep: Place
    """In the picture, not in the part."""

    def kept(self, answer: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """Cut the kept part out of the answer for the read part, (..., rows, columns)."""
        rows, columns = (slice(k.start - r.start, k.stop - r.start) for r, k in zip(self.read, self.keep, strict=True))
        return answer[..., rows, columns]

    def shrunk(self, times: int) -> "Tile":
        """Return the same part of a picture so many times smaller."""
        read, keep = (
            (slice(rows.start // times, rows.stop // times), slice(columns.start // times, columns.stop // times))
            for rows, columns in (self.read, self.keep)
        )
        return Tile(read, keep)

    @property
    def cost_px(self) -> int:
        """Pixels that are read."""
        rows, columns = self.read
        return int((rows.stop - rows.start) * (columns.stop - columns.start))


def tiles(height_px: int, width_px: int, longest_px: int = TILE_PX) -> Iterator[Tile]:
    """Cover a picture, sides multiples of STRIDE, by few tiles; what they keep meets without gap or overlap."""
    return parts((slice(0, height_px), slice(0, width_px)), (height_px, width_px), longest_px)


def parts(place: Place, size_px: tuple[int, int], longest_px: int) -> Iterator[Tile]:
    """Cover a place within a picture of `size_px` by few tiles with sides of at most `longest_px`."""
    rows, columns = (_spans(part, size, longest_px) for part, size in zip(place, size_px, strict=True))
    for read_rows, keep_rows in rows:
        for read_columns, keep_columns in columns:
            yield Tile((read_rows, read_columns), (keep_rows, keep_columns))


def _spans(part: slice, size: int, longest: int) -> list[tuple[slice, slice]]:
    """Split a length: what is read and what is kept of it."""
    length = part.stop - part.start
    count = 1 if size <= longest else ceil(length / (longest - OVERLAP_PX))
    cuts = [part.start + GRID_PX * round(length * index / count / GRID_PX) for index in range(count + 1)]
    return [(_widened(start, stop, size), slice(start, stop)) for start, stop in itertools.pairwise(cuts)]


def _widened(start: int, stop: int, size: int) -> slice:
    """Add half an OVERLAP_PX on both sides, then whatever a multiple of STRIDE wants, all within the picture."""
    half = OVERLAP_PX // 2
    start, stop = max(0, start - half), min(size, stop + half)
    length = STRIDE * ceil((stop - start) / STRIDE)
    start = min(start, size - length)
    return slice(start, start + length)


def enlarged(field: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Double height and width of a field (h, w), as the network does it."""
    return np.asarray(cv2.resize(field, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def probability_of(logit: npt.NDArray[np.float32], temperature: float = 1.0) -> npt.NDArray[np.float32]:
    """Enlarge logits (h / 2, w / 2) to the picture's size and turn them into calibrated probabilities, (h, w)."""
    whole = enlarged(logit * np.float32(-1 / temperature))
    odds = cv2.exp(whole, dst=whole)
    return np.asarray(np.reciprocal(np.add(odds, 1, out=whole), out=whole), dtype=np.float32)


def padded(image: Image) -> Image:
    """Continue a picture to the right and below, mirrored, to multiples of STRIDE; returns (1, h, w, 3)."""
    down, right = -image.shape[0] % STRIDE, -image.shape[1] % STRIDE
    if down or right:
        how = cv2.BORDER_REFLECT if min(image.shape[:2]) >= STRIDE else cv2.BORDER_REPLICATE
        image = np.asarray(cv2.copyMakeBorder(image, 0, down, 0, right, how), dtype=np.uint8)
    return np.ascontiguousarray(image)[None]
