"""`highmast sync`: send climb folders to a history service."""

import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from climber import options
from climber.errors import SOME_UNREAD, InputError, ServiceError
from climber.saying import Saying, in_language
from climber.service.settings import default_data

if TYPE_CHECKING:
    from climber.upload import HistoryClient

KEY = re.compile(r"[!-~]+")


@click.command()
@click.argument("folders", metavar="[DIR]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--service", "url", required=True, help="URL of the service, such as http://127.0.0.1:8000")
@click.option(
    "--key-file", type=click.Path(path_type=Path, dir_okay=False), help="File that holds your key; else HIGHMAST_KEY."
)
@options.language
def command(folders: tuple[Path, ...], url: str, key_file: Path | None, language: str) -> None:
    """Send climb records to a history service: those in DIR, or all on this laptop that wait for it.

    Pictures first, then the record; what the service already has is not sent again, so a broken sync goes on where
    it was. A service on this machine needs no key: the one that `highmast serve` left in its data folder is used.
    Stopped and crashed climbs are sent too. Nothing is ever deleted; `highmast status` tells what is confirmed.
    """
    from climber.upload import HistoryClient

    refused, unread = [], []
    queue = folders or _waiting()
    if not queue:
        click.echo(in_language(Saying("nothing waits: everything on this laptop is confirmed"), language))
        return
    with HistoryClient(url, find_key(url, key_file)) as client:
        for folder in queue:
            try:
                if not _send(client, folder, url, language):
                    refused.append(str(folder))
            except InputError as error:
                click.echo(f"{folder}: {error.said(language)}", err=True)
                unread.append(str(folder))
    if refused:
        raise ServiceError(Saying("not taken by the service: {folders}", folders=", ".join(refused)))
    if unread:
        sys.exit(SOME_UNREAD)


def _waiting() -> tuple[Path, ...]:
    """The climbs of this laptop that are not confirmed as they are now; one that cannot be read says so when sent."""
    from climber.confirmed import standing
    from climber.laptop import remembered
    from climber.recording import read_record

    def waits(folder: Path) -> bool:
        try:
            return not standing(read_record(folder)).whole
        except InputError:
            return True

    return tuple(folder for folder in remembered() if waits(folder))


def _send(client: "HistoryClient", folder: Path, url: str, language: str) -> bool:
    """Send one folder, say what became of it and keep the confirmation; returns whether it is there now."""
    from climber.confirmed import keep_confirmation
    from climber.recording import read_record
    from climber.upload import send_climb

    def progress(done: int, total: int) -> None:
        if sys.stderr.isatty():
            said = Saying("{folder}: {done}/{total} pictures confirmed", folder=folder, done=done, total=total)
            click.echo(f"\r{in_language(said, language)}", err=True, nl=done == total)

    record = read_record(folder)
    result = send_climb(client, folder, progress)
    pole = Saying(" (pole {pole_id})", pole_id=result["pole_id"]) if result["pole_id"] else ""
    detail = f": {result['detail']}" if result["detail"] else ""
    said = Saying("{folder}: {result}{pole}{detail}", folder=folder, result=result["result"], pole=pole, detail=detail)
    click.echo(in_language(said, language))
    there: bool = result["result"] in ("created", "duplicate")
    if there:
        keep_confirmation(record, url, datetime.now(UTC))
    return there


def find_key(url: str, key_file: Path | None) -> str:
    """Return the key: from the file named, else HIGHMAST_KEY, else what the service on this machine left."""
    where, key = _key_there(url, key_file)
    if not KEY.fullmatch(key):
        said = Saying(
            "{where} holds no key: a key is one line without spaces, as `highmast keys` prints it.", where=where
        )
        raise InputError(said)
    return key


def _key_there(url: str, key_file: Path | None) -> tuple[Path | str, str]:
    """Return where a key should be, and what is there."""
    from climber.upload import is_this_machine

    if key_file is None and "HIGHMAST_KEY" in os.environ:
        return "HIGHMAST_KEY", os.environ["HIGHMAST_KEY"].strip()
    local = default_data() / "local.key"
    place = key_file or (local if is_this_machine(url) else None)
    if place is None:
        raise InputError(Saying("no key for {url}: name a file with --key-file, or set HIGHMAST_KEY.", url=url))
    try:
        return place, place.read_text(errors="replace").strip()
    except OSError as error:
        said = Saying(
            "{place}: no key can be read here ({why}). With `highmast serve --data DIR`, "
            "it is --key-file DIR/local.key.",
            place=place,
            why=error.strerror,
        )
        raise InputError(said) from error
