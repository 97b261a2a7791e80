"""Folders of photographs and masks: masks hold 0 = background, and a value for each label, or 255 for the only one."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as Picture

from vision.dataset.folder import Dataset, DatasetError
from vision.dataset.reading import entries
from vision.dataset.shapes import BadEntry, Entry, Problem, Shape, Source
from vision.files import write_whole
from vision.photograph import ENDINGS


def read(source: Path, images: Path | None) -> Source:
    """Read SOURCE/masks (or SOURCE) beside SOURCE/images (or `images`); pairs have the same path and stem."""
    masks = source / "masks" if (source / "masks").is_dir() else source
    images = images or (source / "images")
    if not images.is_dir():
        raise DatasetError(f"{images} is no folder; name the folder of photographs with --images")
    found = {path.relative_to(masks).with_suffix("").as_posix(): path for path in pictures(masks)}
    values = sorted({int(value) for path in found.values() for value in _values(path)} - {0})
    return Source(tuple(map(str, values)), _pairs(found, images))


def pictures(folder: Path) -> list[Path]:
    """Return the pictures in a folder and below, in order."""
    return [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in ENDINGS]


def _pairs(masks: dict[str, Path], images: Path) -> Iterator[Entry | Problem]:
    photographs = {path.relative_to(images).with_suffix("").as_posix(): path for path in pictures(images)}
    for name in sorted(masks.keys() - photographs.keys()):
        yield Problem(str(masks[name]), f"no photograph {name} in {images}")
    for name in sorted(photographs.keys() - masks.keys()):
        yield Problem(str(photographs[name]), "no mask of this name")
    both = sorted(masks.keys() & photographs.keys())
    yield from entries(both, lambda name: str(masks[name]), partial(_entry, masks, photographs, images))


def _entry(masks: dict[str, Path], photographs: dict[str, Path], images: Path, name: str) -> Entry:
    mask, image = mask_of(masks[name]), photographs[name]
    shapes = tuple(Shape(str(value), pixels=mask == value) for value in np.unique(mask) if value)
    relative = image.relative_to(images).as_posix()
    return Entry(str(masks[name]), relative, image, (mask.shape[1], mask.shape[0]), shapes)


def mask_of(path: Path) -> npt.NDArray[np.uint8]:
    """Read a mask of one channel, a palette by its indices; BadEntry otherwise."""
    try:
        with Picture.open(path) as opened:
            if opened.mode not in ("1", "L", "P"):
                raise BadEntry(f"a mask has one channel of 8 bits, this has mode {opened.mode}")
            return np.asarray(opened).astype(np.uint8)
    except (OSError, SyntaxError):
        raise BadEntry("not a picture that can be read") from None


def _values(path: Path) -> list[int]:
    try:
        return [int(value) for value in np.unique(mask_of(path))]
    except BadEntry:
        return []


def write(root: Path, dataset: Dataset, out: Path) -> None:
    """Write images/, masks/ and labels.csv (value, name, rust)."""
    for each in dataset.photograph:
        for path in (each.image, each.mask):
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / path, out / path)
    rows = [f"{label.value},{label.name},{str(label.rust).lower()}" for label in dataset.labels]
    write_whole(out / "labels.csv", ("\n".join(["value,name,rust", *rows]) + "\n").encode())
