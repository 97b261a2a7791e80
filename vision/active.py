"""Which photographs to label next: those the model is least sure of, and that are unlike each other and what is known.

Uncertainty is the mean entropy of the most uncertain tenth of the pixels. Diversity is greedy: each pick is the one
with the highest uncertainty times its distance to the nearest photograph that is labelled or picked already, by
colour, layout and what the model sees.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vision.dataset.build import card, plain_stem, png
from vision.dataset.folder import Dataset, Label, Photograph, write_dataset
from vision.files import sha256_of, write_whole
from vision.photograph import read_photograph
from vision.segmenter import Segmenter
from vision.types import Image, Mask

Features = npt.NDArray[np.float32]

TOP_SHARE = 0.1
"""Share of the most uncertain pixels that count: a large sure background says nothing."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One photograph as the model sees it."""

    path: Path
    uncertainty: float
    """Mean entropy of the most uncertain tenth, 0 to 1."""
    features: Features


@dataclass(frozen=True, slots=True)
class Pick:
    """A photograph to label, and why."""

    path: Path
    uncertainty: float
    novelty: float
    """Distance to the nearest photograph that is labelled or picked."""


def seen(segmenter: Segmenter, path: Path) -> Seen:
    """Look at one photograph; PhotographError as reading."""
    image = read_photograph(path)
    mask = segmenter.segment(image)
    return Seen(path, uncertainty(mask), features(image, mask))


def uncertainty(mask: Mask) -> float:
    """Return the mean entropy of the most uncertain tenth of the pixels, 0 (sure) to 1 (even)."""
    p = np.clip(mask.probability[::3, ::3].ravel(), 1e-6, 1 - 1e-6)
    entropy = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    most = max(1, int(entropy.size * TOP_SHARE))
    return float(np.partition(entropy, -most)[-most:].mean())


def features(image: Image, mask: Mask) -> Features:
    """Return what a photograph looks like: colours, coarse layout and probabilities, each part of unit length."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    colours = cv2.calcHist([lab], [0, 1, 2], None, [4, 6, 6], [0, 256] * 3).ravel()
    layout = cv2.resize(lab, (6, 6), interpolation=cv2.INTER_AREA).astype(np.float32).ravel() - 128
    stated = np.histogram(mask.probability, bins=8, range=(0, 1))[0].astype(np.float32)
    parts = [np.sqrt(colours), layout, np.sqrt(stated)]
    return np.concatenate([part / max(1e-6, float(np.linalg.norm(part))) for part in parts]).astype(np.float32)


def picks(pool: list[Seen], known: list[Seen], count: int) -> list[Pick]:
    """Choose photographs one after another; ValueError when the pool is too small."""
    if count > len(pool):
        raise ValueError(f"{count} photographs are wanted and {len(pool)} are there; ask for fewer")
    vectors = np.stack([each.features for each in pool])
    unsure = np.array([each.uncertainty for each in pool])
    near = np.full(len(pool), 2.0)
    for each in known:
        near = np.minimum(near, np.linalg.norm(vectors - each.features, axis=1))
    chosen: list[Pick] = []
    left = np.ones(len(pool), dtype=np.bool_)
    for _ in range(count):
        best = int(np.argmax(np.where(left, unsure * near, -1)))
        chosen.append(Pick(pool[best].path, float(unsure[best]), float(near[best])))
        left[best] = False
        near = np.minimum(near, np.linalg.norm(vectors - vectors[best], axis=1))
    return chosen


def climb_of(path: Path) -> str:
    """Return the folder of the climb that a frame is of; of other photographs the name without its ending."""
    return path.resolve().parent.parent.name if path.resolve().parent.name == "frames" else path.stem


def suggested(
    segmenter: Segmenter, chosen: list[Pick], out: Path, place_of: Callable[[Path], str] = climb_of
) -> Dataset:
    """Write the picks with the model's own masks as a data set, to export to a labelling tool and correct there.

    Frames get their climb's name: each climb has a 000000.jpg, and an import reads the place from the name.
    """
    labels = tuple(
        Label(value=value, name=name, rust=value in segmenter.card.rust_values)
        for value, name in enumerate(segmenter.card.labels)
    )
    names: dict[str, Pick] = {}
    for pick in chosen:
        name, climb = pick.path.name, climb_of(pick.path)
        names[plain_stem(name if climb == pick.path.stem else f"{climb}-{name}", set(names))] = pick
    dataset = Dataset(
        format="highmast-dataset/1",
        name=out.name,
        source="photographs to be labelled",
        licence="as the photographs'",
        split_by="place",
        labels=labels,
        photograph=tuple(
            _suggestion(segmenter, pick.path, out, stem, place_of(pick.path)) for stem, pick in names.items()
        ),
    )
    write_dataset(out, dataset)
    write_whole(out / "README.md", card(dataset).encode())
    return dataset


def _suggestion(segmenter: Segmenter, path: Path, out: Path, stem: str, place: str) -> Photograph:
    mask = segmenter.segment(read_photograph(path))
    image, target = f"images/{stem}{path.suffix}", f"masks/{stem}.png"
    write_whole(out / image, path.read_bytes())
    write_whole(out / target, png(mask.label if mask.classes is None else mask.classes))
    return Photograph(
        image=image, mask=target, image_sha256=sha256_of(out / image), mask_sha256=sha256_of(out / target), place=place
    )
