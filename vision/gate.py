"""What a candidate must not lose to take the place of the model in production.

For every held-out place, for calibration, for each confuser, for rust that is called `not steel`, for tiles without
steel that are not, and for speed: the candidate's score minus production's, with a 95 % interval over photographs. It
loses where the whole interval is on the worse side, and the loss is more than nobody would notice; and where it can
refuse no picture any more, though production can.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.bootstrap import Numbers, interval
from vision.comparison import Look
from vision.training.tiles import COATS

Counted = npt.NDArray[np.generic]

FEWEST = 3
"""Photographs from which a place is judged by itself; fewer give no interval and are judged together."""

TOGETHER = "places with few photographs"

WARM_UP = 2

UNNOTICED = {"place": 0.005, "calibration": 0.005, "confuser": 0.002, "steel": 0.005, "ground": 0.1, "speed": 0.1}
"""Losses below these are no reason to refuse: IoU, mean gap of probability, share of pixels, share of the photographs,
share of the tiles (ground is told roughly, and otherwise with each fit), share of the time."""

BLIND = (
    "refusing pictures that show no steel (train with --silhouettes, or --start from a model that tells steel; "
    "`highmast promote --without-steel` accepts it)"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One comparison; `difference` is candidate minus production."""

    kind: str
    what: str
    photographs: int
    production: float
    candidate: float
    difference: float
    low: float
    high: float
    lost: bool


def verdicts(seen: list[Look]) -> list[Verdict]:
    """Compare both models on everything they looked at; ValueError without photographs."""
    photographs = [look for look in seen if look.place]
    if not photographs:
        raise ValueError("no held-out photographs to compare on; name a data set that has the split")
    return [
        *_places(photographs),
        _compared(
            "calibration", "calibration error", [(x.production.bins, x.candidate.bins) for x in photographs], _gap, -1
        ),
        *_confusers(seen),
        *_steel(photographs),
        *_ground(seen),
        _speed(seen),
    ]


def _places(photographs: list[Look]) -> Iterator[Verdict]:
    by_place: dict[str, list[Look]] = {}
    for look in photographs:
        by_place.setdefault(look.place, []).append(look)
    few = [look for group in by_place.values() if len(group) < FEWEST for look in group]
    groups = {place: group for place, group in by_place.items() if len(group) >= FEWEST}
    for place, group in {**groups, **({TOGETHER: few} if few else {})}.items():
        rusty = any(look.production.counts[0] + look.production.counts[2] for look in group)
        pairs = [(np.array(look.production.counts), np.array(look.candidate.counts)) for look in group]
        if rusty:
            yield _compared("place", f"{place}: IoU", pairs, _iou, 1)
        else:
            yield _compared("place", f"{place}: false alarms (no rust there)", pairs, _false_alarms, -1)


def _confusers(seen: list[Look]) -> Iterator[Verdict]:
    names = sorted({name for look in seen for name in look.production.confused})
    for name in names:
        there = [look for look in seen if look.production.confused.get(name, (0, 0))[1]]
        pairs = [(np.array(look.production.confused[name]), np.array(look.candidate.confused[name])) for look in there]
        if pairs:
            yield _compared("confuser", f"{name} called rust", pairs, _share, -1)


def _steel(photographs: list[Look]) -> Iterator[Verdict]:
    """Compare how often a photograph with rust is not graded at all, because the model sees no steel in it."""
    rusty = [look for look in photographs if look.production.counts[0] + look.production.counts[2]]
    pairs = [(np.array((x.production.refused, 1)), np.array((x.candidate.refused, 1))) for x in rusty]
    if pairs:
        yield _compared("steel", "photographs with rust called `not steel`", pairs, _share, -1)


def _ground(seen: list[Look]) -> Iterator[Verdict]:
    """Compare how often a tile without steel is graded all the same; no row of a production that refuses nothing."""
    if not seen[0].production.may_refuse:
        return
    if not seen[0].candidate.may_refuse:
        yield Verdict("ground", BLIND, len(seen), 1, 0, -1, -1, -1, True)
        return
    walls = [look for look in seen if not look.place and not look.production.confused.keys() & set(COATS)]
    pairs = [(np.array((not x.production.refused, 1)), np.array((not x.candidate.refused, 1))) for x in walls]
    if pairs:
        yield _compared("ground", "tiles without steel that are graded", pairs, _share, -1)


def _speed(seen: list[Look]) -> Verdict:
    """Compare logarithms of time picture by picture: the ratio of a pair is what the machine's noise leaves alone.

    The first pictures warm both models up.
    """
    warm = seen[WARM_UP:] or seen
    times = np.array([(look.production.ms_per_megapixel, look.candidate.ms_per_megapixel) for look in warm])
    ratio = np.log(times[:, 1] / times[:, 0])
    draws = np.random.default_rng(1).integers(0, len(ratio), (1000, len(ratio)))
    low, high = (float(np.exp(value)) - 1 for value in np.quantile(np.median(ratio[draws], axis=1), (0.025, 0.975)))
    before, after = (float(np.median(column)) for column in times.T)
    lost = low > UNNOTICED["speed"]
    difference = float(np.exp(np.median(ratio))) - 1
    return Verdict(
        "speed",
        "processor ms per megapixel (difference: share)",
        len(times),
        before,
        after,
        difference,
        low,
        high,
        lost,
    )


def _compared(
    kind: str, what: str, pairs: list[tuple[Counted, Counted]], score: Callable[[Numbers], Numbers], better: int
) -> Verdict:
    production, candidate = (np.stack([pair[side] for pair in pairs]).astype(np.float64) for side in (0, 1))
    difference, low, high = interval(score, production, candidate)
    best_case = high if better > 0 else -low
    lost = best_case < 0 and -better * difference > UNNOTICED[kind]
    before, after = (float(score(each.sum(axis=0, keepdims=True))[0]) for each in (production, candidate))
    return Verdict(kind, what, len(pairs), before, after, difference, low, high, bool(lost))


def _iou(counts: Numbers) -> Numbers:
    return np.asarray(counts[:, 0] / np.maximum(1, counts[:, :3].sum(axis=1)))


def _false_alarms(counts: Numbers) -> Numbers:
    return np.asarray(counts[:, 1] / np.maximum(1, counts[:, 1] + counts[:, 3]))


def _share(counts: Numbers) -> Numbers:
    return counts[:, 0] / np.maximum(1, counts[:, 1])


def _gap(bins: Numbers) -> Numbers:
    """Expected calibration error of summed bins, (draws, bins, 3)."""
    return np.asarray(np.abs(bins[..., 1] - bins[..., 2]).sum(axis=-1) / np.maximum(1, bins[..., 0].sum(axis=-1)))
