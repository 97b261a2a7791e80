"""From what a labelling tool exported to a data set folder."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

import cv2
import numpy as np

from vision.dataset.folder import Dataset, DatasetError, Label, Photograph, write_dataset
from vision.dataset.shapes import BadEntry, Entry, Problem, Source, painted
from vision.files import sha256_of, write_whole
from vision.photograph import PhotographError, read_photograph

BACKGROUND = "not rust"
LIKELY = ("rust", "corrosion", "rusted", "corroded")
"""Names that are taken for rust when nobody says."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person who imports says of the data set."""

    name: str
    source: str
    licence: str
    rust: tuple[str, ...] = ()
    """Labels that are rust; empty: the only one, or the one called so."""
    renamed: dict[str, str] = field(default_factory=dict)
    """New names of labels; an empty one drops the label to the background."""
    place: str | None = None
    """Pattern whose first group, in a photograph's name, is its place; None: its folder, or its name without number."""
    split_by: Literal["pole", "place"] = "place"
    mm_per_px: float | None = None


def build(source: Source, wanted: Wanted, out: Path) -> tuple[Dataset, list[Problem]]:
    """Copy photographs, draw masks and write `dataset.toml` and a card into `out`; returns what was left out and why.

    Raises DatasetError when `out` is in use, when nothing could be read, or when it is not clear which label is rust;
    `out` is then empty, so that the command can be given again.
    """
    with fresh(out):
        if wanted.place is not None:
            _check_pattern(wanted.place)
        return _built(source, wanted, out)


@contextmanager
def fresh(out: Path) -> Iterator[None]:
    """Refuse a folder in use; leave one empty where something ends the making of its data set."""
    if out.exists() and any(out.iterdir()):
        raise DatasetError(f"{out} is not empty; give a new folder")
    try:
        yield
    except BaseException:
        for path in out.iterdir() if out.exists() else ():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _built(source: Source, wanted: Wanted, out: Path) -> tuple[Dataset, list[Problem]]:
    values = {name: 0 for name, new in wanted.renamed.items() if not new}
    for name in source.labels:
        _value(values, name, wanted)
    photographs: list[Photograph] = []
    taken: set[str] = set()
    problems: list[Problem] = []
    splits: dict[str, set[str]] = {}
    for each in source.entries:
        if isinstance(each, Problem):
            problems.append(each)
            continue
        try:
            photograph = _added(each, values, wanted, out, taken)
        except (BadEntry, PhotographError) as error:
            problems.append(Problem(each.where, str(error)))
            continue
        photographs.append(photograph)
        splits.setdefault(photograph.place, set()).add(each.split)
    if not photographs:
        raise DatasetError(f"nothing could be imported; {_list(problems)}")
    kept, torn = _by_split(splits)
    problems += [Problem(place, "its photographs are in several splits; divide anew with `split`") for place in torn]
    dataset = Dataset(
        format="highmast-dataset/1",
        name=wanted.name,
        source=wanted.source,
        licence=wanted.licence,
        split_by=wanted.split_by,
        mm_per_px=wanted.mm_per_px,
        labels=_labels(values, wanted),
        splits=kept,
        photograph=tuple(photographs),
    )
    write_dataset(out, dataset)
    write_whole(out / "README.md", card(dataset).encode())
    return dataset, problems


def _value(values: dict[str, int], name: str, wanted: Wanted) -> int:
    """Number a label: two source labels with one new name share a value."""
    if name not in values:
        new = wanted.renamed.get(name, name)
        known = {wanted.renamed.get(each, each): value for each, value in values.items() if value}
        values[name] = known.get(new, max(values.values(), default=0) + 1)
    if values[name] > 254:
        raise DatasetError(f"label {name!r} is the 255th; a mask holds 254")
    return values[name]


