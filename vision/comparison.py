"""Two models looked at on the same pictures: counts, probabilities and time of each, picture by picture."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vision.confusers import tile_pictures
from vision.dataset.folder import FILE, Label, read_dataset
from vision.gradability import no_steel_reason
from vision.labels import ClassMask, Pair, read_classes, read_index, read_pair, refuse_learnt
from vision.metrics import count
from vision.segmenter import Segmenter
from vision.types import Image, Mask

BINS = 15
SAMPLE = 7
"""Every seventh row and column goes into the calibration."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model said of one picture."""

    counts: tuple[int, int, int, int]
    """True and false positives, false and true negatives."""
    bins: npt.NDArray[np.float64]
    """Pixels, stated and observed rust by bin of probability, (BINS, 3)."""
    confused: dict[str, tuple[int, int]]
    """Pixels called rust and all pixels, by what is there that is not rust."""
    ms_per_megapixel: float
    refused: bool = False
    """Whether the model says that the picture shows no steel, and would not grade it."""
    may_refuse: bool = False
    """Whether it could say so of any picture at all."""


@dataclass(frozen=True, slots=True)
class Look:
    """One picture seen by both models."""

    place: str
    """Empty for a texture tile, which has no place."""
    production: Answer
    candidate: Answer


def looks(
    production: Segmenter, candidate: Segmenter, data: tuple[Path, ...], split: str, tiles: Path | None
) -> Iterator[Look]:
    """Look at the held-out photographs of data sets, then at texture tiles; ValueError when a file is wrong."""
    models, turn = (production, candidate), 0
    pictures = tile_pictures(tiles) if tiles is not None else ()
    judged_on = [(_confusers(root), _held_out(root, split, candidate)) for root in data]
    for labels, held_out in judged_on:
        for pair in held_out:
            image, truth = read_pair(pair)
            said = _both(models, image, turn)
            yield Look(pair.set, *_answers(models, said, truth, _named(labels, pair)))
            turn += 1
    for material, picture in pictures:
        nothing = np.zeros(picture.shape[:2], dtype=np.uint8)
        everywhere = {material: np.ones(picture.shape[:2], dtype=np.bool_)}
        yield Look("", *_answers(models, _both(models, picture, turn), nothing, everywhere))
        turn += 1


def _held_out(root: Path, split: str, candidate: Segmenter) -> list[Pair]:
    """Return the photographs to judge on; ValueError where the gate would pass a model that it did not judge."""
    held_out = [pair for pair in read_index(root) if pair.split == split]
    if not held_out:
        raise ValueError(f"{root} has no held-out photographs of split {split!r}; divide it, or leave it out")
    refuse_learnt(held_out, candidate.card.trained_on, f"the candidate {candidate.card.name}")
    return held_out


def _confusers(root: Path) -> tuple[Label, ...]:
    """Return the labels of a data set that name something which is not rust."""
    if not (root / FILE).is_file():
        return ()
    return tuple(label for label in read_dataset(root).labels if label.value and not label.rust)


def _named(labels: tuple[Label, ...], pair: Pair) -> dict[str, npt.NDArray[np.bool_]]:
    if not labels:
        return {}
    values: ClassMask = read_classes(pair)[1]
    return {label.name: values == label.value for label in labels}


def _both(models: tuple[Segmenter, Segmenter], image: Image, turn: int) -> list[tuple[Mask, float]]:
    """Let both segment twice, each first in turn; of a model's two times the lesser counts, ms per megapixel.

    The thread's own processor time is counted, so that other programs do not count but for the caches they empty;
    models are to be loaded for one thread.
    """
    said: list[list[tuple[Mask, float]]] = [[], []]
    first, second = turn % 2, 1 - turn % 2
    for index in (first, second, second, first):
        start = time.thread_time()
        mask = models[index].segment(image)
        said[index].append((mask, (time.thread_time() - start) * 1e9 / (image.shape[0] * image.shape[1])))
    return [min(rounds, key=lambda one: one[1]) for rounds in said]


def _answers(
    models: tuple[Segmenter, Segmenter],
    said: list[tuple[Mask, float]],
    truth: ClassMask,
    there: dict[str, npt.NDArray[np.bool_]],
) -> Iterator[Answer]:
    for model, (mask, ms) in zip(models, said, strict=True):
        counts = count(mask.label, truth)
        confused = {name: (int(mask.label[where].sum()), int(where.sum())) for name, where in there.items()}
        four = (counts.true_positive, counts.false_positive, counts.false_negative, counts.true_negative)
        refused = no_steel_reason(mask.steel, model.card.steel) is not None
        yield Answer(four, _bins(mask, truth), confused, ms, refused, mask.steel is not None and model.card.steel > 0)


def _bins(mask: Mask, truth: ClassMask) -> npt.NDArray[np.float64]:
    stated = mask.probability[::SAMPLE, ::SAMPLE].ravel()
    seen = truth[::SAMPLE, ::SAMPLE].ravel()
    index = np.minimum((stated * BINS).astype(np.intp), BINS - 1)
    sums = [np.bincount(index, weights, BINS) for weights in (np.ones_like(stated), stated, seen)]
    return np.stack(sums, axis=1).astype(np.float64)
