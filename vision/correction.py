"""From the share of a surface called rust to the share that is rust, with an interval.

observed = g f + a (1 - f). The gain g is what a model marks on rust and along its edges, over the rust; the alarms a
are what it marks elsewhere. Both differ from pole to pole far more than pixels would suggest: a model misses one kind
of rust almost wholly, and takes one kind of stain for rust. So both were measured on each of many held-out poles, and
this pole is taken to be like any of them: every measured gain with every measured share of alarms, a kernel of 20 %
around each for poles between the measured ones. Beforehand a third of all surfaces have no rust, and on the others
small shares are as likely as large ones, by ratio. Point and interval are the median and quantiles of what remains.
"""

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from vision.types import ModelInfo

LEVEL = 0.95
"""Of the interval."""

LEAST = 1e-5
"""Rusted fractions are told apart from here on: 10 mm2 on a square metre."""

FRACTIONS = np.concatenate([[0.0], np.geomspace(LEAST, 1, 201)])

CLEAN = 1 / 3
"""Share of surfaces without rust, beforehand."""

KERNEL = 0.08
"""Standard deviation of log10 of the observed share around what a measured pole would have given."""

WORSE = 3.0
"""A pole as yet unseen may have a third of the least gain or three times the most alarms that were measured."""

GAINS, ALARMS = 31, 121
"""Quantiles taken of what was measured; alarms spread over decades, so they need more."""

TPR_SPREAD = 0.5
"""Standard deviation of logit TPR between poles, assumed of a model whose poles were not measured one by one."""

ALARMED = 7
"""One pole in seven has false alarms, assumed likewise: stains come on few poles, and then plenty."""

MISSED_M2 = 75e-6
"""Three spots of 5 by 5 mm: rust that may be there when none was found (rule of three)."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A rusted fraction and its bounds, all in [0, 1]."""

    observed: float
    """Share of the seen area that the model called rust."""
    fraction: float
    low: float
    high: float


def corrected(observed: float, seen_m2: float, model: ModelInfo) -> Estimate:
    """Correct an observed fraction over `seen_m2` of surface by what the model did on held-out poles.

    Raises ValueError when the fraction is none, or the model finds rust no more often than it imagines it.
    """
    if not 0 <= observed <= 1:
        raise ValueError(f"observed fraction {observed} is outside 0 to 1; give a share of area, not per cent")
    if not model.false_positive_rate < model.true_positive_rate:
        raise ValueError(
            f"model {model.name}: true positive rate {model.true_positive_rate} is not above its false positive "
            f"rate {model.false_positive_rate}; its masks say nothing about area, use another model"
        )
    missed = min(1.0, MISSED_M2 / seen_m2) if seen_m2 > 0 else 1.0
    if _never_errs(model):
        return Estimate(observed, observed, observed, max(observed, missed))
    low, middle, high = _quantiles(_posterior(observed, _expected(model)))
    return Estimate(observed, middle, low, max(high, missed))


def _never_errs(model: ModelInfo) -> bool:
    return not model.gains and model.true_positive_rate == 1 and model.false_positive_rate == 0


@lru_cache(maxsize=4)
def _expected(model: ModelInfo) -> Array:
    """log10 of the observed shares, (gains x alarms, fractions), that poles like the measured ones would show."""
    gains = _spread(model.gains, min(model.gains) / WORSE, GAINS) if model.gains else _assumed_gains(model)
    alarms = _spread(model.alarms, max(model.alarms) * WORSE, ALARMS) if model.alarms else _assumed_alarms(model)
    shares = gains[:, None, None] * FRACTIONS + alarms[None, :, None] * (1 - FRACTIONS)
    return np.asarray(np.log10(shares + LEAST).reshape(-1, len(FRACTIONS)))


def _spread(measured: tuple[float, ...], worst: float, steps: int) -> Array:
    """Quantiles of what was measured, and of one more pole, worse than all of these: the next may be."""
    return np.asarray(np.quantile((*measured, worst), (np.arange(steps) + 0.5) / steps))


def _assumed_gains(model: ModelInfo) -> Array:
    """Logit-normal about the rate of all poles together."""
    rate = min(model.true_positive_rate, 0.999)
    normal = np.array([NormalDist().inv_cdf((index + 0.5) / GAINS) for index in range(GAINS)])
    return np.asarray(1 / (1 + np.exp(-(np.log(rate / (1 - rate)) + TPR_SPREAD * normal))))


def _assumed_alarms(model: ModelInfo) -> Array:
    """None on most poles; one in ALARMED has its share of all the false alarms, exponentially spread."""
    some = np.maximum(0, 1 - ALARMED * (1 - (np.arange(ALARMS) + 0.5) / ALARMS))
    return np.asarray(model.false_positive_rate * ALARMED * -np.log(1 - some))


def _posterior(observed: float, expected: Array) -> Array:
    """Probability of each of FRACTIONS."""
    apart = (np.log10(observed + LEAST) - expected) / KERNEL
    likelihood = np.exp(-(apart**2) / 2).mean(axis=0) + 1e-9  # never impossible: some pole may be unlike all others
    prior = np.full(len(FRACTIONS), (1 - CLEAN) / (len(FRACTIONS) - 1))
    prior[0] = CLEAN
    return np.asarray(likelihood * prior / (likelihood * prior).sum())


def _quantiles(probability: Array) -> tuple[float, float, float]:
    """Lower bound, median and upper bound at LEVEL; between the grid's fractions by ratio."""
    reached = np.cumsum(probability)
    steps = np.log(FRACTIONS[1:])

    def at(share: float) -> float:
        if share <= reached[0]:
            return 0.0
        return float(min(1.0, np.exp(np.interp(share, reached[1:], steps))))

    return at((1 - LEVEL) / 2), at(0.5), at((1 + LEVEL) / 2)
