"""Do stated intervals hold the truth? Of shaft, sections, bands, zones and worst windows, as a model saw them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from vision.correction import Estimate, corrected
from vision.grading import Part, parts
from vision.render_surface import PaintedSurface, element_area
from vision.segmenter import Segmenter
from vision.study_climb import Climbed, model_mask
from vision.surface import SurfaceMap
from vision.types import ModelInfo, PoleShape

LEAST_SEEN = 0.9
"""The truth is that of the whole part, so only parts seen nearly whole are judged."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One part of a climbed pole: what the model marked there, and what is true."""

    kind: str
    name: str
    seen_m2: float
    marked_m2: float
    sure_m2: float
    truth: float
    """Rusted share of the part's true area."""

    def estimate(self, model: ModelInfo) -> Estimate:
        """Return what the correction makes of it."""
        observed, sure = self.marked_m2 / self.seen_m2, self.sure_m2 / self.seen_m2
        return corrected(min(1.0, observed), self.seen_m2, model, sure)

    def held(self, model: ModelInfo) -> bool:
        """Tell whether the stated interval holds the truth."""
        found = self.estimate(model)
        return found.low <= self.truth <= found.high


def judged(climbed: Climbed, segmenter: Segmenter) -> tuple[Judged, ...]:
    """Map a model's masks of a climb and set beside each part what is true there."""
    surface = SurfaceMap(climbed.shape)
    for shot, view in zip(climbed.taken, climbed.found.views, strict=True):
        surface.add(shot.image, model_mask(climbed.shape, shot, segmenter), view)
    return tuple(
        Judged(
            kind=part.kind,
            name=part.name,
            seen_m2=part.seen_m2,
            marked_m2=part.marked_m2,
            sure_m2=part.sure_m2,
            truth=true_share(climbed.painted, climbed.shape, part),
        )
        for part in parts(surface)
        if part.seen_m2 >= LEAST_SEEN * part.area_m2
    )


def true_share(painted: PaintedSurface, shape: PoleShape, part: Part) -> float:
    """Return the rusted share of the true area of a part; ValueError when the truth is not known."""
    if painted.rust is None:
        raise ValueError("the surface has no rust mask; give one to compare with")
    rows, columns = painted.rust.shape
    height = shape.height_m * (1 - (np.arange(rows) + 0.5) / rows)
    inside = (height >= part.bottom_m) & (height < part.top_m)
    around = _columns(part, columns)
    area = np.broadcast_to(element_area(shape, rows, columns), (rows, columns))[inside][:, around]
    return float((area * painted.rust[inside][:, around]).sum() / area.sum())


def _columns(part: Part, columns: int) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """Columns of an unrolled picture that a part takes, all of them where it goes all around."""
    if part.azimuth_from_deg is None or part.azimuth_to_deg is None:
        return np.arange(columns)
    turn_deg = (part.azimuth_to_deg - part.azimuth_from_deg) % 360 or 360.0
    first = round(part.azimuth_from_deg / 360 * columns)
    return np.arange(first, first + max(1, round(turn_deg / 360 * columns))) % columns


def table(found: Iterable[Judged], model: ModelInfo) -> Iterator[str]:
    """Yield the lines of a table: how many intervals of each kind of part hold the truth, and how wide they are."""
    every = list(found)
    yield "| part | intervals | hold the truth | half are narrower than |\n|---|---|---|---|"
    for kind in dict.fromkeys(each.kind for each in every):
        mine = [each for each in every if each.kind == kind]
        estimates = [each.estimate(model) for each in mine]
        held = sum(each.held(model) for each in mine)
        width = float(np.median([each.high - each.low for each in estimates]))
        yield f"| {kind} | {len(mine)} | {held} ({held / len(mine):.0%}) | {width:.2%} |"
