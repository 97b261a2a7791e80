"""`highmast promote`: a candidate takes the place of the model in production, if it loses nowhere."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from climber.errors import InputError

if TYPE_CHECKING:
    from vision.gate import Verdict
    from vision.segmenter import Segmenter

PLACE = click.Path(path_type=Path, exists=True)
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.argument("model", type=PLACE)
@click.option("--data", type=PLACE, multiple=True, required=True, help="Data set to compare on; may be given again.")
@click.option("--split", default="val", show_default=True, help="Split that is held out.")
@click.option("--tiles", type=FOLDER, help="Texture tiles: compare false alarms by material too.")
@click.option("--registry", type=click.Path(path_type=Path), help="Folder of models; default: HIGHMAST_MODELS.")
@click.option("--without-steel", is_flag=True, help="Accept a model that no longer refuses pictures without steel.")
@click.option("--compare-only", is_flag=True, help="Print the comparison and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(
    model: Path,
    data: tuple[Path, ...],
    split: str,
    tiles: Path | None,
    registry: Path | None,
    without_steel: bool,
    compare_only: bool,
    as_json: bool,
) -> None:
    """Compare MODEL with the model in production on held-out photographs, and put it in production if it is no worse.

    It is refused (status 2) where it loses beyond the 95 % interval on a held-out place, on calibration, on anything
    that is not rust, on rust that it calls `not steel`, or on speed, and where it no longer refuses pictures without
    steel, which a model of several labels never does. `highmast climb`, `grade` and `regrade` use the model in
    production.
    """
    from vision.registry import Registry, default_root
    from vision.segmenter import Segmenter

    models = Registry(registry or default_root())
    try:
        production, candidate = (Segmenter.load(path, threads=1) for path in (models.production, model))
        found = _verdicts(production, candidate, data, split, tiles)
    except ValueError as error:
        raise InputError(str(error)) from None
    _show(found, production, candidate, as_json)
    lost = [verdict for verdict in found if verdict.lost and not (without_steel and verdict.kind == "ground")]
    if not compare_only:
        added = models.add(model, candidate.card.name)
        comparison = {"production": production.info.sha256, "verdicts": [asdict(verdict) for verdict in found]}
        if lost:
            models.refuse(added, comparison)
        else:
            click.echo(f"in production: {models.promote(added, comparison)}", err=as_json)
    if lost:
        names = "; ".join(verdict.what for verdict in lost)
        raise InputError(f"{model} is refused, it loses on: {names}. Mend it, or find out why the comparison is unfair")


def _verdicts(
    production: "Segmenter", candidate: "Segmenter", data: tuple[Path, ...], split: str, tiles: Path | None
) -> "list[Verdict]":
    from vision.comparison import looks
    from vision.gate import verdicts

    with click.progressbar(looks(production, candidate, data, split, tiles), label="comparing", hidden=True) as seen:
        return verdicts(list(seen))


def _show(found: "list[Verdict]", production: "Segmenter", candidate: "Segmenter", as_json: bool) -> None:
    if as_json:
        for verdict in found:
            click.echo(json.dumps(asdict(verdict)))
        return
    names = [f"{each.card.name} {each.info.sha256[:8]}" for each in (production, candidate)]
    table = Table(title=f"production: {names[0]}    candidate: {names[1]}", title_justify="left")
    for title in ("", "pictures", "production", "candidate", "difference", "95 % interval", ""):
        table.add_column(title, justify="left" if not title else "right")
    for v in found:
        numbers = f"{v.production:.4f}", f"{v.candidate:.4f}", f"{v.difference:+.4f}", f"{v.low:+.4f} to {v.high:+.4f}"
        table.add_row(v.what, str(v.photographs), *numbers, "LOSES" if v.lost else "")
    Console(width=None if Console().is_terminal else 130).print(table)
