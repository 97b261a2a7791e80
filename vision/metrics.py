"""Scores of a rust mask against the truth: counts first, every score from them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Counts:
    """Pixels by truth and answer; adding two gives the counts of both."""

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0
    true_negative: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.true_positive + other.true_positive,
            self.false_positive + other.false_positive,
            self.false_negative + other.false_negative,
            self.true_negative + other.true_negative,
        )

    @property
    def pixels(self) -> int:
        """All pixels."""
        return self.true_positive + self.false_positive + self.false_negative + self.true_negative

    @property
    def iou(self) -> float:
        """Rust found and true over rust found or true, 0 to 1; 1 when there is none of either."""
        return _ratio(self.true_positive, self.true_positive + self.false_positive + self.false_negative)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 to 1."""
        return _ratio(2 * self.true_positive, 2 * self.true_positive + self.false_positive + self.false_negative)

    @property
    def precision(self) -> float:
        """Share of the rust found that is true."""
        return _ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float:
        """Share of the true rust that is found: the true positive rate."""
        return _ratio(self.true_positive, self.true_positive + self.false_negative)

    @property
    def false_positive_rate(self) -> float:
        """Share of the sound pixels that are called rust; 0 when there are none."""
        return self.false_positive / max(1, self.false_positive + self.true_negative)

    @property
    def area_error(self) -> float:
        """Rusted fraction found minus the true one, -1 to 1."""
        return (self.false_positive - self.false_negative) / max(1, self.pixels)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def count(found: Labels, truth: Labels) -> Counts:
    """Count pixels of a mask against the truth, both 0 and 1 and of one shape; ValueError otherwise."""
    if found.shape != truth.shape:
        raise ValueError(f"mask {found.shape} and truth {truth.shape} differ in shape; give them at one size")
    table = np.bincount((truth.astype(np.uint8) * 2 + found.astype(np.uint8)).ravel(), minlength=4)
    if len(table) > 4:
        raise ValueError("mask or truth holds values other than 0 and 1")
    negative, false_positive, false_negative, positive = (int(value) for value in table)
    return Counts(positive, false_positive, false_negative, negative)


def calibration_error(probability: npt.NDArray[np.float32], truth: Labels, bins: int = 15) -> float:
    """Return the expected calibration error: mean gap between stated probability and observed share, 0 to 1."""
    return float(sum(share * abs(stated - seen) for share, stated, seen in reliability(probability, truth, bins)))


def reliability(
    probability: npt.NDArray[np.float32], truth: Labels, bins: int = 15
) -> list[tuple[float, float, float]]:
    """Return for each filled bin of probability: share of pixels, mean stated probability, observed share of rust."""
    index = np.minimum((probability.ravel() * bins).astype(np.intp), bins - 1)
    size = np.bincount(index, minlength=bins)
    stated = np.bincount(index, weights=probability.ravel(), minlength=bins)
    seen = np.bincount(index, weights=truth.ravel(), minlength=bins)
    total = max(1, probability.size)
    return [(float(n / total), float(stated[i] / n), float(seen[i] / n)) for i, n in enumerate(size) if n]
