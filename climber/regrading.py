"""Recorded climbs graded again: the photographs and poses stay, an assessment is added."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from climber.assess import Climbed, assess
from climber.errors import InputError
from climber.mapping import Photographs, read_image
from climber.pictures import write_labels, write_marks, write_pictures
from climber.pole import shape_of
from climber.record import Assessment, Observation
from climber.recording import MASKS, RECORD, Record, read_record
from climber.signing import laptop_key, write_assessment
from climber.upload import file_sha256
from climber.views import view_at
from vision.surface import SurfaceMap
from vision.tiff import write_tiff
from vision.types import Camera, Image, Mask, ModelInfo, PoleShape, View

Segment = Callable[[Image, View, PoleShape], Mask | None]
"""A model: the mask of a photograph, or None when it cannot be graded."""


def climbs_in(place: Path) -> tuple[Path, ...]:
    """Return the climb folders at a place: the folder itself, or those anywhere below it, in name order.

    Raises InputError when there is none.
    """
    if (place / RECORD).is_file():
        return (place,)
    found = tuple(sorted(path.parent for path in place.rglob(RECORD)))
    if not found:
        raise InputError(f"{place}: holds no {RECORD}; give a climb's folder, or a folder of such folders")
    return found


def regrade(
    folder: Path, segment: Segment, model: ModelInfo, mm_per_px: float = 1.0, tiff: bool = False
) -> tuple[Assessment, Path]:
    """Grade a recorded climb again and add the assessment as `grades/ID.json`; older ones are left as they are.

    What was marked on the photographs goes to `masks/ID/`, what that makes of the surface to `grades/ID/`.
    `tiff` adds the map as `grades/ID.tif`. A climb that was never graded also gets its unrolled pictures.

    Raises InputError when the record or a photograph is lost, altered or unreadable.
    """
    record = read_record(folder)
    surface = SurfaceMap(shape_of(record.start.pole), mm_per_px)
    camera = Camera(**record.start.camera.model_dump())
    photographs = Photographs(surface.shape)
    for observation in record.observations:
        file = _unaltered(record, observation)
        image = read_image(file)
        view = view_at(observation, camera)
        photographs.keep(file, image, segment(image, view, surface.shape), view)
    refinement = photographs.refined()
    for _ in photographs.lay(surface, refinement):
        pass
    climbed = Climbed(record.start.climb_id, len(record.observations), datetime.now(UTC))
    assessment = assess(surface, model, climbed, refinement)
    path = folder / "grades" / f"{assessment.assessment_id}.json"
    marks = path.with_suffix("")
    marks.mkdir(parents=True)
    if tiff:
        write_tiff(path.with_suffix(".tif"), surface)
    if not (folder / "surface.png").exists():
        write_pictures(folder, surface)
    write_marks(marks, surface)
    write_labels(marks, surface, model)
    photographs.write_masks(folder / MASKS / assessment.assessment_id)
    write_assessment(path, assessment, laptop_key())
    return assessment, path


def _unaltered(record: Record, observation: Observation) -> Path:
    file = record.folder / observation.file
    if not file.is_file():
        raise InputError(f"{file}: the record names this photograph, but it is not there; copy the folder whole")
    if file_sha256(file) != observation.sha256:
        raise InputError(f"{file}: altered since the climb; a grade of it would not be a grade of the climb")
    return file
