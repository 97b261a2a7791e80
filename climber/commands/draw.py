"""`highmast draw`: pictures of a graded climb for people."""

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write into (default: the climb's folder).")
def command(folder: Path, out: Path | None) -> None:
    """Draw map.png (unrolled), side.png (from the side) and turn.html (to turn in a browser) of the climb in FOLDER.

    The latest assessment is drawn. turn.html is self-contained: send it to anyone.
    """
    from climber.drawing import read_graded
    from climber.drawing_files import write_drawings

    target = out or folder
    target.mkdir(parents=True, exist_ok=True)
    for path in write_drawings(read_graded(folder), target):
        click.echo(path)
