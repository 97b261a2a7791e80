"""`highmast evaluate`: what a model scores on photographs with masks, and what fools it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from climber.errors import InputError

if TYPE_CHECKING:
    from vision.corrections import Corrections
    from vision.evaluation import PhotoScore, Scores
    from vision.labels import Pair
    from vision.segmenter import Segmenter
    from vision.silhouettes import Silhouettes

    View = tuple[Corrections | None, Silhouettes | None]

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.argument("dataset", type=FOLDER)
@click.option("--split", default="val", show_default=True, help="Split to measure on.")
@click.option("--set", "sets", multiple=True, help="Only this set; may be given again.")
@click.option("--model", type=click.Path(path_type=Path), help="Model file; default: the one in production.")
@click.option("--corrections", type=click.Path(path_type=Path), help="Corrections of masks, measured beside.")
@click.option(
    "--silhouettes", type=click.Path(path_type=Path), help="Outlines of the steel: also measured inside them."
)
@click.option("--tiles", type=FOLDER, help="Texture tiles: also the false alarms by material.")
@click.option("--worst", type=click.Path(path_type=Path), help="Write a contact sheet of the worst 24 (PNG).")
@click.option("--reliability", is_flag=True, help="Also stated probability beside the observed share of rust.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(
    dataset: Path,
    split: str,
    sets: tuple[str, ...],
    model: Path | None,
    corrections: Path | None,
    silhouettes: Path | None,
    tiles: Path | None,
    worst: Path | None,
    reliability: bool,
    as_json: bool,
) -> None:
    """Measure a model on DATASET: a folder with dataset.toml, or with index.csv (columns set, name, split).

    With index.csv photographs are SET/images/NAME.jpg (or .png), masks SET/masks/NAME.png with 0 = not rust. Of a
    dataset.toml each place is a set. The masks as they are come first; rows beside them use --corrections, or count
    only the pixels inside --silhouettes, or both.
    """
    from vision.evaluation import chosen, scored, summed
    from vision.labels import learnt, read_index
    from vision.segmenter import Segmenter

    try:
        views = _views(corrections, silhouettes)
        segmenter = Segmenter.load(model)
        groups = chosen(read_index(dataset), split, sets)
        if not groups:
            raise InputError(
                f"{dataset} has no photographs of split {split!r} in these sets; choose another split or set"
            )
        all_scores: list[PhotoScore] = []
        for name, pairs in groups.items():
            scores = list(scored(segmenter, pairs))
            all_scores += scores
            if known := len(learnt(pairs, segmenter.card.trained_on)):
                click.echo(f"{name}/{split}: the model learnt from {known} of these photographs", err=True)
            _show(f"{name}/{split}", summed(scores), as_json)
            if reliability:
                _reliability(scores, as_json)
            for words, view in views.items():
                _beside(f"{name}/{split} {words}", list(scored(segmenter, pairs, *view)), as_json)
            _steel(f"{name}/{split} steel", segmenter, pairs, views, as_json)
        if tiles is not None:
            _confusers(segmenter, tiles, as_json)
        if worst is not None:
            _sheet(worst, segmenter, all_scores)
    except ValueError as error:
        raise InputError(str(error)) from None


def _reliability(scores: list["PhotoScore"], as_json: bool) -> None:
    import numpy as np

    from vision.metrics import reliability

    stated = np.concatenate([score.probability.ravel() for score in scores])
    truth = np.concatenate([score.truth.ravel() for score in scores])
    for share, mean, seen in reliability(stated, truth):
        line = {"share": round(share, 5), "stated": round(mean, 3), "observed": round(seen, 3)}
        click.echo(
            json.dumps(line) if as_json else f"  stated {mean:.2f}: {seen:.2f} is rust ({share:.2%} of the pixels)"
        )


def _views(corrections: Path | None, silhouettes: Path | None) -> dict[str, "View"]:
    """Return what is measured beside the masks as they are, by its name."""
    from vision.corrections import read_corrections
    from vision.silhouettes import read_silhouettes

    mended = None if corrections is None else read_corrections(corrections)
    steel = None if silhouettes is None else read_silhouettes(silhouettes)
    views: dict[str, View] = {} if mended is None else {"mended": (mended, None)}
    if steel is not None:
        views["inside silhouettes"] = (None, steel)
    if mended is not None and steel is not None:
        views["mended, inside silhouettes"] = (mended, steel)
    return views


def _beside(name: str, scores: list["PhotoScore"], as_json: bool) -> None:
    from vision.evaluation import summed

    if scores:
        _show(name, summed(scores), as_json)
    else:
        click.echo(f"{name}: no photograph of this set is left", err=True)


def _steel(name: str, segmenter: "Segmenter", pairs: list["Pair"], views: dict[str, "View"], as_json: bool) -> None:
    from vision.evaluation import steel_scored

    silhouettes = next((steel for _, steel in views.values() if steel is not None), None)
    scores = None if silhouettes is None else steel_scored(segmenter, pairs, silhouettes)
    if scores is None:
        return
    if as_json:
        click.echo(json.dumps({"set": name, **asdict(scores)}))
        return
    click.echo(
        f"{name}: {scores.photographs} photographs, IoU {scores.iou:.3f}, F1 {scores.f1:.3f}, "
        f"{scores.refused} called `not steel`"
    )


def _show(name: str, scores: "Scores", as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"set": name, **asdict(scores)}))
        return
    click.echo(
        f"{name}: {scores.photographs} photographs, rust IoU {scores.iou:.3f}, F1 {scores.f1:.3f}, "
        f"precision {scores.precision:.3f}, recall {scores.recall:.3f}, area error {scores.area_error:.4f} "
        f"(bias {scores.area_bias:+.4f}), calibration error {scores.calibration_error:.3f}"
    )


def _confusers(segmenter: "Segmenter", tiles: Path, as_json: bool) -> None:
    from vision.confusers import false_alarms

    for row in false_alarms(segmenter, tiles):
        if as_json:
            click.echo(json.dumps({"material": row.material, **asdict(row)}))
        else:
            click.echo(
                f"{row.material}: {row.pictures} pictures, {row.false_positive_rate:.3%} called rust, "
                f"{row.refused} called `not steel`"
            )


def _sheet(path: Path, segmenter: "Segmenter", scores: list["PhotoScore"]) -> None:
    from climber.files import write_file
    from vision.contact_sheet import contact_sheet

    write_file(path, contact_sheet(segmenter, scores, 24))
    click.echo(f"wrote {path}: photograph, truth (blue) and answer (orange), worst first")
