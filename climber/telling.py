"""An assessment in words, for terminals and pictures. The record keeps English; these are Sayings in any language."""

import re
from functools import partial

from climber.columns import in_columns
from climber.record import Assessment, GradedArea, LabelArea
from climber.saying import ENGLISH, Saying, in_language
from climber.seen import in_words

SHOWN_GAPS = 5
POSES = (
    "poses corrected by {matches} matches, {rings} rings of known height, {seams} sights of weld lines and {plates} of "
    "plates: heights x {heights}, standoff x {standoff}, roll {roll} degrees, turned {turned} degrees; misfit {before} "
    "mm before, {after} mm after; landmarks {off_before} mm off before, {off_after} mm after"
)
KEPT = ("section {n}", "slip joint at {n} m", "weld line of section {n}", "worst {n} m2", POSES)
"""Templates of names and notes that stand in an assessment as plain English."""


def kept(text: str) -> str:
    """Return a name or note of an assessment as the Saying that it once was; another text as it is."""
    found = ((template, re.fullmatch(_pattern(template), text)) for template in KEPT)
    return next((Saying(template, **match.groupdict()) for template, match in found if match), text)


def _pattern(template: str) -> str:
    return re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>\\S+)", re.escape(template))


def graded(part: GradedArea) -> Saying:
    """Grades, share with its interval, and how much was seen."""
    if part.rusted_fraction is None or part.interval is None:
        return Saying("not graded: {reason}", reason=part.reason)
    return Saying(
        "{ri} / D610 {d610}, {share:.2%} rusted ({low:.2%} to {high:.2%}), seen {seen:.1%}",
        ri=part.iso_4628_3,
        d610=part.astm_d610,
        share=part.rusted_fraction,
        low=part.interval.low,
        high=part.interval.high,
        seen=part.coverage,
    )


def graded_in_short(part: GradedArea) -> Saying:
    """Grades, share and the range of grades that its interval spans in a few characters."""
    if part.rusted_fraction is None:
        return Saying("not graded")
    span = part.iso_4628_3_range
    return Saying(
        "{ri}  {d610}  {share:.2%}{between}{seen}",
        ri=part.iso_4628_3,
        d610=part.astm_d610,
        share=part.rusted_fraction,
        between="" if span is None or span[0] == span[1] else Saying("  ({low} to {high})", low=span[0], high=span[1]),
        seen="" if part.coverage > 0.995 else Saying(", seen {seen:.0%}", seen=part.coverage),
    )


def summary(assessment: Assessment, language: str = ENGLISH) -> str:
    """The grades of the pole and its sections, the gaps to look at again, and what no camera grades."""
    say = partial(in_language, language=language)
    parts = [assessment.whole, *(part for part in assessment.parts if part.part == "section")]
    rows = [(kept(part.name), _with_areas(part)) for part in parts]
    rows += [(f"  {label.name}", _share(label)) for label in assessment.labels]
    lines = in_columns([(say(name), say(words)) for name, words in rows])
    return "\n".join((*lines, *map(say, _not_graded(assessment)), *map(say, _how(assessment))))


def _with_areas(part: GradedArea) -> Saying:
    if part.rusted_m2 is None:
        return graded(part)
    return Saying(
        "{graded} of {area_m2:.2f} m2: {rusted_m2:.3f} m2 rusted",
        graded=graded(part),
        area_m2=part.area_m2,
        rusted_m2=part.rusted_m2,
    )


def _share(label: LabelArea) -> Saying:
    return Saying(
        "{area_m2:.3f} m2, {share:.2%} ({low:.2%} to {high:.2%})",
        area_m2=label.area_m2,
        share=label.fraction,
        low=label.interval.low,
        high=label.interval.high,
    )


def _not_graded(assessment: Assessment) -> list[Saying]:
    """What was not seen well enough, and the largest gaps."""
    shown, more = assessment.gaps[:SHOWN_GAPS], len(assessment.gaps) - SHOWN_GAPS
    told = Saying(
        "not graded: {area_m2:.2f} m2 in {gaps} gaps (needed: {mm_per_px} mm/px within {angle_deg:.0f} degrees)",
        area_m2=assessment.whole.area_m2 - assessment.whole.seen_m2,
        gaps=len(assessment.gaps),
        mm_per_px=assessment.required_mm_per_px,
        angle_deg=assessment.required_angle_deg,
    )
    rest = [Saying("  and {more} smaller ones: see `gaps` in grade.json", more=more)] if more > 0 else []
    return [told, *(Saying("  look again: {gap}", gap=in_words(gap)) for gap in shown), *rest]


def _how(assessment: Assessment) -> list[str]:
    by = Saying("model {model}, rule {rule}", model=assessment.model, rule=assessment.rule)
    return [by, *map(kept, assessment.notes)]
