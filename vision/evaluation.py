"""A model measured on photographs with masks, as they are and with our corrections, whole or on the steel alone."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.corrections import Corrections
from vision.gradability import no_steel_reason
from vision.labels import Pair, RustMask, read_pair
from vision.metrics import Counts, calibration_error, count
from vision.segmenter import Segmenter
from vision.silhouettes import Inside, Silhouettes
from vision.types import Mask

SAMPLE = 7
"""Every seventh row and column goes into the calibration error: neighbours say the same."""


@dataclass(frozen=True, slots=True)
class PhotoScore:
    """One photograph's counts."""

    pair: Pair
    counts: Counts
    probability: npt.NDArray[np.float32]
    """Sampled, for calibration."""
    truth: RustMask
    """Sampled at the same places."""


@dataclass(frozen=True, slots=True)
class SteelScores:
    """How well a model tells steel from what is behind it, on photographs with silhouettes."""

    photographs: int
    iou: float
    f1: float
    refused: int
    """Photographs of which the model says that they show no steel, which they all do."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What a set of photographs says of a model."""

    photographs: int
    iou: float
    f1: float
    precision: float
    recall: float
    false_positive_rate: float
    area_error: float
    """Mean absolute error of the rusted fraction per photograph."""
    area_bias: float
    """Mean signed error: above 0 where the model finds too much."""
    calibration_error: float


def scored(
    segmenter: Segmenter,
    pairs: list[Pair],
    corrections: Corrections | None = None,
    silhouettes: Silhouettes | None = None,
) -> Iterator[PhotoScore]:
    """Segment photographs and count; with corrections, mended masks are the truth and dropped ones left out.

    With silhouettes only the pixels inside them are counted, and photographs without one are left out.
    """
    for pair in pairs:
        image, mask = read_pair(pair)
        truth = mask if corrections is None else corrections.mended(pair, mask)
        inside = np.ones(mask.shape, bool) if silhouettes is None else silhouettes.inside(pair, mask.shape)
        if truth is not None and inside is not None:
            yield _score(pair, segmenter.segment(image), truth, inside)


def _score(pair: Pair, answer: Mask, truth: RustMask, inside: Inside) -> PhotoScore:
    thin = np.zeros_like(inside)
    thin[::SAMPLE, ::SAMPLE] = inside[::SAMPLE, ::SAMPLE]
    return PhotoScore(pair, count(answer.label[inside], truth[inside]), answer.probability[thin], truth[thin])


def steel_scored(segmenter: Segmenter, pairs: list[Pair], silhouettes: Silhouettes) -> SteelScores | None:
    """Compare where a model sees steel (probability at least a half) with silhouettes; None without one or the other.

    Counted at a quarter of the photograph's size, as the model tells it.
    """
    total, photographs, refused = Counts(), 0, 0
    for pair in pairs:
        image, rust = read_pair(pair)
        inside = silhouettes.inside(pair, rust.shape)
        if inside is None:
            continue
        steel = segmenter.segment(image).steel
        if steel is None:
            return None
        truth = cv2.resize(inside.astype(np.uint8), steel.shape[::-1], interpolation=cv2.INTER_NEAREST)
        total += count((steel >= 0.5).astype(np.uint8), np.asarray(truth, np.uint8))
        photographs += 1
        refused += no_steel_reason(steel, segmenter.card.steel) is not None
    return SteelScores(photographs, total.iou, total.f1, refused) if photographs else None


def summed(scores: list[PhotoScore]) -> Scores:
    """Sum counts over photographs and derive the scores; ValueError without photographs."""
    if not scores:
        raise ValueError("no photographs to measure on; choose another split or set")
    total = sum((score.counts for score in scores), Counts())
    errors = np.array([score.counts.area_error for score in scores])
    stated = np.concatenate([score.probability.ravel() for score in scores])
    truth = np.concatenate([score.truth.ravel() for score in scores])
    return Scores(
        len(scores), total.iou, total.f1, total.precision, total.recall, total.false_positive_rate,
        float(np.abs(errors).mean()), float(errors.mean()), calibration_error(stated, truth),
    )  # fmt: skip


def chosen(pairs: list[Pair], split: str, sets: tuple[str, ...]) -> dict[str, list[Pair]]:
    """Group the pairs of a split by set; an empty `sets` takes all that have such a split."""
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        if pair.split == split and (not sets or pair.set in sets):
            groups.setdefault(pair.set, []).append(pair)
    return groups
