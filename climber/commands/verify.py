"""`highmast verify`: is a climb folder still as it was recorded?"""

from pathlib import Path

import click

from climber.errors import InputError
from climber.recording import read_record
from climber.signing import verify, why_unsigned


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--key", help="Public key (64 hex digits) that must have signed.")
def command(folders: tuple[Path, ...], key: str | None) -> None:
    """Check records, frames, assessments and signatures in FOLDERS; any altered byte is named.

    Exit status 0 when all is as signed, 2 when something was altered, cut, deleted, or is not signed.
    Assessments of records made before those were signed are named, and are no error.
    """
    problems = [problem for folder in folders for problem in _check(folder, key)]
    for problem in problems:
        click.echo(problem)
    if problems:
        raise InputError(f"{len(problems)} problem(s) found: keep the folder as it is and ask whoever made it.")


def _check(folder: Path, key: str | None) -> list[str]:
    try:
        record = read_record(folder)
        verified = verify(record)
    except InputError as error:
        return [str(error)]
    for note in verified.notes:
        click.echo(note)
    problems = list(verified.problems)
    if verified.public_key is None:
        problems.append(why_unsigned(record))
    elif key is not None and key != verified.public_key:
        problems.append(f"{folder}: signed by {verified.public_key}, not by {key}")
    if not problems:
        click.echo(f"{folder}: {verified.frames} frames as recorded, signed by {verified.public_key}")
    return problems
