"""YOLO segmentation: names in `data.yaml` or `classes.txt`, and labels/NAME.txt: a class and corners a line."""

import re
from functools import partial
from pathlib import Path

from vision.dataset.folder import DatasetError
from vision.dataset.formats.masks import pictures
from vision.dataset.reading import entries, text_of
from vision.dataset.shapes import BadEntry, Entry, Shape, Source, outline
from vision.photograph import PhotographError, read_photograph

SPLITS = {"train": "train", "valid": "val", "val": "val", "test": "test"}


def read(source: Path, images: Path | None) -> Source:
    """Read a folder: images/ and labels/ side by side at any depth, as Ultralytics, Roboflow and Label Studio write."""
    names = _names(source)
    photographs = pictures(images or source)
    return Source(names, entries(photographs, str, partial(_entry, images or source, names)))


def _names(source: Path) -> tuple[str, ...]:
    """Read `names:` as a list in brackets, a list of dashes, or numbered keys; or a name a line of classes.txt."""
    if (source / "classes.txt").is_file():
        return tuple(line.strip() for line in text_of(source / "classes.txt").splitlines() if line.strip())
    path = source / "data.yaml"
    text = text_of(path)
    listed = re.search(r"^names:\s*\[(.*?)\]", text, re.M | re.S)
    if listed:
        return tuple(_bare(each) for each in listed.group(1).split(",") if each.strip())
    block = re.search(r"^names:[ \t]*\n((?:[ \t]*(?:-|\d+:).*\n?)+)", text, re.M)
    if block is None:
        raise DatasetError(f"{path}: no `names:`; it lists the classes in order")
    rows = [re.sub(r"^[ \t]*(?:-|\d+:)", "", row) for row in block.group(1).splitlines()]
    return tuple(_bare(row) for row in rows)


def _bare(text: str) -> str:
    return text.strip().strip("'\"")


def _entry(root: Path, names: tuple[str, ...], image: Path) -> Entry:
    parts = list(image.relative_to(root).parts)
    folders = ["labels" if part == "images" else part for part in parts[:-1]]
    labels = root.joinpath(*folders, image.stem + ".txt")
    if not labels.is_file():
        raise BadEntry(f"no label file {labels}; an empty one says that there is nothing")
    try:
        height, width, _ = read_photograph(image).shape
    except PhotographError as error:
        raise BadEntry(str(error)) from None
    lines = enumerate(text_of(labels).splitlines(), start=1)
    shapes = tuple(_shape(f"{labels}, line {n}", names, line, (width, height)) for n, line in lines if line.strip())
    split = next((SPLITS[part] for part in parts[:-1] if part in SPLITS), "")
    return Entry(str(image), "/".join(parts), image, (width, height), shapes, split)


def _shape(where: str, names: tuple[str, ...], line: str, size: tuple[int, int]) -> Shape:
    first, *rest = line.split()
    if not first.isdigit() or int(first) >= len(names):
        raise BadEntry(f"{where}: class {first!r} is none of 0 to {len(names) - 1}")
    if len(rest) == 4:
        raise BadEntry(f"{where}: a box says no area; export the segmentation")
    try:
        numbers = [float(each) * size[index % 2] for index, each in enumerate(rest)]
    except ValueError:
        raise BadEntry(f"{where}: {line[:40]!r} holds something that is no number") from None
    if any(not -0.01 <= value <= size[index % 2] * 1.01 for index, value in enumerate(numbers)):
        raise BadEntry(f"{where}: corners lie outside 0 to 1")
    return Shape(names[int(first)], (outline(where, numbers),))
