"""Photographs that look the same, though not byte for byte: scaled, recompressed, mirrored or turned copies.

A fingerprint is the signs of the low frequencies of a small grey picture (a perceptual hash of 255 bits), taken of
local contrast, so that a common layout (a pole before the sky) does not make two photographs alike.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vision.photograph import read_photograph

SIDE = 64
FREQUENCIES = 16
ALIKE = 0.5
"""Correlation of two fingerprints, -1 to 1, from which photographs are called the same.

Of 956 outdoor photographs, one pair in ten thousand of different ones exceeds 0.29.
"""

BLOCK = 512

Prints = npt.NDArray[np.float32]
"""Signs, (photographs, 255), each row of unit length."""


def fingerprint(path: Path) -> npt.NDArray[np.float32]:
    """Return the fingerprints of a photograph as it is and turned or mirrored, (8, 255); PhotographError as reading."""
    grey = cv2.cvtColor(read_photograph(path), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    local = small - cv2.GaussianBlur(small, (0, 0), SIDE / 8)
    turned = [np.rot90(each, quarter) for each in (local, local[:, ::-1]) for quarter in range(4)]
    return np.stack([_signs(np.ascontiguousarray(each)) for each in turned])


def _signs(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    low = np.asarray(cv2.dct(picture))[:FREQUENCIES, :FREQUENCIES].ravel()[1:]
    return np.asarray(np.sign(low) / np.sqrt(low.size), dtype=np.float32)


def alike(prints: list[npt.NDArray[np.float32]]) -> Iterator[tuple[int, int]]:
    """Yield pairs of photographs (first < second) that look the same in any of the eight positions."""
    if not prints:
        return
    upright = np.stack([each[0] for each in prints])
    turned = np.concatenate(prints)
    for start in range(0, len(upright), BLOCK):
        near = upright[start : start + BLOCK] @ turned.T
        best = near.reshape(len(near), len(prints), 8).max(axis=2)
        for first, second in np.argwhere(best >= ALIKE):
            if start + first < second:
                yield int(start + first), int(second)
