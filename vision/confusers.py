"""What fools a model: false alarms on rust-free texture tiles, by material."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vision.segmenter import Segmenter
from vision.types import Image

RUSTY = ("Rust", "Metal")
"""Materials that hold rust: no negatives."""

PICTURE_PX = 384
"""A picture holds a tile of 128 pixels twice each way, enlarged to this side."""


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Of one material."""

    material: str
    pictures: int
    pixels: int
    false_positives: int

    @property
    def false_positive_rate(self) -> float:
        """Share of pixels called rust."""
        return self.false_positives / max(1, self.pixels)


def false_alarms(segmenter: Segmenter, root: Path) -> Iterator[FalseAlarms]:
    """Measure each rust-free material of a folder of tiles (MATERIAL/*.png), then all together.

    Raises ValueError when there are none.
    """
    rows = [_measured(segmenter, folder) for folder in sorted(root.iterdir()) if _negative(folder)]
    if not rows:
        raise ValueError(f"{root} holds no folders of texture tiles (MATERIAL/*.png)")
    yield from rows
    yield FalseAlarms(
        "all", sum(r.pictures for r in rows), sum(r.pixels for r in rows), sum(r.false_positives for r in rows)
    )


def _negative(folder: Path) -> bool:
    return folder.is_dir() and folder.name not in RUSTY and any(folder.glob("*.png"))


def tile_pictures(root: Path) -> Iterator[tuple[str, Image]]:
    """Yield material and picture of every rust-free tile; ValueError names a tile that cannot be read."""
    for folder in sorted(root.iterdir()):
        if _negative(folder):
            yield from ((folder.name, _picture(path)) for path in sorted(folder.glob("*.png")))


def _picture(path: Path) -> Image:
    tile = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if tile is None:
        raise ValueError(f"{path} is no readable tile")
    return np.asarray(cv2.resize(np.tile(tile, (2, 2, 1)), (PICTURE_PX, PICTURE_PX)), dtype=np.uint8)


def _measured(segmenter: Segmenter, folder: Path) -> FalseAlarms:
    pictures = pixels = found = 0
    for path in sorted(folder.glob("*.png")):
        label = segmenter.segment(_picture(path)).label
        pictures, pixels, found = pictures + 1, pixels + label.size, found + int(label.sum())
    return FalseAlarms(folder.name, pictures, pixels, found)