def _added(entry: Entry, values: dict[str, int], wanted: Wanted, out: Path, taken: set[str]) -> Photograph:
    """Draw an entry's mask and copy its photograph."""
    if not entry.image.is_file():
        raise BadEntry(f"photograph {entry.image} is missing")
    height, width, _ = read_photograph(entry.image).shape
    if entry.size is not None and entry.size != (width, height):
        raise BadEntry(
            f"labels are for {entry.size[0]} x {entry.size[1]} pixels, the photograph has {width} x {height}"
        )
    for shape in entry.shapes:
        _value(values, shape.label, wanted)
    mask = painted(entry, values, (width, height))
    place = _place(entry.name, wanted.place)
    stem = plain_stem(entry.name, taken)
    taken.add(stem)
    image, target = f"images/{stem}{entry.image.suffix.lower()}", f"masks/{stem}.png"
    for path in (image, target):  # `dataset.toml`, written last and flushed, is what makes them count
        (out / path).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(entry.image, out / image)
    (out / target).write_bytes(png(mask))
    return Photograph(
        image=image, mask=target, image_sha256=sha256_of(out / image), mask_sha256=sha256_of(out / target), place=place
    )


def png(mask: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]") -> bytes:
    """Encode a mask without loss."""
    written, content = cv2.imencode(".png", mask)
    assert written
    return bytes(content)


def _check_pattern(pattern: str) -> None:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise DatasetError(f"--place {pattern!r} is no regular expression: {error}") from None
    if not groups:
        raise DatasetError(f"--place {pattern!r} has no group; put what is the place in brackets, such as '^(.+)_'")


def _place(name: str, pattern: str | None) -> str:
    """Return the place that a photograph's name gives; BadEntry when the pattern does not fit."""
    if pattern is not None:
        found = re.search(pattern, name)
        if found is None or not found.group(1):
            raise BadEntry(f"{name} does not fit the pattern {pattern!r} of places")
        return found.group(1)
    path = PurePosixPath(name)
    if len(path.parts) > 1:
        return path.parent.as_posix()
    return re.sub(r"[-_ .]*\d+$", "", path.stem) or path.stem


def plain_stem(name: str, taken: set[str]) -> str:
    """Return a file name of plain characters that is not taken yet."""
    plain = re.sub(r"[^\w.-]+", "-", PurePosixPath(name).with_suffix("").as_posix().replace("/", "-")).strip("-.")
    stem, number = plain or "photograph", 2
    while stem in taken:
        stem, number = f"{plain}-{number}", number + 1
    return stem


def _by_split(splits: dict[str, set[str]]) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Keep the source's splits where they do not tear a place apart."""
    kept: dict[str, tuple[str, ...]] = {}
    for place, names in splits.items():
        if len(names) == 1 and names != {""}:
            (name,) = names
            kept[name] = (*kept.get(name, ()), place)
    return kept, [place for place, names in splits.items() if len(names) > 1]


def _labels(values: dict[str, int], wanted: Wanted) -> tuple[Label, ...]:
    names = {value: wanted.renamed.get(name) or name for name, value in values.items() if value}
    if len(names) == 1 and not wanted.renamed and next(iter(names.values())) in ("1", "255"):
        names = dict.fromkeys(names, "rust")
    rust = wanted.rust or _likely(names)
    unknown = set(rust) - set(names.values())
    if unknown:
        raise DatasetError(
            f"no label is called {sorted(unknown)[0]!r}; there are {', '.join(names.values()) or 'none'}"
        )
    background = Label(value=0, name=BACKGROUND, rust=False)
    return (background, *(Label(value=value, name=name, rust=name in rust) for value, name in sorted(names.items())))


def _likely(names: dict[int, str]) -> tuple[str, ...]:
    likely = tuple(names.values()) if len(names) == 1 else tuple(n for n in names.values() if n.lower() in LIKELY)
    if not likely:
        raise DatasetError(f"which labels are rust? There are {', '.join(names.values()) or 'none'}; say --rust NAME")
    return likely


def _list(problems: list[Problem]) -> str:
    shown = [f"{each.where}: {each.reason}" for each in problems[:3]]
    return "; ".join(shown) or "there are no entries"


def card(dataset: Dataset) -> str:
    """Return the card's first draft: what is known, and what a person should add."""
    labels = "\n".join(f"| {each.value} | {each.name} | {'yes' if each.rust else 'no'} |" for each in dataset.labels)
    places = len({each.place for each in dataset.photograph})
    return (
        f"# {dataset.name}\n\n{len(dataset.photograph)} photographs of {places} places.\n\n"
        f"Source: {dataset.source}\n\nLicence: {dataset.licence}\n\n"
        f"| value | label | counts as rusted |\n|---|---|---|\n{labels}\n\n"
        "To add by hand: who labelled and by what rule, which camera, from how far, what is known to be wrong.\n"
    )
