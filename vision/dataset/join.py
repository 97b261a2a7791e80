"""One data set from several: what was labelled since, beside what was there."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from vision.dataset.build import card, fresh, plain_stem, png
from vision.dataset.folder import Dataset, DatasetError, Label, Photograph, read_dataset, write_dataset
from vision.dataset.formats.masks import mask_of
from vision.files import sha256_of, write_whole


def join(roots: Sequence[Path], out: Path, said: Callable[[int], None] = lambda _: None) -> tuple[Dataset, int]:
    """Write the data sets of `roots` to `out` as one; returns it and how many photographs were in several.

    Labels are joined by name, places keep the split that they have, and of a photograph that is in several data sets
    the last one's mask counts. `said` hears of each photograph read. Raises DatasetError when `out` is in use, or when
    two data sets disagree on a label, a place's split or what a place is.
    """
    sets = [(root, read_dataset(root)) for root in roots]
    labels, splits = _labels(sets), _splits(sets)
    with fresh(out):
        kept: dict[str, Photograph] = {}
        taken: set[str] = set()
        for root, dataset in sets:
            values = {label.value: _value(labels, label.name) for label in dataset.labels}
            for each in dataset.photograph:
                image, target = _paths(each, kept.get(each.image_sha256), taken)
                kept[each.image_sha256] = _copied(root, each, values, dataset.mm_per_px, out, image, target)
                said(1)
        joined = Dataset(
            format=sets[0][1].format,
            name=out.name,
            source=_told([dataset.source for _, dataset in sets]),
            licence=_told([dataset.licence for _, dataset in sets]),
            split_by=sets[0][1].split_by,
            labels=labels,
            splits=_filled(splits, {each.place for each in kept.values()}),
            photograph=tuple(kept.values()),
        )
        write_whole(out / "README.md", card(joined).encode())
        write_dataset(out, joined)  # last: it is what makes the others count
    return joined, sum(len(dataset.photograph) for _, dataset in sets) - len(kept)


def _labels(sets: Sequence[tuple[Path, Dataset]]) -> tuple[Label, ...]:
    """Number the labels of all anew: the first data set's as they are, then those that others add."""
    found: dict[str, Label] = {}
    for root, dataset in sets:
        for label in dataset.labels:
            value = label.value if dataset is sets[0][1] else max(one.value for one in found.values()) + 1
            known = found.setdefault(label.name, label.model_copy(update={"value": value}))
            if known.rust != label.rust:
                raise DatasetError(f"{root}: label {label.name!r} is rust here and not in another data set; rename it")
    if len(found) > 255:
        raise DatasetError(f"there are {len(found)} labels together; a mask holds 255")
    return tuple(found.values())


def _value(labels: tuple[Label, ...], name: str) -> int:
    return next(label.value for label in labels if label.name == name)


def _splits(sets: Sequence[tuple[Path, Dataset]]) -> dict[str, str]:
    """Return the split of each place that has one."""
    found: dict[str, str] = {}
    for root, dataset in sets:
        if dataset.split_by != sets[0][1].split_by:
            raise DatasetError(f"{root} is divided by {dataset.split_by}, {sets[0][0]} by {sets[0][1].split_by}")
        for split, places in dataset.splits.items():
            for place in places:
                if found.setdefault(place, split) != split:
                    raise DatasetError(
                        f"{root}: {place} is in {split} here and in {found[place]} in another data set; take it out of "
                        "`splits` of one of them"
                    )
    return found


def _filled(split_of: dict[str, str], places: set[str]) -> dict[str, tuple[str, ...]]:
    """Return the places that there are by split."""
    here = {place: split for place, split in split_of.items() if place in places}
    return {split: tuple(place for place in here if here[place] == split) for split in dict.fromkeys(here.values())}


def _paths(each: Photograph, before: Photograph | None, taken: set[str]) -> tuple[str, str]:
    """Return where a photograph and its mask go: where they are already, or under a name that is not taken."""
    if before is not None:
        return before.image, before.mask
    stem = plain_stem(PurePosixPath(each.image).stem, taken)
    taken.add(stem)
    return f"images/{stem}{PurePosixPath(each.image).suffix}", f"masks/{stem}.png"


def _copied(
    root: Path, each: Photograph, values: dict[int, int], scale: float | None, out: Path, image: str, target: str
) -> Photograph:
    """Copy a photograph, and its mask in the new values."""
    for path in (image, target):
        (out / path).parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(root / each.image, out / image)
        mask = mask_of(root / each.mask)
    except OSError as error:
        raise DatasetError(f"{error.filename}: {error.strerror}; `highmast dataset check {root}` lists more") from None
    unknown = set(np.unique(mask).tolist()) - values.keys()
    if unknown:
        raise DatasetError(f"{root / each.mask} holds {min(unknown)}, which no label has")
    numbers = np.zeros(256, dtype=np.uint8)
    numbers[list(values)] = list(values.values())
    (out / target).write_bytes(png(numbers[mask]))
    return each.model_copy(
        update={
            "image": image,
            "mask": target,
            "mask_sha256": sha256_of(out / target),
            "mm_per_px": each.mm_per_px or scale,
        }
    )


def _told(texts: Sequence[str]) -> str:
    return "; ".join(dict.fromkeys(texts))[:200]
