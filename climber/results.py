"""From a finished climb's map to what people look at: pictures, grades, the summary in the terminal."""

from datetime import UTC, datetime

from rich.console import Console
from rich.progress import Progress

from climber.assess import Climbed, assess
from climber.grader import Grader
from climber.pictures import write_labels, write_pictures
from climber.record import Assessment, GradedArea, LabelArea
from climber.recording import MASKS, Record
from climber.seen import in_words
from climber.signing import laptop_key, write_assessment
from vision.refine import Refinement
from vision.surface import SurfaceMap
from vision.types import ModelInfo


def write_results(record: Record, grader: Grader, model: ModelInfo, console: Console) -> Assessment:
    """Grade what waits, write pictures, masks and `grade.json` with its signature, print the summary."""
    surface, refinement = _final_map(grader, console)
    write_pictures(record.folder, surface)
    write_labels(record.folder, surface, model)
    climbed = Climbed(record.start.climb_id, len(record.observations), datetime.now(UTC))
    assessment = assess(surface, model, climbed, refinement)
    grader.photographs.write_masks(record.folder / MASKS / assessment.assessment_id)
    write_assessment(record.folder / "grade.json", assessment, laptop_key())
    console.print(summary(assessment))
    return assessment


def _final_map(grader: Grader, console: Console) -> tuple[SurfaceMap, Refinement]:
    """Grade what waits, correct the poses by what all frames show together, and lay them once more."""
    surface = SurfaceMap(grader.surface.shape, grader.surface.mm_per_px)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        grading = bar.add_task("grading", total=grader.graded + grader.waiting)
        for _ in grader.finish():
            bar.update(grading, completed=grader.graded)
        laying = bar.add_task("mapping", total=len(grader.photographs))
        refinement = grader.photographs.refined()
        for _ in grader.photographs.lay(surface, refinement):
            bar.advance(laying)
    return surface, refinement


SHOWN_GAPS = 5


def summary(assessment: Assessment) -> str:
    """The grades of the pole and its sections, the gaps to look at again, and what no camera grades."""
    parts = [assessment.whole, *(part for part in assessment.parts if part.part == "section")]
    lines = [_line(part) for part in parts]
    lines.extend(_label(label) for label in assessment.labels)
    unseen_m2 = assessment.whole.area_m2 - assessment.whole.seen_m2
    lines.append(
        f"not graded: {unseen_m2:.2f} m2 in {len(assessment.gaps)} gaps "
        f"(needed: {assessment.required_mm_per_px} mm/px within {assessment.required_angle_deg:.0f} degrees)"
    )
    lines.extend(f"  look again: {in_words(gap)}" for gap in assessment.gaps[:SHOWN_GAPS])
    if len(assessment.gaps) > SHOWN_GAPS:
        lines.append(f"  and {len(assessment.gaps) - SHOWN_GAPS} smaller ones: see `gaps` in grade.json")
    lines.append(f"model {assessment.model}, rule {assessment.rule}")
    lines.extend(assessment.notes)
    return "\n".join(lines)


def _label(label: LabelArea) -> str:
    low, high = label.interval.low, label.interval.high
    return f"  {label.name:<12} {label.area_m2:.3f} m2, {label.fraction:.2%} ({low:.2%} to {high:.2%})"


def _line(part: GradedArea) -> str:
    if part.rusted_fraction is None or part.rusted_m2 is None or part.interval is None:
        return f"{part.name:<12} not graded: {part.reason}"
    return (
        f"{part.name:<12} {part.iso_4628_3} / D610 {part.astm_d610}  {part.rusted_m2:.3f} m2 rusted, "
        f"{part.rusted_fraction:.2%} ({part.interval.low:.2%} to {part.interval.high:.2%}), "
        f"seen {part.coverage:.1%} of {part.area_m2:.2f} m2"
    )
