"""A folder with `index.csv` (columns set, name, split): SET/images/NAME.jpg and SET/masks/NAME.png."""

import csv
from functools import partial
from pathlib import Path

import numpy as np

from vision.dataset.folder import DatasetError
from vision.dataset.formats.masks import mask_of
from vision.dataset.reading import entries, no_other_folder, text_of
from vision.dataset.shapes import BadEntry, Entry, Shape, Source

Row = tuple[int, dict[str, str]]


def read(source: Path, images: Path | None) -> Source:
    """Read the index; places are SET/SPLIT, so that its splits are kept."""
    no_other_folder(source, images)
    path = source / "index.csv"
    lines = csv.DictReader(text_of(path).splitlines())
    if lines.fieldnames is None or not {"set", "name", "split"} <= set(lines.fieldnames):
        raise DatasetError(f"{path}, line 1: the columns set, name and split are needed, here are {lines.fieldnames}")
    rows: list[Row] = [(number, row) for number, row in enumerate(lines, start=2)]
    return Source((), entries(rows, lambda row: f"{path}, line {row[0]}", partial(_entry, source, path)))


def _entry(source: Path, path: Path, numbered: Row) -> Entry:
    number, row = numbered
    folder = source / row["set"]
    image = next((each for each in sorted((folder / "images").glob(f"{row['name']}.*"))), None)
    if image is None:
        raise BadEntry(f"no photograph {row['name']} in {folder / 'images'}")
    mask = mask_of(folder / "masks" / f"{row['name']}.png")
    shapes = tuple(Shape(str(value), pixels=mask == value) for value in np.unique(mask) if value)
    name = f"{row['set']}/{row['split']}/{image.name}"
    return Entry(f"{path}, line {number}", name, image, (mask.shape[1], mask.shape[0]), shapes, row["split"])
