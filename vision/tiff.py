"""The map as tiled TIFF with overviews: the format that GDAL, QGIS, ImageJ and slide viewers open at any size.

A viewer reads only the tiles of the piece and the scale it shows; a PNG of 150 Mpx must be decoded from its first
row. Written tile by tile, so that no second copy of the map is in memory.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import tifffile

from vision.coverage import State
from vision.surface import HALF, SurfaceMap
from vision.types import Image

TILE_PX = 256
CLASSES = ("not seen", "not rust", "rust", "not gradable")
"""Bytes of the fourth channel: 0, 1, 2, 3."""


def write_tiff(path: Path, surface: SurfaceMap) -> None:
    """Write red, green, blue and a class channel, tiled, with overviews down to one tile.

    Metadata says the scale, the layout and the classes.
    """
    levels = max(1, math.ceil(math.log2(max(surface.rows, surface.columns) / TILE_PX)) + 1)
    about = (
        f"highmast pole map; row 0 = top, columns = azimuth 0 to 360 degrees clockwise seen from above; "
        f"height {surface.shape.height_m} m, {surface.mm_per_px} mm per pixel at the base; channel 4: "
        + ", ".join(f"{index} = {name}" for index, name in enumerate(CLASSES))
    )
    with tifffile.TiffWriter(path, bigtiff=True) as out:
        for level in range(levels):
            rows, columns = _size(surface, level)
            out.write(
                _tiles(surface, level),
                shape=(rows, columns, 4),
                dtype=np.uint8,
                tile=(TILE_PX, TILE_PX),
                photometric="rgb",
                extrasamples=("unspecified",),
                compression="zlib",
                subifds=levels - 1 if level == 0 else None,
                subfiletype=1 if level else 0,
                description=about if level == 0 else None,
                metadata=None,
                resolution=(10 / surface.mm_per_px / 2**level,) * 2,
                resolutionunit="CENTIMETER",
            )


def _size(surface: SurfaceMap, level: int) -> tuple[int, int]:
    return max(1, surface.rows >> level), max(1, surface.columns >> level)


def _tiles(surface: SurfaceMap, level: int) -> Iterator[Image]:
    """Yield the tiles of one level in rows, padded with zeros at the edges."""
    rows, columns = _size(surface, level)
    for top in range(0, rows, TILE_PX):
        strip = _strip(surface, level, top, min(top + TILE_PX, rows), columns)
        for left in range(0, columns, TILE_PX):
            piece = strip[:, left : left + TILE_PX]
            tile = np.zeros((TILE_PX, TILE_PX, 4), dtype=np.uint8)
            tile[: piece.shape[0], : piece.shape[1]] = piece
            yield tile


def _strip(surface: SurfaceMap, level: int, top: int, bottom: int, columns: int) -> Image:
    """Rows `top` to `bottom` of a level: colour averaged, of classes the one that matters most (rust last)."""
    fine = slice(top << level, min(bottom << level, surface.rows))
    size = (columns, bottom - top)
    colour = cv2.resize(surface.colour[fine], size, interpolation=cv2.INTER_AREA)
    kinds = _classes(surface, fine)[: (bottom - top) << level, : columns << level]
    worst = np.zeros((bottom - top, columns), dtype=np.uint8)
    for kind in (1, 3, 2):
        there = cv2.resize((kinds == kind).astype(np.float32), size, interpolation=cv2.INTER_AREA)
        worst[there > 0] = kind
    return np.concatenate([colour, worst[..., None]], axis=2)


def _classes(surface: SurfaceMap, rows: slice) -> Image:
    state = surface.state[rows]
    kinds = np.where(state == State.NOT_SEEN, 0, 3)
    kinds[state == State.SEEN] = 1
    kinds[(state == State.SEEN) & (surface.rust[rows] >= HALF)] = 2
    return kinds.astype(np.uint8)
