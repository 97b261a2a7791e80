"""Divide a data set by place: the same pole is never on both sides, nor are photographs that look the same."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from vision.dataset.fingerprint import alike, fingerprint
from vision.dataset.folder import Dataset, DatasetError
from vision.dataset.stats import by_place

Numbers = npt.NDArray[np.float64]
Deal = npt.NDArray[np.int64]
"""Number of the split, by group."""

TRIES = 400
"""Random divisions among which the one nearest to the wish is taken."""


def divided(root: Path, dataset: Dataset, shares: dict[str, float], seed: int, anew: bool = False) -> Dataset:
    """Return the data set with its places dealt to splits; those that have one keep it, unless `anew`.

    `shares` gives the wanted share of the photographs by split (the rest is `train`); among many random divisions the
    one is taken whose numbers and rusted fractions come nearest. Raises DatasetError with fewer groups than splits, or
    where places that belong together are in several.
    """
    groups = _tied(root, dataset)
    kept_splits = {} if anew else {split: places for split, places in dataset.splits.items() if places}
    names = list(dict.fromkeys(["train", *shares, *kept_splits]))
    kept = np.array([_kept(group, kept_splits, names) for group in groups])
    if len(groups) < len(names):
        places = len({each.place for each in dataset.photograph})
        raise DatasetError(
            f"{dataset.name} has {places} places, {len(groups)} of them independent, for {len(names)} splits; "
            "add photographs of other places, or import with --place so that places are told apart"
        )
    wanted = np.array([1 - sum(shares.values()), *shares.values(), *[0.0] * (len(names) - 1 - len(shares))])
    contents = by_place(root, dataset)
    photographs = np.array([sum(contents[place].photographs for place in group) for group in groups], dtype=float)
    rust = np.array([sum(contents[p].rusted_fraction * contents[p].photographs for p in group) for group in groups])
    rng = np.random.default_rng(seed)
    deals = [_dealt(rng, photographs, wanted, kept) for _ in range(TRIES)]
    best = min(deals, key=lambda deal: _cost(deal, photographs, rust, wanted))
    splits = {name: _places(groups, best == index) for index, name in enumerate(names)}
    empty = [name for name, places_in in splits.items() if not places_in]
    if empty:
        raise DatasetError(
            f"{dataset.name} has no place left for {empty[0]}; --anew deals those that have a split, too"
        )
    return dataset.model_copy(update={"splits": splits})


def _kept(group: list[str], splits: dict[str, tuple[str, ...]], names: list[str]) -> int:
    """Return the number of the split that a group of places is in, -1 for none."""
    found = [name for name in names if set(group) & set(splits.get(name, ()))]
    if len(found) > 1:
        raise DatasetError(
            f"{', '.join(sorted(group))} share photographs that look the same, and are in {' and '.join(found)}; "
            "--anew deals all places anew"
        )
    return names.index(found[0]) if found else -1


def _tied(root: Path, dataset: Dataset) -> list[list[str]]:
    """Group places that share photographs which look the same."""
    leader = {each.place: each.place for each in dataset.photograph}

    def top(place: str) -> str:
        while leader[place] != place:
            place = leader[place]
        return place

    prints = [fingerprint(root / each.image) for each in dataset.photograph]
    for first, second in alike(prints):
        leader[top(dataset.photograph[second].place)] = top(dataset.photograph[first].place)
    groups: dict[str, list[str]] = {}
    for place in leader:
        groups.setdefault(top(place), []).append(place)
    return list(groups.values())


def _dealt(rng: np.random.Generator, photographs: Numbers, wanted: Numbers, kept: Deal) -> Deal:
    """Deal the shuffled groups that have no split, each to the one that lacks most; every split gets one."""
    deal = kept.copy()
    missing = wanted * photographs.sum()
    np.subtract.at(missing, kept[kept >= 0], photographs[kept >= 0])
    order = rng.permutation(np.flatnonzero(kept < 0))
    for position, group in enumerate(order):
        left, empty = len(order) - position, [i for i in range(len(wanted)) if i not in deal]
        deal[group] = empty[0] if empty and len(empty) >= left else int(np.argmax(missing))
        missing[deal[group]] -= photographs[group]
    return deal


def _cost(deal: Deal, photographs: Numbers, rust: Numbers, wanted: Numbers) -> float:
    """Distance from the wanted shares, and of the splits' rusted fractions from the whole's."""
    counts = np.bincount(deal, photographs, len(wanted))
    rusted = np.bincount(deal, rust, len(wanted)) / np.maximum(1, counts)
    whole = rust.sum() / photographs.sum()
    return float(np.abs(counts / counts.sum() - wanted).sum() + 0.5 * np.abs(rusted - whole).sum() / max(whole, 1e-6))


def _places(groups: list[list[str]], chosen: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(sorted(place for group, take in zip(groups, chosen, strict=True) if take for place in group))
