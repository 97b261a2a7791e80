"""From coarse to fine: the answer at half scale everywhere, at full scale only where that one does not rule rust out.

The half-scale pass costs a fifth of both. On a pole's photograph little is left for the other one; in a picture full of
rust everything is, and the cost is what it would be without. Where both answer, their mean counts.
"""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import numpy.typing as npt

from vision.preprocess import Tile, enlarged, parts, tiles
from vision.types import Image

Field = npt.NDArray[np.float32]
Scale = Callable[[Image], Field]
"""A picture (h, w, 3), sides multiples of 64, to uncalibrated logits: (planes, h / 4, w / 4) or (h / 2, w / 2)."""

NO_RUST = -3.9
"""Logit at half scale, before calibration, below which there is no rust: a probability of 0.02 (0.05 calibrated)."""

NEAR = np.ones((5, 5), dtype=np.uint8)
"""What lies within two elements (8 pixels) of possible rust is looked at too."""

COARSE_PX = 1920
"""Longest side of a picture that the half-scale pass takes in one piece: it needs no more memory than a tile."""

CELL_PX = 192
"""Side of the parts that are looked at by themselves; a part that keeps less than its 128 pixels may be smaller."""


def at_half_scale(image: Image, coarse: Scale) -> Field:
    """Return what the half-scale pass says of a picture with sides multiples of 64, (planes, h / 4, w / 4)."""
    read = [(tile.shrunk(4), coarse(image[tile.read])) for tile in tiles(image.shape[0], image.shape[1], COARSE_PX)]
    small = np.empty((len(read[0][1]), image.shape[0] // 4, image.shape[1] // 4), dtype=np.float32)
    for quarter, answer in read:
        small[(slice(None), *quarter.keep)] = quarter.kept(answer)
    return small


def rust_logit(image: Image, small: Field, fine: Scale) -> Field:
    """Return logits of rust (h / 2, w / 2) from those at half scale (h / 4, w / 4); all uncalibrated."""
    size = image.shape[0], image.shape[1]
    logit = enlarged(small)
    for tile in doubtful(small, size):
        half = tile.shrunk(2)
        logit[half.keep] = (logit[half.keep] + half.kept(fine(image[tile.read]))) / 2
    return logit


def doubtful(small: Field, size_px: tuple[int, int]) -> Iterator[Tile]:
    """Choose what the full scale looks at, from the logits at half scale: cells, or tiles where cells cost more."""
    hot = cv2.dilate((small >= NO_RUST).astype(np.uint8), NEAR)
    for tile in tiles(*size_px):
        cells = [cell for cell in parts(tile.keep, size_px, CELL_PX) if hot[cell.shrunk(4).keep].any()]
        yield from cells if sum(cell.cost_px for cell in cells) < tile.cost_px else [tile]
