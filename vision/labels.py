"""Photographs with rust masks on disk: `index.csv`, label maps, corrections."""

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import Image

RustMask = npt.NDArray[np.uint8]
"""0 = not rust, 1 = rust, shape (height_px, width_px)."""

LOWEST_RUST = {"condition-states": 2}
"""Lowest label that is rust, by set; 1 elsewhere. Condition state 1 (fair) is mostly sound paint."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A photograph and its mask."""

    set: str
    name: str
    split: str
    image: Path
    mask: Path


def read_index(root: Path) -> list[Pair]:
    """Read `index.csv` (set, name, split) of a data set; raises ValueError naming a row whose files are missing."""
    index = root / "index.csv"
    if not index.is_file():
        raise ValueError(f"{index} is missing; give the folder that holds index.csv (columns set, name, split)")
    with index.open(newline="") as file:
        return [_pair(root, row["set"], row["name"], row["split"]) for row in csv.DictReader(file)]


def _pair(root: Path, set_name: str, name: str, split: str) -> Pair:
    images = [root / set_name / "images" / f"{name}{end}" for end in (".jpg", ".jpeg", ".png")]
    image = next((path for path in images if path.is_file()), None)
    mask = root / set_name / "masks" / f"{name}.png"
    if image is None or not mask.is_file():
        raise ValueError(f"{root / 'index.csv'} names {set_name}/{name}, but its image or mask is missing")
    return Pair(set_name, name, split, image, mask)


def read_pair(pair: Pair) -> tuple[Image, RustMask]:
    """Read a photograph (RGB) and its mask as 0 and 1; raises ValueError when they do not fit."""
    image = cv2.imread(str(pair.image), cv2.IMREAD_COLOR_RGB)
    mask = cv2.imread(str(pair.mask), cv2.IMREAD_UNCHANGED)
    if image is None or mask is None or mask.shape != image.shape[:2]:
        raise ValueError(f"{pair.image} and {pair.mask} cannot be read as a picture and a mask of the same size")
    rust = (mask >= LOWEST_RUST.get(pair.set, 1)).astype(np.uint8)
    return np.asarray(image, dtype=np.uint8), rust
