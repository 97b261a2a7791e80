"""How much of the seen surface has which label, for models that tell more apart than rust."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.correction import Estimate
from vision.coverage import State
from vision.surface import SurfaceMap
from vision.types import ModelInfo


@dataclass(frozen=True, slots=True)
class LabelShare:
    """One label's share of the seen surface, and its bounds, all in [0, 1]."""

    name: str
    rust: bool
    fraction: float
    low: float
    high: float


def label_shares(surface: SurfaceMap, model: ModelInfo, found: Estimate) -> tuple[LabelShare, ...]:
    """Divide the corrected share of rust among the rust labels as they were marked, and the rest among the others.

    The interval is that of rust: how often the model takes one label for another on the same side is not in it.
    Returns nothing for a map of a model that knows rust alone.
    """
    if surface.label is None:
        return ()
    marked = marked_m2(surface, len(model.labels))
    is_rust = np.isin(np.arange(len(model.labels)), model.rust_values)
    return tuple(
        _share(name, bool(rust), float(area), float(marked[is_rust == rust].sum()), found)
        for name, rust, area in zip(model.labels, is_rust, marked, strict=True)
    )


def marked_m2(surface: SurfaceMap, count: int) -> npt.NDArray[np.float64]:
    """Return the true area seen of each of `count` labels; zeros for a map without labels."""
    total = np.zeros(count)
    if surface.label is None:
        return total
    for rows in surface.blocks():
        seen = surface.state[rows] == State.SEEN
        area = np.broadcast_to(surface.element_m2(rows), seen.shape)[seen]
        total += np.bincount(surface.label[rows][seen], weights=area, minlength=count)[:count]
    return total


def _share(name: str, rust: bool, area_m2: float, side_m2: float, found: Estimate) -> LabelShare:
    """Take a part of one side; where nothing of the side was marked, any of its labels may be all of it."""
    fraction, low, high = (found.fraction, found.low, found.high) if rust else _rest(found)
    part = area_m2 / side_m2 if side_m2 > 0 else 0.0
    return LabelShare(name, rust, part * fraction, part * low, part * high if side_m2 > 0 else high)


def _rest(found: Estimate) -> tuple[float, float, float]:
    return 1 - found.fraction, 1 - found.high, 1 - found.low
