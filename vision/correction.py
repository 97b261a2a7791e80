"""From the share of pixels called rust to the share that is rust, with an interval.

observed = TPR f + FPR (1 - f) gives f = (observed - FPR) / (TPR - FPR). A model's rates are measured on other places
than this pole, so both are uncertain here. False alarms come from stains that one pole has and the next has not: FPR
is taken as the measured mean times a squared standard normal, which is mostly below the mean and at times five times
it, and never above the observed share. TPR is logit-normal about the measured value. Small fractions are as likely
beforehand as large ones (density f^-1/2). Point and interval are the median and quantiles of what remains: within 0
to 1, near the plain formula where rust is plenty, and as wide as 0 to all of it where rust is rarer than false alarms.
"""

from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from vision.types import ModelInfo

LEVEL = 0.95
"""Of the interval."""

TPR_SPREAD = 0.5
"""Standard deviation of logit TPR between poles: 0.80 means 0.71 to 0.87 for two thirds of them."""

MISSED_M2 = 75e-6
"""Three spots of 5 by 5 mm: rust that may be there when none was found (rule of three)."""

STEPS = 61
"""Quantiles taken of each rate."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A rusted fraction and its bounds, all in [0, 1]."""

    observed: float
    """Share of the seen area that the model called rust."""
    fraction: float
    low: float
    high: float


def corrected(observed: float, seen_m2: float, model: ModelInfo) -> Estimate:
    """Correct an observed fraction over `seen_m2` of surface by the model's rates.

    Raises ValueError when the fraction is none, or the model finds rust no more often than it imagines it.
    """
    if not 0 <= observed <= 1:
        raise ValueError(f"observed fraction {observed} is outside 0 to 1; give a share of area, not per cent")
    if not model.false_positive_rate < model.true_positive_rate:
        raise ValueError(
            f"model {model.name}: true positive rate {model.true_positive_rate} is not above its false positive "
            f"rate {model.false_positive_rate}; its masks say nothing about area, use another model"
        )
    true_rate, false_rate = np.meshgrid(_true_rates(model), _false_rates(model, observed))
    gain = np.maximum(true_rate - false_rate, 1e-9)
    fraction = (observed - false_rate) / gain
    possible = (fraction <= 1) & (false_rate < true_rate)
    if not possible.any():
        return Estimate(observed, 1.0, min(1.0, observed), 1.0)
    fraction, gain = fraction[possible], gain[possible]
    low, middle, high = _quantiles(fraction, 1 / gain / np.sqrt(np.maximum(fraction, 1e-7)))
    missed = min(1.0, MISSED_M2 / seen_m2) if seen_m2 > 0 else 1.0
    return Estimate(observed, middle, low, max(high, missed))


def _false_rates(model: ModelInfo, observed: float) -> npt.NDArray[np.float64]:
    """Equally likely false positive rates on this pole, given that they explain at most what was observed."""
    if model.false_positive_rate <= 0:
        return np.zeros(1)
    reach = NormalDist().cdf(sqrt(observed / model.false_positive_rate)) - 0.5
    steps = (np.arange(STEPS) + 0.5) / STEPS * reach + 0.5
    return np.array([model.false_positive_rate * NormalDist().inv_cdf(float(step)) ** 2 for step in steps])


def _true_rates(model: ModelInfo) -> npt.NDArray[np.float64]:
    """Equally likely true positive rates on this pole; certainty stays certain."""
    rate = model.true_positive_rate
    if rate >= 1:
        return np.ones(1)
    steps = [NormalDist().inv_cdf((index + 0.5) / STEPS) for index in range(STEPS)]
    return np.array([1 / (1 + exp(-(log(rate / (1 - rate)) + TPR_SPREAD * step))) for step in steps])


def _quantiles(values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Lower bound, median and upper bound of weighted values at LEVEL."""
    order = np.argsort(values)
    reached = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    low, middle, high = np.interp(((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2), reached, values[order])
    return float(low), float(middle), float(high)
