"""`highmast status`: what is on this laptop, and what the service has confirmed of it. Needs no network."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from climber import options
from climber.errors import SOME_UNREAD, InputError
from climber.saying import Saying, in_language

if TYPE_CHECKING:
    from climber.confirmed import Standing
    from climber.recording import Record

COLUMNS = {
    "pole": Saying("pole"),
    "started_at": Saying("started (UTC)"),
    "outcome": Saying("outcome"),
    "frames": Saying("photographs"),
    "size_mb": Saying("MB"),
    "confirmed": Saying("confirmed"),
    "folder": Saying("folder"),
}
"""What of a row the table shows, and its heading."""


@click.command()
@click.argument("folders", metavar="[DIR]...", nargs=-1, type=click.Path(path_type=Path))
@options.language
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(folders: tuple[Path, ...], language: str, as_json: bool) -> None:
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
            click.echo(f"{folder}: {error.said(language)}", err=True)
            unread += 1
    for line in map(_json, rows) if as_json else _table(rows, language):
        click.echo(line)
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
        "confirmed": _answer(now),
        "service": None if confirmed is None else confirmed.service,
        "confirmed_at": None if confirmed is None else f"{confirmed.confirmed_at:%Y-%m-%d %H:%M}",
        "folder": str(folder),
    }


def _outcome(record: "Record") -> str:
    return Saying("failed (no stop line)") if record.stop is None else record.stop.outcome


def _answer(now: "Standing") -> Saying:
    if now.confirmed is None:
        return Saying("no")
    return Saying("yes") if now.whole else Saying("partly")


def _json(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)


def _table(rows: list[dict[str, Any]], language: str) -> list[str]:
    from climber.columns import in_columns

    if not rows:
        return [in_language(Saying("no climbs on this laptop yet"), language)]
    said = [row | {name: in_language(row[name], language) for name in ("outcome", "confirmed")} for row in rows]
    heading = [in_language(heading, language) for heading in COLUMNS.values()]
    lines = in_columns([heading, *([str(row[name]) for name in COLUMNS] for row in said)])
    waiting = sum(row["confirmed"] != "yes" for row in rows)
    count = Saying(
        "{climbs} climb(s), {waiting} waiting for `highmast sync --service URL`", climbs=len(rows), waiting=waiting
    )
    return [*lines, in_language(count, language)]
