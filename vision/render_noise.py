"""Seamless noise and texture for painted surfaces: everything here wraps at azimuth 0/360."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import Image

Field = npt.NDArray[np.float32]
"""Shape (rows, columns) of an unrolled surface."""

TEXTURES = Path(__file__).parent / "textures"


@lru_cache(maxsize=32)
def tile(name: str) -> Image:
    """Load a texture tile by its file's stem, RGB (128, 128, 3)."""
    picture = cv2.imread(str(TEXTURES / f"{name}.jpg"))
    if picture is None:
        raise FileNotFoundError(f"{TEXTURES / name}.jpg is missing from the installation; install highmast again")
    return np.asarray(picture[..., ::-1], dtype=np.uint8)


def noise(rng: np.random.Generator, size: tuple[int, int], cell: tuple[float, float]) -> Field:
    """Smooth noise of about unit variance; `cell` is the grain in pixels, down and across."""
    rows, columns = size
    down = max(2, round(rows / cell[0]))
    across = max(3, round(columns / cell[1]))
    grid = rng.standard_normal((down, across), dtype=np.float32)
    ring = np.concatenate([grid[:, -2:], grid, grid[:, :2]], axis=1)
    wide = max(columns * (across + 4) // across, columns + 4)
    start = round(wide * 2 / (across + 4))
    smooth = cv2.resize(ring, (wide, rows), interpolation=cv2.INTER_CUBIC)
    return np.asarray(smooth[:, start : start + columns] * 1.3)


def fractal(rng: np.random.Generator, size: tuple[int, int], cell: tuple[float, float], octaves: int = 3) -> Field:
    """Sum of noise whose grain and weight halve with each octave."""
    total = noise(rng, size, cell)
    for octave in range(1, octaves):
        scale = 2.0**octave
        total += noise(rng, size, (cell[0] / scale, cell[1] / scale)) / np.float32(scale)
    return total


def tiled(name: str, row: npt.NDArray[np.intp], column: npt.NDArray[np.intp], zoom: float) -> Image:
    """Look a mirrored, repeating tile up at pixels, enlarged `zoom` times; returns (n, 3)."""
    picture = tile(name)
    side = picture.shape[0]
    mirrored = [
        np.abs((index / zoom).astype(np.intp) % (2 * side) - side + 0.5).astype(np.intp) for index in (row, column)
    ]
    return np.asarray(picture[np.minimum(mirrored[0], side - 1), np.minimum(mirrored[1], side - 1)])
