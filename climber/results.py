"""From a finished climb's map to what people look at: pictures, grades, the summary in the terminal."""

from datetime import UTC, datetime

from rich.console import Console
from rich.progress import Progress

from climber.assess import Climbed, assess
from climber.grader import Grader
from climber.pictures import write_labels, write_pictures
from climber.record import Assessment
from climber.recording import MASKS, Record
from climber.saying import ENGLISH, Saying, in_language
from climber.signing import laptop_key, write_assessment
from climber.telling import summary
from vision.refine import Refinement
from vision.surface import SurfaceMap
from vision.types import ModelInfo


def write_results(
    record: Record, grader: Grader, model: ModelInfo, console: Console, language: str = ENGLISH
) -> Assessment:
    """Grade what waits, write pictures, masks and `grade.json` with its signature, print the summary."""
    surface, refinement = _final_map(grader, console, language)
    write_pictures(record.folder, surface)
    write_labels(record.folder, surface, model)
    climbed = Climbed(record.start.climb_id, len(record.observations), datetime.now(UTC))
    assessment = assess(surface, model, climbed, refinement)
    grader.photographs.write_masks(record.folder / MASKS / assessment.assessment_id)
    write_assessment(record.folder / "grade.json", assessment, laptop_key())
    console.print(summary(assessment, language))
    return assessment


def _final_map(grader: Grader, console: Console, language: str) -> tuple[SurfaceMap, Refinement]:
    """Grade what waits, correct the poses by what all frames show together, and lay them once more."""
    surface = SurfaceMap(grader.surface.shape, grader.surface.mm_per_px)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        grading = bar.add_task(in_language(Saying("grading"), language), total=grader.graded + grader.waiting)
        for _ in grader.finish():
            bar.update(grading, completed=grader.graded)
        laying = bar.add_task(in_language(Saying("mapping"), language), total=len(grader.photographs))
        refinement = grader.photographs.refined()
        for _ in grader.photographs.lay(surface, refinement):
            bar.advance(laying)
    return surface, refinement
