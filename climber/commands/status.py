"""`highmast status`: what is on this laptop, and what the service has confirmed of it. Needs no network."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from climber.errors import SOME_UNREAD, InputError

if TYPE_CHECKING:
    from climber.recording import Record

COLUMNS = ("pole", "started_at", "outcome", "frames", "size_mb", "confirmed", "folder")


@click.command()
@click.argument("folders", metavar="[DIR]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(folders: tuple[Path, ...], as_json: bool) -> None:
    """Show the climbs on this laptop, or those in DIR, and what a history service has confirmed of each.

    `yes`: the service confirmed everything that is in the folder now. `partly`: something came since. `no`: it waits
    for `highmast sync`. Nothing here deletes anything: a folder may go once it says `yes`.
    """
    from climber.laptop import remembered

    rows, unread = [], 0
    for folder in folders or remembered():
        try:
            rows.append(_row(folder))
        except InputError as error:
            click.echo(f"{folder}: {error}", err=True)
            unread += 1
    _show(rows, as_json)
    if unread:
        sys.exit(SOME_UNREAD)


def _row(folder: Path) -> dict[str, Any]:
    from climber.confirmed import standing
    from climber.recording import read_record

    record = read_record(folder)
    now = standing(record)
    confirmed = now.confirmed
    return {
        "pole": record.start.pole.code,
        "started_at": f"{record.start.started_at:%Y-%m-%d %H:%M}",
        "outcome": _outcome(record),
        "frames": len(record.observations),
        "size_mb": round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6, 1),
        "confirmed": "no" if confirmed is None else "yes" if now.whole else "partly",
        "service": None if confirmed is None else confirmed.service,
        "confirmed_at": None if confirmed is None else f"{confirmed.confirmed_at:%Y-%m-%d %H:%M}",
        "folder": str(folder),
    }


def _outcome(record: "Record") -> str:
    return "failed (no stop line)" if record.stop is None else record.stop.outcome


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
        return
    if not rows:
        click.echo("no climbs on this laptop yet")
        return
    table = [COLUMNS, *[tuple(str(row[name]) for name in COLUMNS) for row in rows]]
    widths = [max(len(line[column]) for line in table) for column in range(len(COLUMNS))]
    for line in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    waiting = sum(row["confirmed"] != "yes" for row in rows)
    click.echo(f"{len(rows)} climb(s), {waiting} waiting for `highmast sync --service URL`")
