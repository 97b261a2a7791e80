"""From a map to an assessment: the document that is stored, sent and shown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from climber.ids import uuid7
from climber.record import Assessment, Gap, GradedArea, Interval, LabelArea, PoseCorrection, ProposedState
from vision.correction import LEVEL, Estimate, corrected
from vision.coverage import Hole, holes
from vision.grading import Part, parts, share_at_or_above
from vision.label_shares import label_shares
from vision.patches import Spread, letter, proposed_states, spread
from vision.refine import Refinement
from vision.scales import RULE, astm_d610, iso_4628_3
from vision.surface import SurfaceMap
from vision.types import ModelInfo

NOTHING_SEEN = "nothing of it was seen well enough to grade"
PARTLY_SEEN = "speaks only of the {:.0%} that was seen well enough"
NOT_ASSESSED = (
    "not assessed: foundation, anchor bolts, base plate, winch and luminaire ring are outside the camera's view",
    "not assessed: rust inside the shaft, wall thickness and cracks; photographs do not show them",
)
STATES: tuple[Literal["CS1", "CS2", "CS3"], ...] = ("CS1", "CS2", "CS3")
LEAST_WHOLE = 0.9
"""Below this coverage the pole's grade says how much of the pole it speaks of."""


@dataclass(frozen=True, slots=True)
class Climbed:
    """Which climb is assessed, and when."""

    climb_id: str
    frames: int
    assessed_at: datetime


def assess(
    surface: SurfaceMap,
    model: ModelInfo,
    climbed: Climbed,
    refinement: Refinement | None = None,
    notes: tuple[str, ...] = (),
) -> Assessment:
    """Grade everything that was seen; what was not seen is listed, never graded."""
    spreading = spread(surface)
    measured = parts(surface)
    whole, *rest = (_graded(part, model, spreading) for part in measured)
    share = share_at_or_above(surface, "Ri3")
    return Assessment(
        assessment_id=uuid7(climbed.assessed_at),
        climb_id=climbed.climb_id,
        assessed_at=climbed.assessed_at,
        model=model.name,
        model_sha256=model.sha256,
        rule=RULE,
        mm_per_px=surface.mm_per_px,
        required_mm_per_px=surface.required.mm_per_px,
        required_angle_deg=surface.required.angle_deg,
        frames=climbed.frames,
        whole=whole,
        parts=tuple(rest),
        gaps=gaps_of(holes(surface)),
        ri3_or_worse_share=None if share is None else min(1.0, share),
        proposed_states=_proposed(spreading),
        labels=_labels(surface, measured[0], model),
        pose_correction=None if refinement is None else _correction(refinement),
        notes=(*(() if refinement is None else (refinement.summary(),)), *notes, *NOT_ASSESSED),
    )


def _correction(found: Refinement) -> PoseCorrection:
    return PoseCorrection(
        height_factor=found.height_factor,
        standoff_factor=found.standoff_factor,
        roll_deg=found.roll_deg,
        matches=found.matches,
        rings=found.rings,
        seams=found.seams,
        plates=found.plates,
        turn_deg=found.turn_deg,
        before_mm=found.before_mm,
        after_mm=found.after_mm,
        landmarks_before_mm=found.landmarks_before_mm,
        landmarks_after_mm=found.landmarks_after_mm,
    )


def _graded(part: Part, model: ModelInfo, spreading: Spread) -> GradedArea:
    """Grade one part by what was seen of it."""
    coverage = min(1.0, part.seen_m2 / part.area_m2)
    if part.seen_m2 <= 0:
        return _part(part, coverage, None, "", NOTHING_SEEN)
    found = _estimated(part, model)
    spread_letter = "" if part.azimuth_from_deg is not None else letter(spreading, part.bottom_m, part.top_m)
    reason = "" if coverage >= LEAST_WHOLE else PARTLY_SEEN.format(coverage)
    return _part(part, coverage, found, spread_letter, reason)


def _estimated(part: Part, model: ModelInfo) -> Estimate:
    observed, sure = part.marked_m2 / part.seen_m2, part.sure_m2 / part.seen_m2
    return corrected(min(1.0, observed), part.seen_m2, model, sure)


def _part(part: Part, coverage: float, found: Estimate | None, spread_letter: str, reason: str) -> GradedArea:
    fraction = None if found is None else found.fraction
    return GradedArea(
        part=part.kind,
        name=part.name,
        bottom_m=part.bottom_m,
        top_m=part.top_m,
        azimuth_from_deg=part.azimuth_from_deg,
        azimuth_to_deg=part.azimuth_to_deg,
        area_m2=part.area_m2,
        seen_m2=part.seen_m2,
        coverage=coverage,
        rusted_m2=None if fraction is None else fraction * part.seen_m2,
        rusted_fraction=fraction,
        interval=None if found is None else Interval(low=found.low, high=found.high, level=LEVEL),
        iso_4628_3=None if fraction is None else iso_4628_3(fraction),
        iso_4628_3_range=None if found is None else (iso_4628_3(found.low), iso_4628_3(found.high)),
        astm_d610=None if fraction is None else _d610(fraction, spread_letter),
        reason=reason,
    )


def _d610(fraction: float, spread_letter: str) -> str:
    """Grade and letter; grades 10 (none) and 0 (more than half) have no letter."""
    grade = astm_d610(fraction)
    return f"{grade}-{spread_letter}" if spread_letter and 0 < grade < 10 else str(grade)


def _proposed(spreading: Spread) -> tuple[ProposedState, ...]:
    states = proposed_states(spreading)
    return tuple(ProposedState(state=state, area_m2=states[state]) for state in STATES)


def _labels(surface: SurfaceMap, whole: Part, model: ModelInfo) -> tuple[LabelArea, ...]:
    """List what the model tells apart over all that was seen; nothing where nothing was."""
    if surface.label is None or whole.seen_m2 <= 0:
        return ()
    found = _estimated(whole, model)
    return tuple(
        LabelArea(
            name=each.name,
            rust=each.rust,
            area_m2=each.fraction * whole.seen_m2,
            fraction=each.fraction,
            interval=Interval(low=each.low, high=each.high, level=LEVEL),
        )
        for each in label_shares(surface, model, found)
    )


def gaps_of(found: tuple[Hole, ...]) -> tuple[Gap, ...]:
    """Return holes as the record keeps them."""
    return tuple(
        Gap.model_validate(
            {
                "bottom_m": hole.bottom_m,
                "top_m": hole.top_m,
                "azimuth_from_deg": hole.azimuth_from_deg,
                "azimuth_to_deg": hole.azimuth_to_deg,
                "area_m2": hole.area_m2,
                "reason": hole.reason,
            }
        )
        for hole in found
    )
