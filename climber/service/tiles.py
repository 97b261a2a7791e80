"""Unrolled pictures in tiles, so that a whole pole at full resolution can be looked at piece by piece.

All tiles of a picture are cut once, each level from the one below at half its size; after that, requests read files.
Tiles are 512 pixels square, smaller at the right and lower edges. Row 0 is the top of the pole.
"""

import secrets
import shutil
from pathlib import Path

from PIL import Image

from climber.service.previews import Kind, overlay, shares

TILE_PX = 512
MOST_LEVELS = 12


def levels_of(width_px: int, height_px: int) -> list[tuple[int, int]]:
    """Return the size of each level, smallest first; the smallest fits into one tile, halves are rounded up."""
    sizes = [(width_px, height_px)]
    while max(sizes[0]) > TILE_PX:
        width, height = sizes[0]
        sizes.insert(0, ((width + 1) // 2, (height + 1) // 2))
    return sizes


def tile(folder: Path, blob: Path, kind: Kind, place: tuple[int, int, int]) -> Path | None:
    """Return the file of tile (level, column, row), or None where the picture has none; cuts them when first asked."""
    level, column, row = place
    found = cut(folder, blob, kind) / f"{level}-{column}-{row}.{_suffix(kind)}"
    return found if found.exists() else None


def prepared(folder: Path, blob: Path, kind: Kind) -> bool:
    """Tell whether a picture's tiles are cut already."""
    return _home(folder, blob, kind).exists()


def cut(folder: Path, blob: Path, kind: Kind) -> Path:
    """Return the folder of a picture's tiles, cut now if they are not there: a reader sees all tiles or none."""
    home = _home(folder, blob, kind)
    if home.exists():
        return home
    unfinished = home.with_name(f".{secrets.token_hex(8)}")
    unfinished.mkdir(parents=True)
    try:
        with Image.open(blob) as image:
            planes = [image.convert("RGB")] if kind == "surface" else shares(image, kind)
        for level, size in reversed(list(enumerate(levels_of(*planes[0].size)))):
            planes = [plane if plane.size == size else plane.resize(size, Image.Resampling.BOX) for plane in planes]
            _cut_level(unfinished, planes, kind, level)
        _put(unfinished, home)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return home


def _home(folder: Path, blob: Path, kind: Kind) -> Path:
    return folder / f"{blob.name}-{kind}-tiles"


def _put(unfinished: Path, home: Path) -> None:
    try:
        unfinished.rename(home)
    except OSError:  # another process of the service was faster
        if not home.exists():
            raise


def _cut_level(folder: Path, planes: list[Image.Image], kind: Kind, level: int) -> None:
    width, height = planes[0].size
    for top in range(0, height, TILE_PX):
        for left in range(0, width, TILE_PX):
            box = (left, top, min(left + TILE_PX, width), min(top + TILE_PX, height))
            pieces = [plane.crop(box) for plane in planes]
            piece = pieces[0] if kind == "surface" else overlay(pieces, kind)
            piece.save(
                folder / f"{level}-{left // TILE_PX}-{top // TILE_PX}.{_suffix(kind)}", quality=85, compress_level=1
            )


def _suffix(kind: Kind) -> str:
    return "jpg" if kind == "surface" else "png"
