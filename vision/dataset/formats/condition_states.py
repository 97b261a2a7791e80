"""Corrosion Condition State set of Virginia Tech (Bianchi and Hebdon, doi 10.7294/16624663), as it unpacks.

It is not fetched: download it from the repository that the doi names, unpack it and give the folder. Anywhere below
it a folder `images...` has a sister `masks...` with the same names; a folder `Train` or `Test` above gives the split.
Masks are coloured (black good, red fair, green poor, yellow severe) or hold 0 to 3.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as Picture

from vision.dataset.folder import DatasetError
from vision.dataset.formats.masks import pictures
from vision.dataset.reading import entries, no_other_folder
from vision.dataset.shapes import BadEntry, Entry, Problem, Shape, Source

STATES = ("fair", "poor", "severe")
RUST = ("poor", "severe")
"""Fair is mostly sound paint with beginning rust: its area is not counted as rusted unless --rust says so."""

COLOURS = {(0, 0, 0): 0, (128, 0, 0): 1, (0, 128, 0): 2, (128, 128, 0): 3}


def read(source: Path, images: Path | None) -> Source:
    """Read the set; DatasetError when no pair of folders is found."""
    no_other_folder(source, images)
    folders = [path for path in sorted(source.rglob("images*")) if path.is_dir() and _masks(path).is_dir()]
    if not folders:
        raise DatasetError(
            f"{source} has no folder images... beside masks...; "
            "download doi 10.7294/16624663, unpack it, and give its folder"
        )
    return Source(STATES, _all(source, folders))


def _masks(folder: Path) -> Path:
    return folder.with_name(folder.name.replace("images", "masks", 1))


def _all(source: Path, folders: list[Path]) -> Iterator[Entry | Problem]:
    for folder in folders:
        yield from entries(pictures(folder), str, partial(_entry, source, folder))


def _entry(source: Path, folder: Path, image: Path) -> Entry:
    mask = next(iter(sorted(_masks(folder).glob(f"{image.stem}.*"))), None)
    if mask is None:
        raise BadEntry(f"no mask of this name in {_masks(folder)}")
    values = _values(mask)
    shapes = tuple(Shape(STATES[value - 1], pixels=values == value) for value in (1, 2, 3) if (values == value).any())
    above = {part.lower() for part in image.relative_to(source).parts}
    split = "train" if "train" in above else "test" if "test" in above else ""
    name = f"{split}/{image.name}" if split else image.name
    return Entry(str(mask), name, image, (values.shape[1], values.shape[0]), shapes, split)


def _values(path: Path) -> npt.NDArray[np.uint8]:
    """Return states 0 to 3 from colours or from numbers."""
    try:
        with Picture.open(path) as opened:
            numbered = opened.mode in ("1", "L", "P") and int(np.asarray(opened).max()) <= 3
            picture = np.asarray(opened if numbered else opened.convert("RGB"))
    except (OSError, SyntaxError):
        raise BadEntry("not a picture that can be read") from None
    if numbered:
        return picture.astype(np.uint8)
    values = np.full(picture.shape[:2], 255, dtype=np.uint8)
    for colour, value in COLOURS.items():
        values[(picture == colour).all(axis=-1)] = value
    if (values == 255).any():
        row, column = np.argwhere(values == 255)[0]
        raise BadEntry(f"colour {tuple(map(int, picture[row, column]))} at x {column}, y {row} is no condition state")
    return values
