"""Intervals of differences between two models on the same photographs, by drawing photographs with replacement.

Photographs, not pixels: pixels of one photograph say the same. The draws are the same each time.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
"""Counts of each photograph, (photographs, ...)."""

DRAWS = 1000
LEVEL = 0.95


def interval(
    score: Callable[[Numbers], Numbers], production: Numbers, candidate: Numbers, seed: int = 1
) -> tuple[float, float, float]:
    """Return the candidate's score minus production's: as measured, and both ends of its interval at 95 %.

    `score` takes counts summed over photographs, (draws, ...), and returns (draws,).
    """
    count = len(production)
    drawn = np.random.default_rng(seed).integers(0, count, (DRAWS, count))
    weights = np.stack([np.bincount(row, minlength=count) for row in drawn]).astype(np.float64)
    whole = np.ones((1, count))
    measured, spread = (
        score(np.tensordot(by, candidate, 1)) - score(np.tensordot(by, production, 1)) for by in (whole, weights)
    )
    low, high = np.quantile(spread, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(measured[0]), float(low), float(high)
