"""Logits at half size become probabilities at the picture's size, as bilinear enlargement and a sigmoid say."""

import numpy as np

from vision.preprocess import probability_of


def test_logits_are_enlarged_by_pixel_centres() -> None:
    across = probability_of(np.array([[0.0, 4.0]], np.float32))
    wanted = 1 / (1 + np.exp(-np.array([0.0, 1.0, 3.0, 4.0])))
    assert across.shape == (2, 4)
    assert np.allclose(across, wanted, atol=1e-6)


def test_sure_logits_are_finite_probabilities() -> None:
    assert np.array_equal(probability_of(np.full((1, 1), -500, np.float32)), np.zeros((2, 2)))
    assert np.array_equal(probability_of(np.full((1, 1), 500, np.float32)), np.ones((2, 2)))


def test_the_temperature_divides_logits() -> None:
    assert np.allclose(probability_of(np.full((1, 1), 3.0, np.float32), 1.5), 1 / (1 + np.exp(-2.0)))
