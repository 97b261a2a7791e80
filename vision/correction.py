"""From the share of a surface called rust to the share that is rust, with an interval.

observed = g f + a (1 - f). The gain g is what a model marks on rust and along its edges, over the rust; the alarms a
are what it marks elsewhere. Both differ from pole to pole far more than pixels would suggest: a model misses one kind
of rust almost wholly, and takes one kind of stain for rust. So both were measured on each of many held-out poles, and
this pole is taken to be like any of them: every measured gain with every measured share of alarms, a kernel of 20 %
around each for poles between the measured ones. How much of what was marked the model is sure of tells these cases
apart: rust is mostly marked with certainty, stains rarely. So that share, too, is compared with what each pair of poles
would have shown, but for one pole in ten, whose sureness may be unlike all others. Beforehand a third of all surfaces
have no rust, and on the others small shares are as likely as large ones, by ratio. Point and interval are the median
and quantiles of what remains.
"""

import math
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

SURENESS = 0.12
"""Likewise of the sure share of what is marked."""

UNLIKE = 0.1
"""One pole in ten may be marked more or less surely than all measured ones."""

WORSE = 3.0
"""A pole as yet unseen may have a third of the least gain, and alarms from a third to three times any measured ones."""

SIZES = np.geomspace(1 / WORSE, WORSE, 5)
"""Alarms spread over decades, so that between the measured ones there would be none."""

GAINS, ALARMS = 31, 121
"""Quantiles taken of what is assumed of a model whose poles were not measured."""

TPR_SPREAD = 0.5
"""Standard deviation of logit TPR between poles, assumed of a model whose poles were not measured one by one."""

ALARMED = 7
"""One pole in seven has false alarms, assumed likewise: stains come on few poles, and then plenty."""

MISSED_M2 = 75e-6
"""Three spots of 5 by 5 mm: rust that may be there when none was found (rule of three)."""

Array = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A rusted fraction and its bounds, all in [0, 1]."""

    observed: float
    """Share of the seen area that the model called rust."""
    fraction: float
    low: float
    high: float


def corrected(observed: float, seen_m2: float, model: ModelInfo, sure: float | None = None) -> Estimate:
    """Correct an observed fraction over `seen_m2` of surface by what the model did on held-out poles.

    `sure` is the share of the surface that was marked with a probability of SURE or more; None when it is not known.
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
    low, middle, high = _quantiles(_posterior(_likelihood(observed, sure, _expected(model))))
    return Estimate(observed, middle, low, max(high, missed))


def _never_errs(model: ModelInfo) -> bool:
    return not model.gains and model.true_positive_rate == 1 and model.false_positive_rate == 0


@dataclass(frozen=True, slots=True)
class _Expected:
    """What poles like the measured ones would show, (gains x alarms, fractions)."""

    shares: Single
    """log10 of the observed share."""
    sureness: Single | None
    """Sure share of what is observed."""


@lru_cache(maxsize=4)
def _expected(model: ModelInfo) -> _Expected:
    gains = np.array([*model.gains, min(model.gains) / WORSE]) if model.gains else _assumed_gains(model)
    alarms = np.outer(model.alarms, SIZES).ravel() if model.alarms else _assumed_alarms(model)
    shares = _joined(gains, alarms)
    if not (model.sure_gains and model.sure_alarms):
        return _Expected(np.log10(shares + np.float32(LEAST)), None)
    sure_gains = np.array([*model.sure_gains, model.sure_gains[int(np.argmin(model.gains))] / WORSE])
    sure = _joined(sure_gains, np.outer(model.sure_alarms, SIZES).ravel())
    sureness = np.asarray(sure / np.maximum(shares, np.float32(1e-12)), dtype=np.float32)
    return _Expected(np.log10(shares + np.float32(LEAST)), sureness)


def _joined(gains: Array, alarms: Array) -> Single:
    """Share of the surface that is marked, for every gain with every alarm, by true fraction."""
    shares = gains[:, None, None] * FRACTIONS + alarms[None, :, None] * (1 - FRACTIONS)
    return np.asarray(shares.reshape(-1, len(FRACTIONS)), dtype=np.float32)


def _assumed_gains(model: ModelInfo) -> Array:
    """Logit-normal about the rate of all poles together."""
    rate = min(model.true_positive_rate, 0.999)
    normal = np.array([NormalDist().inv_cdf((index + 0.5) / GAINS) for index in range(GAINS)])
    return np.asarray(1 / (1 + np.exp(-(np.log(rate / (1 - rate)) + TPR_SPREAD * normal))))


def _assumed_alarms(model: ModelInfo) -> Array:
    """None on most poles; one in ALARMED has its share of all the false alarms, exponentially spread."""
    some = np.maximum(0, 1 - ALARMED * (1 - (np.arange(ALARMS) + 0.5) / ALARMS))
    return np.asarray(model.false_positive_rate * ALARMED * -np.log(1 - some))


def _likelihood(observed: float, sure: float | None, expected: _Expected) -> Array:
    """Of each of FRACTIONS, averaged over all the poles that this one may be like."""
    like = _kernel((np.float32(np.log10(observed + LEAST)) - expected.shares) / np.float32(KERNEL))
    if sure is not None and expected.sureness is not None and observed >= LEAST:
        apart = (np.float32(min(1.0, sure / observed)) - expected.sureness) / np.float32(SURENESS)
        like *= UNLIKE + (1 - UNLIKE) / (SURENESS * math.sqrt(2 * math.pi)) * _kernel(apart)
    return np.asarray(like.mean(axis=0, dtype=np.float64))


def _kernel(apart: Single) -> Single:
    return np.asarray(np.exp(-(apart**2) / 2), dtype=np.float32)


def _posterior(likelihood: Array) -> Array:
    """Probability of each of FRACTIONS."""
    likelihood = likelihood + 1e-9  # never impossible: some pole may be unlike all others
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
