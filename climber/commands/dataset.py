"""`highmast dataset`: check, count, divide, join, import, export and render data sets (vision/dataset/DATASET.md)."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from climber.errors import SOME_UNREAD, InputError
from vision.dataset.formats import EXPORTS, IMPORTS

if TYPE_CHECKING:
    from vision.dataset.shapes import Problem
    from vision.dataset.stats import Contents

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group()
def command() -> None:
    """Data sets of photographs with masks: a folder with dataset.toml, images/ and masks/."""


@contextmanager
def _plainly() -> Iterator[None]:
    """Turn errors of the data into errors a person can act on."""
    try:
        yield
    except ValueError as error:
        raise InputError(str(error)) from None


def _list(title: str, problems: "tuple[Problem, ...] | list[Problem]") -> None:
    if problems:
        click.echo(f"{title}:")
    for each in problems:
        click.echo(f"  {each.where}: {each.reason}")


@command.command()
@click.argument("root", type=FOLDER)
def check(root: Path) -> None:
    """Check files, sizes, values and hashes, and that no photograph is on two sides. Exit status 2 with problems."""
    from vision.dataset.check import check as checked
    from vision.dataset.folder import read_dataset

    with _plainly():
        count = len(read_dataset(root).photograph)
        with click.progressbar(length=count, file=sys.stderr, hidden=not sys.stderr.isatty(), label="checking") as bar:
            found = checked(root, bar.update)
    _list("problems", found.problems)
    _list("notes", found.notes)
    if found.problems:
        raise InputError(f"{root}: {len(found.problems)} problems in {count} photographs; mend them as listed")
    click.echo(f"{root}: {count} photographs are whole, and no split leaks into another")


@command.command()
@click.argument("root", type=FOLDER)
@click.option("--places", is_flag=True, help="By place instead of by split.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def stats(root: Path, places: bool, as_json: bool) -> None:
    """Photographs, labels, grades and scale, by split or by place."""
    from vision.dataset.folder import read_dataset
    from vision.dataset.stats import by_place, by_split

    with _plainly():
        rows = (by_place if places else by_split)(root, read_dataset(root))
    for name, row in rows.items():
        click.echo(json.dumps({"name": name, **asdict(row)}) if as_json else _row(name, row))


def _row(name: str, row: "Contents") -> str:
    shares = ", ".join(f"{label} {share:.2%}" for label, share in row.label_share.items())
    grades = ", ".join(f"{grade} {count}" for grade, count in row.by_grade.items() if count)
    scale = f", {row.mm_per_px[0]:g} to {row.mm_per_px[1]:g} mm/px" if row.mm_per_px else ""
    return (
        f"{name}: {row.photographs} photographs of {row.places} places, {row.megapixels:.1f} Mpx{scale}; "
        f"rusted {row.rusted_fraction:.2%} ({shares}); by grade: {grades}"
    )


@command.command()
@click.argument("root", type=FOLDER)
@click.option("--val", type=click.FloatRange(0.01, 0.9), default=0.2, show_default=True, help="Share of validation.")
@click.option("--test", type=click.FloatRange(0, 0.9), default=0.0, show_default=True, help="Share kept back.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--anew", is_flag=True, help="Deal the places that have a split, too.")
def split(root: Path, val: float, test: float, seed: int, anew: bool) -> None:
    """Deal whole places to train, val and test, and write the splits into dataset.toml.

    Places that have a split keep it, so that models trained before and after are judged on photographs that neither
    has seen.
    """
    from vision.dataset.folder import read_dataset, write_dataset
    from vision.dataset.split import divided
    from vision.dataset.stats import by_split

    if val + test >= 1:
        raise InputError(f"--val {val} and --test {test} leave nothing to train on; give less than 1 together")
    with _plainly():
        dataset = divided(root, read_dataset(root), {"val": val, **({"test": test} if test else {})}, seed, anew)
        write_dataset(root, dataset)
        for name, row in by_split(root, dataset).items():
            click.echo(_row(name, row))


@command.command(name="import")
@click.argument("kind", type=click.Choice(list(IMPORTS)), metavar="FORMAT")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--images", type=FOLDER, help="Folder of the photographs, where the source does not hold them.")
@click.option("--name", help="Name of the data set; default: the folder's.")
@click.option("--from", "origin", required=True, help="Where the photographs come from, for the card.")
@click.option("--licence", required=True, help="Their licence, for the card.")
@click.option("--rust", multiple=True, help="A label that counts as rusted; may be given again.")
@click.option("--rename", multiple=True, metavar="OLD=NEW", help="Rename a label; empty NEW makes it background.")
@click.option("--place", help="Pattern whose first group in a photograph's name is its place; default: its folder.")
@click.option("--split-by", type=click.Choice(["place", "pole"]), default="place", show_default=True)
@click.option("--mm-per-px", type=click.FloatRange(0.01, 100), help="Scale of the surface, where it is known.")
def import_(
    kind: str, source: Path, out: Path, images: Path | None, name: str | None, origin: str, licence: str,
    rust: tuple[str, ...], rename: tuple[str, ...], place: str | None, split_by: Literal["pole", "place"],
    mm_per_px: float | None,
) -> None:  # fmt: skip
    """Make the data set OUT of what a labelling tool exported to SOURCE.

    A pair that is broken is listed with its reason and left out; the exit status is then 5.
    """
    from vision.dataset.build import Wanted, build
    from vision.dataset.formats import module

    given = dict(each.partition("=")[::2] for each in rename)
    default = getattr(module(kind), "RUST", ())
    wanted = Wanted(name or out.name, origin, licence, rust or default, given, place, split_by, mm_per_px)
    with _plainly():
        dataset, problems = build(module(kind).read(source, images), wanted, out)
    _list("left out", problems)
    labels = ", ".join(f"{each.value} {each.name}{' (rust)' if each.rust else ''}" for each in dataset.labels)
    places = len({each.place for each in dataset.photograph})
    click.echo(f"{out}: {len(dataset.photograph)} photographs of {places} places; labels {labels}")
    if problems:
        sys.exit(SOME_UNREAD)


@command.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.argument("roots", type=FOLDER, nargs=-1, required=True)
def join(out: Path, roots: tuple[Path, ...]) -> None:
    """Make the data set OUT of the data sets ROOTS: what was labelled since, beside what was there.

    Labels are joined by name and places keep their split; a photograph that is in several counts once, with the mask of
    the last.
    """
    from vision.dataset.folder import read_dataset
    from vision.dataset.join import join as joined

    with _plainly():
        count = sum(len(read_dataset(root).photograph) for root in roots)
        with click.progressbar(length=count, file=sys.stderr, hidden=not sys.stderr.isatty(), label="joining") as bar:
            dataset, twice = joined(roots, out, bar.update)
    places = {each.place for each in dataset.photograph}
    undealt = sum(not dataset.split_of(place) for place in places)
    click.echo(f"{out}: {len(dataset.photograph)} photographs of {len(places)} places, {twice} with a later mask")
    if undealt:
        click.echo(f"{undealt} places have no split: deal them with `highmast dataset split {out}`")


@command.command()
@click.argument("kind", type=click.Choice(EXPORTS), metavar="FORMAT")
@click.argument("root", type=FOLDER)
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
def export(kind: str, root: Path, out: Path) -> None:
    """Write the data set ROOT to the folder OUT as another tool reads it."""
    from vision.dataset.folder import read_dataset
    from vision.dataset.formats import module

    with _plainly():
        dataset = read_dataset(root)
        module(kind).write(root, dataset, out)
    click.echo(f"wrote {len(dataset.photograph)} photographs' labels to {out} as {kind}")


@command.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--poles", type=click.IntRange(2, 100_000), default=12, show_default=True)
@click.option("--photographs", type=click.IntRange(1, 1000), default=4, show_default=True, help="Of each pole.")
@click.option("--side", type=click.IntRange(64, 4096), default=320, show_default=True, help="Side in pixels.")
@click.option("--val", type=click.FloatRange(0.01, 0.9), default=0.3, show_default=True, help="Share of validation.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
def render(out: Path, poles: int, photographs: int, side: int, val: float, seed: int) -> None:
    """Make the data set OUT by the renderer: stains, and rust in three states, each pixel known."""
    from vision.dataset.made import Order, make

    order = Order(poles, photographs, side, seed, val)
    with (
        _plainly(),
        click.progressbar(length=poles, file=sys.stderr, hidden=not sys.stderr.isatty(), label="rendering") as bar,
    ):
        for _ in make(order, out):
            bar.update(1)
    click.echo(f"wrote {poles * photographs} photographs of {poles} poles to {out}")


command.help = f"{command.help}\n\nFormats to import:\n\n\b\n" + "\n".join(
    f"{name:<17} {what}" for name, what in IMPORTS.items()
)
