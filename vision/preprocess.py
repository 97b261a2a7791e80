"""From a photograph to what the network takes, and back: one code for training's checks and for inference.

Colour order (RGB) and scaling ((x - 128) / 128) are inside the exported graph; here is only the geometry.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import Image

STRIDE = 64
"""The network takes heights and widths that are multiples of this."""

TILE_PX = 736
"""Longest side that is put through the network at once: bounds memory, and larger gains nothing."""

OVERLAP_PX = 64
"""Neighbouring tiles share this much; each keeps its half, away from its own border."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a photograph: what is read, and the smaller part whose answer is kept."""

    read: tuple[slice, slice]
    keep: tuple[slice, slice]
    """In the photograph."""

    def kept(self, answer: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Cut the kept part out of the answer for the read part."""
        rows, columns = (slice(k.start - r.start, k.stop - r.start) for r, k in zip(self.read, self.keep, strict=True))
        return answer[rows, columns]


def tiles(height_px: int, width_px: int) -> Iterator[Tile]:
    """Cover a photograph by the fewest tiles of equal size; their kept parts meet without gap or overlap."""
    for top, bottom, first, last in _spans(height_px):
        for left, right, begin, end in _spans(width_px):
            yield Tile((slice(top, bottom), slice(left, right)), (slice(first, last), slice(begin, end)))


def _spans(size: int) -> list[tuple[int, int, int, int]]:
    """Split a length: start and stop of what is read, start and stop of what is kept."""
    count = 1 if size <= TILE_PX else ceil((size - OVERLAP_PX) / (TILE_PX - OVERLAP_PX))
    cuts = [round(size * index / count) for index in range(count + 1)]
    half = OVERLAP_PX // 2
    return [(max(0, start - half), min(size, stop + half), start, stop) for start, stop in itertools.pairwise(cuts)]


def probability_of(logit: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Enlarge logits (1, h / 2, w / 2) to the picture's size and turn them into probabilities, (1, h, w)."""
    whole = cv2.resize(logit[0], None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    odds = cv2.exp(np.negative(whole, out=whole), dst=whole)
    return np.asarray(np.reciprocal(np.add(odds, 1, out=whole), out=whole), dtype=np.float32)[None]


def padded(image: Image) -> Image:
    """Continue a picture to the right and below, mirrored, to multiples of STRIDE; returns (1, h, w, 3)."""
    down, right = -image.shape[0] % STRIDE, -image.shape[1] % STRIDE
    if down or right:
        how = cv2.BORDER_REFLECT if min(image.shape[:2]) >= STRIDE else cv2.BORDER_REPLICATE
        image = np.asarray(cv2.copyMakeBorder(image, 0, down, 0, right, how), dtype=np.uint8)
    return np.ascontiguousarray(image)[None]
