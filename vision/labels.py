"""Photographs with masks on disk: a data set folder (`dataset.toml`), or a bare `index.csv`."""

import csv
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vision.dataset.folder import FILE, read_dataset
from vision.dataset.formats.masks import mask_of
from vision.dataset.shapes import BadEntry
from vision.files import sha256_of
from vision.types import Image

RustMask = npt.NDArray[np.uint8]
"""0 = not rust, 1 = rust, shape (height_px, width_px)."""

ClassMask = npt.NDArray[np.uint8]
"""Values of the data set's label map, shape (height_px, width_px)."""

LOWEST_RUST = {"condition-states": 2}
"""Lowest label that is rust, by set of an `index.csv`; 1 elsewhere. Condition state 1 (fair) is mostly sound paint."""

BINARY = ("not rust", "rust")


@dataclass(frozen=True, slots=True)
class Pair:
    """A photograph and its mask."""

    set: str
    """The place in a data set folder."""
    name: str
    split: str
    image: Path
    mask: Path
    rust: tuple[int, ...] = ()
    """Values of the mask that are rust; empty: all from LOWEST_RUST on."""


def read_index(root: Path) -> list[Pair]:
    """Read `dataset.toml`, or `index.csv` (set, name, split); ValueError names an entry whose files are missing."""
    if (root / FILE).is_file():
        return _folder_pairs(root)
    index = root / "index.csv"
    if not index.is_file():
        raise ValueError(
            f"{index} is missing; give the folder that holds {FILE} or index.csv (columns set, name, split)"
        )
    with index.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        if not {"set", "name", "split"} <= set(rows.fieldnames or ()):
            raise ValueError(f"{index}, line 1: the columns set, name and split are needed, here are {rows.fieldnames}")
        return [_pair(root, row["set"], row["name"], row["split"]) for row in rows]


def class_names(root: Path) -> tuple[str, ...]:
    """Return the names of a data set's labels by value; "not rust" and "rust" for an `index.csv`."""
    return read_dataset(root).label_names() if (root / FILE).is_file() else BINARY


def held_out(pairs: list[Pair]) -> list[Pair]:
    """Return the validation photographs that training is judged on: those of `street` where there are any, else all."""
    val = [pair for pair in pairs if pair.split == "val"]
    return [pair for pair in val if pair.set == "street"] or val


def key_of(pair: Pair) -> str:
    """Name a photograph by its bytes, whatever its mask, name or split."""
    return sha256_of(pair.image)[:16]


def learnt(pairs: list[Pair], trained_on: Collection[str]) -> list[Pair]:
    """Return those of the photographs that a model learnt from, by what its file says; older files say nothing."""
    return [pair for pair in pairs if trained_on and key_of(pair) in trained_on]


def refuse_learnt(pairs: list[Pair], trained_on: Collection[str], what: str) -> None:
    """Raise ValueError when a model would be judged on photographs that it learnt from, as after a division anew."""
    known = learnt(pairs, trained_on)
    if known:
        raise ValueError(
            f"{what} learnt from {len(known)} of these {len(pairs)} held-out photographs, such as "
            f"{known[0].set}/{known[0].name}: the data set was divided anew, or holds them twice. Divide as before, or "
            "train from a start that knows none"
        )


def _folder_pairs(root: Path) -> list[Pair]:
    dataset, pairs = read_dataset(root), []
    for each in dataset.photograph:
        image, mask = root / each.image, root / each.mask
        if not image.is_file() or not mask.is_file():
            raise ValueError(f"{root / FILE} names {each.image}, but its image or mask is missing")
        split = dataset.split_of(each.place)
        pairs.append(Pair(each.place, image.stem, split, image, mask, dataset.rust_values()))
    return pairs


def _pair(root: Path, set_name: str, name: str, split: str) -> Pair:
    images = [root / set_name / "images" / f"{name}{end}" for end in (".jpg", ".jpeg", ".png")]
    image = next((path for path in images if path.is_file()), None)
    mask = root / set_name / "masks" / f"{name}.png"
    if image is None or not mask.is_file():
        raise ValueError(f"{root / 'index.csv'} names {set_name}/{name}, but its image or mask is missing")
    return Pair(set_name, name, split, image, mask)


def read_pair(pair: Pair) -> tuple[Image, RustMask]:
    """Read a photograph (RGB) and its mask as 0 and 1; raises ValueError when they do not fit."""
    image, mask = read_classes(pair)
    rust = np.isin(mask, pair.rust) if pair.rust else mask >= LOWEST_RUST.get(pair.set, 1)
    return image, rust.astype(np.uint8)


def read_classes(pair: Pair) -> tuple[Image, ClassMask]:
    """Read a photograph (RGB) and its mask with all its values; raises ValueError when they do not fit."""
    image = cv2.imread(str(pair.image), cv2.IMREAD_COLOR_RGB)
    try:
        mask = mask_of(pair.mask)
    except BadEntry as error:
        raise ValueError(f"{pair.mask} cannot be read as a mask: {error}") from None
    if image is None or mask.shape != image.shape[:2]:
        raise ValueError(f"{pair.image} and {pair.mask} cannot be read as a picture and a mask of the same size")
    return np.asarray(image, dtype=np.uint8), mask
