"""Unrolled pictures in tiles, so that a whole pole at full resolution can be looked at piece by piece.

The first request for a picture cuts all of its tiles, each level half the size of the one below; later ones read
files. Tiles are 512 pixels square, smaller at the right and lower edges.
"""

import secrets
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from climber.service.previews import Kind, layer

TILE_PX = 512
MOST_LEVELS = 12


def levels_of(width_px: int, height_px: int) -> list[tuple[int, int]]:
    """Return the size of each level, smallest first; the smallest fits into one tile."""
    sizes = [(width_px, height_px)]
    while max(sizes[0]) > TILE_PX:
        width, height = sizes[0]
        sizes.insert(0, (max(1, width // 2), max(1, height // 2)))
    return sizes


def tile(folder: Path, blob: Path, kind: Kind, place: tuple[int, int, int]) -> Path | None:
    """Return the file of tile (level, column, row), or None where the picture has none; cuts them when first asked."""
    home = folder / f"{blob.name}-{kind}-tiles"
    if not home.exists():
        _cut(home, blob, kind)
    level, column, row = place
    found = home / f"{level}-{column}-{row}.{_suffix(kind)}"
    return found if found.exists() else None


def _cut(home: Path, blob: Path, kind: Kind) -> None:
    """Cut into a folder of another name, then rename: a reader sees all tiles or none."""
    unfinished = home.with_name(f".{secrets.token_hex(8)}")
    unfinished.mkdir(parents=True)
    try:
        with Image.open(blob) as image:
            whole = image.convert("RGB") if kind == "surface" else Image.fromarray(np.asarray(image))
        for level, size in enumerate(levels_of(*whole.size)):
            _cut_level(unfinished, whole, kind, level, size)
        unfinished.rename(home)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _cut_level(folder: Path, whole: Image.Image, kind: Kind, level: int, size: tuple[int, int]) -> None:
    across, down = whole.width / size[0], whole.height / size[1]
    for top in range(0, size[1], TILE_PX):
        for left in range(0, size[0], TILE_PX):
            right, bottom = min(left + TILE_PX, size[0]), min(top + TILE_PX, size[1])
            box = (round(left * across), round(top * down), round(right * across), round(bottom * down))
            piece = layer(whole.crop(box), kind, (right - left, bottom - top))
            piece.save(folder / f"{level}-{left // TILE_PX}-{top // TILE_PX}.{_suffix(kind)}", quality=85)


def _suffix(kind: Kind) -> str:
    return "jpg" if kind == "surface" else "png"
