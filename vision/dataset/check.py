"""Is a data set whole and honest? Every fault with the photograph it concerns and the reason."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vision.dataset.fingerprint import alike, fingerprint
from vision.dataset.folder import FILE, Dataset, Photograph, read_dataset
from vision.dataset.formats.masks import mask_of, pictures
from vision.dataset.shapes import BadEntry, Problem
from vision.files import sha256_of
from vision.photograph import PhotographError, read_photograph


@dataclass(frozen=True, slots=True)
class Findings:
    """Problems make a data set unfit; notes do not."""

    dataset: Dataset
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]


def check(root: Path, progress: Callable[[int], object] = lambda done: None) -> Findings:
    """Check every file; `progress` gets 1 after each photograph. DatasetError when `dataset.toml` itself is wrong."""
    dataset = read_dataset(root)
    known = {label.value for label in dataset.labels}
    problems: list[Problem] = []
    prints: list[tuple[Photograph, npt.NDArray[np.float32]]] = []
    for each in dataset.photograph:
        reason = _fault(root, each, known)
        if reason:
            problems.append(Problem(each.image, reason))
        else:
            prints.append((each, fingerprint(root / each.image)))
        progress(1)
    same, notes = _repeated(dataset, prints)
    return Findings(dataset, tuple(problems + same + _named_twice(dataset)), tuple(notes + _strays(root, dataset)))


def _fault(root: Path, each: Photograph, known: set[int]) -> str:
    """Return what is wrong with one pair, empty when nothing is."""
    for path, sha256 in ((each.image, each.image_sha256), (each.mask, each.mask_sha256)):
        if not (root / path).is_file():
            return f"{path} is missing"
        if sha256_of(root / path) != sha256:
            return f"{path} is not the file that was added: its SHA-256 differs; restore it, or import anew"
    try:
        size, mask = read_photograph(root / each.image).shape[:2], mask_of(root / each.mask)
    except (PhotographError, BadEntry) as error:
        return str(error)
    if mask.shape != size:
        return f"the mask has {mask.shape[1]} x {mask.shape[0]} pixels, the photograph {size[1]} x {size[0]}"
    wrong = sorted({int(value) for value in np.unique(mask)} - known)
    return f"the mask holds {wrong[0]}, which no label has" if wrong else ""


def _repeated(
    dataset: Dataset, prints: list[tuple[Photograph, npt.NDArray[np.float32]]]
) -> tuple[list[Problem], list[Problem]]:
    """Photographs that are the same: a leak between splits is a problem, and so is the same file twice."""
    problems, notes = [], []
    for first, second in alike([each for _, each in prints]):
        one, other = prints[first][0], prints[second][0]
        splits = [dataset.split_of(each.place) for each in (one, other)]
        if splits[0] != splits[1] and all(splits):
            problems.append(Problem(other.image, f"looks like {one.image}, but is in {splits[1]!r}, not {splits[0]!r}"))
        elif one.image_sha256 == other.image_sha256:
            problems.append(Problem(other.image, f"is the same file as {one.image}; keep one"))
        else:
            notes.append(Problem(other.image, f"looks like {one.image}"))
    return problems, notes


def _named_twice(dataset: Dataset) -> list[Problem]:
    names = [path for each in dataset.photograph for path in (each.image, each.mask)]
    return [Problem(name, "is named twice") for name in sorted({name for name in names if names.count(name) > 1})]


def _strays(root: Path, dataset: Dataset) -> list[Problem]:
    """Pictures that nobody named, and photographs without a split."""
    named = {root / path for each in dataset.photograph for path in (each.image, each.mask)}
    stray = [path for folder in ("images", "masks") for path in pictures(root / folder) if path not in named]
    notes = [Problem(path.relative_to(root).as_posix(), f"is not named in {FILE}") for path in stray]
    places = sorted({each.place for each in dataset.photograph if not dataset.split_of(each.place)})
    return notes + [Problem(place, "is in no split; divide with `highmast dataset split`") for place in places]
