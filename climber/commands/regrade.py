"""`highmast regrade`: the model and the rule of today on climbs of any day."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import click

from climber import options
from climber.errors import SOME_UNREAD, InputError
from climber.record import Assessment


@click.command()
@click.argument("place", type=click.Path(path_type=Path, exists=True))
@click.option("--model", type=click.Path(path_type=Path), help="Model file; default: the one in production.")
@click.option("--mm-per-px", type=click.FloatRange(0.2, 10), default=1.0, show_default=True, help="Scale of the map.")
@click.option("--tiff", is_flag=True, help="Also write the map as tiled TIFF with overviews beside the assessment.")
@options.language
@click.option("--json", "as_json", is_flag=True, help="One assessment a line.")
def command(place: Path, model: Path | None, mm_per_px: float, tiff: bool, language: str, as_json: bool) -> None:
    """Grade the climb in PLACE, or every climb below it, again, and add the assessment as `grades/ID.json`.

    PLACE may be a ZIP archive of such folders; the assessments are then added to it. Nothing recorded is changed:
    `grade.json` and earlier assessments stay. A climb that cannot be read is reported and the rest go on (status 5).
    """
    from climber.archive import unpacked
    from climber.assess import NOT_ASSESSED
    from climber.saying import in_language

    grade = _grader(model, mm_per_px, tiff)
    with unpacked(place) if place.is_file() else nullcontext(place) as opened:
        unread = _graded(opened, place, grade, None if as_json else language)
    if not as_json:
        click.echo("\n".join(in_language(note, language) for note in NOT_ASSESSED))
    if unread:
        sys.exit(SOME_UNREAD)


def _grader(model: Path | None, mm_per_px: float, tiff: bool) -> Callable[[Path], tuple[Assessment, Path]]:
    """Load the model once; returns what grades a folder."""
    from climber.mapping import find_rust
    from climber.regrading import regrade
    from vision.runtime import DEFAULT
    from vision.segmenter import Segmenter
    from vision.types import Image, Mask, PoleShape, View

    try:
        segmenter = Segmenter.load_fastest(model)
    except ValueError as error:
        raise InputError(str(error)) from None
    if segmenter.runtime != DEFAULT:
        click.echo(f"computed by {segmenter.runtime}, kept by `highmast runtime`", err=True)

    def segment(image: Image, view: View, shape: PoleShape) -> Mask | None:
        return find_rust(segmenter, shape, image, view)

    return lambda folder: regrade(folder, segment, segmenter.info, mm_per_px, tiff)


def _graded(opened: Path, place: Path, grade: Callable[[Path], tuple[Assessment, Path]], language: str | None) -> int:
    """Grade the climbs of an opened place and print them under its own name, as JSON without a language; returns how
    many could not be read."""
    from climber.regrading import climbs_in

    unread = 0
    for folder in climbs_in(opened):
        try:
            assessment, path = grade(folder)
        except InputError as error:
            click.echo(f"highmast: {str(error).replace(str(opened), str(place))}", err=True)
            unread += 1
            continue
        named, added = (place / each.relative_to(opened) for each in (folder, path))
        click.echo(_line(named, assessment, added, language) if language else assessment.model_dump_json())
    return unread


def _line(folder: Path, assessment: Assessment, path: Path, language: str) -> str:
    """One line: the climb, its new grade, where it is."""
    from climber.saying import Saying, in_language
    from climber.telling import graded

    grades, gaps = graded(assessment.whole), len(assessment.gaps)
    return in_language(
        Saying("{folder}: {grades}, {gaps} gaps ({path})", folder=folder, grades=grades, gaps=gaps, path=path), language
    )
