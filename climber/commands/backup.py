"""`highmast backup`: copy a history while it is in use."""

import sys
from pathlib import Path

import click

from climber.errors import HighmastError
from climber.service.settings import default_data


@click.command()
@click.argument("target", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False))
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="The service's data folder.")
@click.option("--check", is_flag=True, help="Copy nothing; read FOLDER and say whether all of it is whole.")
def command(target: Path, data: Path | None, check: bool) -> None:
    """Copy a history service's data to FOLDER; the service may run meanwhile. Again into the same FOLDER adds what is
    new. The copy is itself a data folder: `highmast serve --data FOLDER` serves it.

    A PostgreSQL database is copied by pg_dump; FOLDER then holds the pictures.
    """
    from climber.service.backup import back_up, damaged

    def tell(copied: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{copied} pictures copied", err=True, nl=False)

    if not check:
        copied = back_up(data or default_data(), target, tell)
        click.echo(f"{target}: {copied} pictures copied")
    wrong = list(damaged(target))
    for one in wrong:
        click.echo(one, err=True)
    if wrong:
        raise HighmastError(
            f"{target}: {len(wrong)} things are damaged; take another copy into an empty folder, "
            "or remove what is altered here and copy again"
        )
    click.echo(f"{target}: whole")
