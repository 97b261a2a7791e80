"""Climbs packed in a ZIP archive: unpacked to work on, and given back with what was added, the rest byte for byte."""

import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile

from climber.errors import InputError
from climber.files import sync_folder


@contextmanager
def unpacked(archive: Path) -> Iterator[Path]:
    """Unpack an archive beside itself; files that are new when the work is done are added to it, even after a fault.

    Raises InputError when it is no ZIP archive or cannot be read.
    """
    with TemporaryDirectory(prefix=f".{archive.name}.", dir=archive.parent) as name:
        place = Path(name)
        try:
            with ZipFile(archive) as packed:
                packed.extractall(place)
        except (BadZipFile, EOFError, OSError, RuntimeError, zlib.error) as error:  # RuntimeError: a password
            raise InputError(f"{archive}: cannot be unpacked ({error}); give a climb folder or a ZIP of some") from None
        before = _files(place)
        try:
            yield place
        finally:
            _add(archive, place, sorted(_files(place) - before))


def _files(place: Path) -> set[Path]:
    return {path for path in place.rglob("*") if path.is_file()}


def _add(archive: Path, place: Path, added: list[Path]) -> None:
    """Append files to a copy, which then takes the archive's place: a cut leaves the old archive whole."""
    if not added:
        return
    copy = archive.with_name(f".{archive.name}.tmp")
    try:
        shutil.copyfile(archive, copy)
        with ZipFile(copy, "a") as packed:
            for path in added:
                packed.write(path, path.relative_to(place).as_posix())
        with copy.open("rb+") as written:
            os.fsync(written.fileno())
        copy.replace(archive)
    finally:
        copy.unlink(missing_ok=True)
    sync_folder(archive.parent)
