"""`highmast draw`: pictures of a graded climb for people."""

from pathlib import Path

import click

from climber import options


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write into (default: the climb's folder).")
@options.language
def command(folder: Path, out: Path | None, language: str) -> None:
    """Draw map.png (unrolled), side.png (from the side) and turn.html (to turn in a browser) of the climb in FOLDER.

    The latest assessment is drawn. turn.html is self-contained: send it to anyone.
    """
    from climber.drawing import read_graded
    from climber.drawing_files import write_drawings
    from climber.lettering import can_letter
    from climber.saying import Saying, in_language

    target = out or folder
    target.mkdir(parents=True, exist_ok=True)
    if not can_letter(language):
        lacking = Saying("map.png and side.png in English: no typeface with Chinese here (Debian: fonts-noto-cjk)")
        click.echo(in_language(lacking, language), err=True)
    for path in write_drawings(read_graded(folder, language), target):
        click.echo(path)
