"""Scores follow from counts, by hand-counted masks."""

import numpy as np
import pytest

from vision.metrics import Counts, calibration_error, count

TRUTH = np.array([[1, 1, 0, 0], [1, 0, 0, 0]], dtype=np.uint8)
FOUND = np.array([[1, 0, 1, 0], [1, 0, 0, 0]], dtype=np.uint8)


def test_counts_and_scores_of_a_small_mask() -> None:
    counts = count(FOUND, TRUTH)
    assert counts == Counts(true_positive=2, false_positive=1, false_negative=1, true_negative=4)
    assert counts.iou == pytest.approx(2 / 4)
    assert counts.f1 == pytest.approx(4 / 6)
    assert counts.recall == pytest.approx(2 / 3)
    assert counts.false_positive_rate == pytest.approx(1 / 5)
    assert counts.area_error == 0


def test_counts_add_up_over_photographs() -> None:
    both = count(FOUND, TRUTH) + count(TRUTH, TRUTH)
    assert (both.true_positive, both.pixels) == (5, 16)


def test_masks_of_other_sizes_or_values_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        count(FOUND[:1], TRUTH)
    with pytest.raises(ValueError, match="other than 0 and 1"):
        count(FOUND * 9, TRUTH)


def test_calibration_error_is_the_gap_between_stated_and_observed() -> None:
    stated = np.full(1000, 0.9, dtype=np.float32)
    truth = (np.arange(1000) < 600).astype(np.uint8)
    assert calibration_error(stated, truth) == pytest.approx(0.3, abs=1e-6)
    assert calibration_error(truth.astype(np.float32), truth) == pytest.approx(0, abs=1e-9)
