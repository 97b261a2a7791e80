"""What a data set holds, by split and by place."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vision.dataset.folder import Dataset, DatasetError, Photograph
from vision.dataset.formats.masks import mask_of
from vision.dataset.shapes import BadEntry
from vision.scales import ISO_4628_3, iso_4628_3


@dataclass(frozen=True, slots=True)
class Contents:
    """Counts over some photographs."""

    photographs: int
    places: int
    megapixels: float
    label_share: dict[str, float]
    """Share of the pixels by label."""
    rusted_fraction: float
    by_grade: dict[str, int]
    """Photographs by the ISO 4628-3 grade of their own rusted fraction."""
    mm_per_px: tuple[float, float] | None
    """Finest and coarsest that are stated."""


def pixels_by_label(root: Path, dataset: Dataset, each: Photograph) -> dict[str, int]:
    """Count the pixels of each label in one mask; DatasetError when it cannot be read."""
    try:
        mask = mask_of(root / each.mask)
    except BadEntry as error:
        raise DatasetError(f"{root / each.mask} cannot be read: {error}; see `highmast dataset check`") from None
    counts = np.bincount(mask.ravel(), minlength=256)
    return {label.name: int(counts[label.value]) for label in dataset.labels}


def contents(root: Path, dataset: Dataset, photographs: list[Photograph]) -> Contents:
    """Sum over photographs."""
    counts = [pixels_by_label(root, dataset, each) for each in photographs]
    rust = {label.name for label in dataset.labels if label.rust}
    shares = [sum(each[name] for name in rust) / max(1, sum(each.values())) for each in counts]
    total = {label.name: sum(each[label.name] for each in counts) for label in dataset.labels}
    pixels = max(1, sum(total.values()))
    scales = [scale for each in photographs if (scale := each.mm_per_px or dataset.mm_per_px)]
    grades = [iso_4628_3(share) for share in shares]
    return Contents(
        len(photographs),
        len({each.place for each in photographs}),
        pixels / 1e6,
        {name: count / pixels for name, count in total.items()},
        sum(total[name] for name in rust) / pixels,
        {grade: grades.count(grade) for grade in ISO_4628_3},
        (min(scales), max(scales)) if scales else None,
    )


def by_split(root: Path, dataset: Dataset) -> dict[str, Contents]:
    """Return the contents of each split, `no split` for the rest, `all` last."""
    groups: dict[str, list[Photograph]] = {}
    for each in dataset.photograph:
        groups.setdefault(dataset.split_of(each.place) or "no split", []).append(each)
    return {name: contents(root, dataset, group) for name, group in [*groups.items(), ("all", [*dataset.photograph])]}


def by_place(root: Path, dataset: Dataset) -> dict[str, Contents]:
    """Return the contents of each place."""
    groups: dict[str, list[Photograph]] = {}
    for each in dataset.photograph:
        groups.setdefault(each.place, []).append(each)
    return {place: contents(root, dataset, group) for place, group in groups.items()}
