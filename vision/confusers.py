"""What fools a model: false alarms on rust-free texture tiles by material, and on made pictures."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vision.confusers_made import MADE
from vision.gradability import no_steel_reason
from vision.segmenter import Segmenter
from vision.types import Image

RUSTY = ("Rust", "Metal")
"""Materials that hold rust: no negatives."""

RUSTED_BARS = frozenset(f"Concrete_{number:03}" for number in (36, 37, 38, 40, 41, 42, 44, 45, 46))
"""Tiles of ambientCG's concrete in which rusted reinforcement lies bare: neither negatives nor sound surfaces."""

PICTURE_PX = 384
"""A picture holds a tile of 128 pixels twice each way, enlarged to this side."""


NO_TILES = "{} holds no folders of texture tiles (MATERIAL/*.png)"


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Of one material."""

    material: str
    pictures: int
    pixels: int
    false_positives: int
    refused: int
    """Pictures of which the model says that they show no steel."""

    @property
    def false_positive_rate(self) -> float:
        """Share of pixels called rust."""
        return self.false_positives / max(1, self.pixels)


COUNTS = ("pictures", "pixels", "false_positives", "refused")

PICTURES = 24
"""Of each kind of made picture."""


def false_alarms(segmenter: Segmenter, root: Path) -> Iterator[FalseAlarms]:
    """Measure each rust-free material of a folder of tiles (MATERIAL/*.png), all together, then made pictures.

    Of tiles that do hold rust, bare rusted bars or rust all over, the share called rust follows too, which is no false
    alarm. ValueError without tiles.
    """
    tiles = {folder.name: _read(folder) for folder in sorted(root.iterdir()) if _negative(folder)}
    if not tiles:
        raise ValueError(NO_TILES.format(root))
    rows = [_measured(segmenter, name, map(_enlarged, each)) for name, each in tiles.items()]
    yield from rows
    yield FalseAlarms("all", *(sum(getattr(row, count) for row in rows) for count in COUNTS))
    paths = sorted(root.glob("*/*.png"))
    bars, rust = ([p for p in paths if p.stem in RUSTED_BARS], [p for p in paths if p.parent.name == "Rust"])
    for name, rusty in (("with rusted bars", bars), ("rust that fills the frame", rust)):
        if rusty:
            yield _measured(segmenter, name, map(_enlarged, map(_tile, rusty)))
    for number, (name, make) in enumerate(MADE.items()):
        made = (make(np.random.default_rng([number, index]), tiles) for index in range(PICTURES))
        yield _measured(segmenter, f"made: {name}", made)


def _negative(folder: Path) -> bool:
    if not folder.is_dir() or folder.name in RUSTY:
        return False
    return any(path.stem not in RUSTED_BARS for path in folder.glob("*.png"))


def tile_pictures(root: Path) -> Iterator[tuple[str, Image]]:
    """Return material and picture of every rust-free tile, read as they are asked for.

    ValueError without tiles, at once, and for a tile that cannot be read.
    """
    folders = sorted(filter(_negative, root.iterdir()))
    if not folders:
        raise ValueError(NO_TILES.format(root))
    return ((folder.name, _enlarged(tile)) for folder in folders for tile in _read(folder))


def _read(folder: Path) -> list[Image]:
    return [_tile(path) for path in sorted(folder.glob("*.png")) if path.stem not in RUSTED_BARS]


def _tile(path: Path) -> Image:
    tile = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if tile is None:
        raise ValueError(f"{path} is no readable tile")
    return np.asarray(tile, dtype=np.uint8)


def _enlarged(tile: Image) -> Image:
    return np.asarray(cv2.resize(np.tile(tile, (2, 2, 1)), (PICTURE_PX, PICTURE_PX)), dtype=np.uint8)


def _measured(segmenter: Segmenter, material: str, pictures: Iterable[Image]) -> FalseAlarms:
    number = pixels = found = refused = 0
    for picture in pictures:
        mask = segmenter.segment(picture)
        number, pixels, found = number + 1, pixels + mask.label.size, found + int(mask.label.sum())
        refused += no_steel_reason(mask.steel, segmenter.card.steel) is not None
    return FalseAlarms(material, number, pixels, found, refused)
