"""Copying a history while it is in use, and putting a copy in place.

A copy is a folder: `history.sqlite` (SQLite's online backup, one moment of the database), `blobs/`, `local.key`.
Blobs are copied after the database, so every picture that the copy of the database names is there.
With PostgreSQL, the database is copied by pg_dump and the folder holds the rest.
"""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from climber.errors import InputError
from climber.files import sync_folder

DATABASE = "history.sqlite"


def back_up(data: Path, target: Path, tell: Callable[[int], None]) -> int:
    """Copy the history in `data` to the folder `target`; blobs that are there already stay. Returns the new blobs.

    `tell(count)` counts them. Raises InputError when there is nothing to copy, or the target holds another history.
    """
    source = data / DATABASE
    _check_is_history(data)
    if target.resolve() == data.resolve():
        raise InputError(f"{target} is the history itself. Name another folder to copy it to.")
    target.mkdir(parents=True, exist_ok=True)
    if source.exists():
        _check_goes_on(source, target / DATABASE)
        _copy_database(source, target / DATABASE)
    if (data / "local.key").exists():
        shutil.copy2(data / "local.key", target / "local.key")
    copied = 0
    for blob in sorted((data / "blobs").glob("??/*")):
        copied += _copy_blob(blob, target / "blobs" / blob.parent.name / blob.name)
        tell(copied)
    sync_folder(target)
    return copied


def _check_is_history(data: Path) -> None:
    if not ((data / DATABASE).exists() or (data / "blobs").exists()):
        raise InputError(f"{data}: there is no history here.")


def _check_goes_on(source: Path, target: Path) -> None:
    """Raise InputError where the copy's last line of the audit log, which tells of all that is added, is not here."""
    last = _audit_line(target, "SELECT id, org_id, at FROM audit ORDER BY id DESC LIMIT 1")
    if last and not _audit_line(source, "SELECT 1 FROM audit WHERE (id, org_id, at) = (?, ?, ?)", *last):
        raise InputError(
            f"{target} holds what {source} does not: it is of another history, or newer. Nothing was copied. "
            "Name another folder, or move that one away."
        )


def _audit_line(database: Path, query: str, *given: object) -> tuple[Any, ...] | None:
    """Return one row; None too from a database that is not there or cannot be read."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as reading:
            row: tuple[Any, ...] | None = reading.execute(query, given).fetchone()
            return row
    except sqlite3.DatabaseError:
        return None


def _copy_database(source: Path, target: Path) -> None:
    unfinished = target.with_suffix(".tmp")
    unfinished.unlink(missing_ok=True)
    reading = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
    with closing(reading), closing(sqlite3.connect(unfinished)) as writing:
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode=DELETE")
    unfinished.replace(target)


def _copy_blob(blob: Path, place: Path) -> bool:
    if place.exists() and place.stat().st_size == blob.stat().st_size:
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_name(f".{place.name}")
    shutil.copyfile(blob, unfinished)
    unfinished.replace(place)
    return True


def damaged(data: Path) -> Iterator[str]:
    """Yield what is wrong with a history at rest: pages of the database, and blobs that do not match their name.

    Raises InputError when there is nothing to look at, such as a disk that is not mounted.
    """
    _check_is_history(data)
    database = data / DATABASE
    named: set[str] = set()
    if database.exists():
        try:
            with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as reading:
                yield from (row[0] for row in reading.execute("PRAGMA integrity_check") if row[0] != "ok")
                named = {row[0] for row in reading.execute("SELECT sha256 FROM blob")}
        except sqlite3.DatabaseError as error:
            yield f"{DATABASE} cannot be read: {error}"
    for sha256 in sorted(named):
        if not (data / "blobs" / sha256[:2] / sha256).exists():
            yield f"blob {sha256} is missing"
    for blob in sorted((data / "blobs").glob("??/*")):
        with blob.open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != blob.name:
                yield f"blob {blob.name} is altered"
