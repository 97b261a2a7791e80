"""What this laptop knows beyond one climb: which climbs were made on it, and who uses which robot and camera."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from climber.errors import InputError
from climber.files import write_file
from climber.saying import Saying
from climber.service.settings import default_data

CLIMBS = "climbs.txt"
"""In the data folder: one climb folder a line, oldest first."""


def remember(folder: Path, data: Path | None = None) -> None:
    """Note a climb folder, so that `status` and `sync` find it."""
    known = _listed(data)
    if (path := folder.absolute()) not in known:
        place = data or default_data()
        place.mkdir(parents=True, exist_ok=True)
        with FileLock(place / f"{CLIMBS}.lock"):
            lines = [str(one) for one in (*_listed(data), path)]
            write_file(place / CLIMBS, "".join(f"{line}\n" for line in lines).encode())


def remembered(data: Path | None = None) -> tuple[Path, ...]:
    """Return the climb folders of this laptop that still exist, oldest first."""
    return tuple(path for path in _listed(data) if path.is_dir())


def _listed(data: Path | None) -> list[Path]:
    path = (data or default_data()) / CLIMBS
    return [Path(line) for line in path.read_text("utf-8").splitlines() if line] if path.exists() else []


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that only one climb may use at a time."""

    kind: str
    """In words: `robot`, `camera`, `folder`."""
    name: str

    @property
    def file(self) -> str:
        """A file name for it: devices under several names are one."""
        real = os.path.realpath(self.name) if self.name.startswith("/") or self.kind == "folder" else self.name
        return sha256(real.encode()).hexdigest()[:24]


@contextmanager
def claimed(claims: tuple[Claim, ...], owner: str, data: Path | None = None) -> Iterator[None]:
    """Hold these for one process; a process that ends, however, lets go.

    Raises InputError naming what is in use and by whom.
    """
    place = (data or default_data()) / "locks"
    place.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        for claim in claims:
            note = place / f"{claim.file}.json"
            try:
                held.enter_context(FileLock(place / f"{claim.file}.lock", timeout=0))
            except Timeout:
                taken = Saying(
                    "{kind} {name} is in use by {owner}. {advice}",
                    kind=claim.kind,
                    name=claim.name,
                    owner=_owner(note),
                    advice=ADVICE,
                )
                raise InputError(taken) from None
            with suppress(OSError):  # a full disk must not keep a robot up there: the lock is held without the note
                write_file(note, json.dumps({"owner": owner, "pid": os.getpid()}).encode())
        yield


ADVICE = Saying("Each climb on this laptop needs its own robot, camera and --out folder.")


def _owner(note: Path) -> str:
    try:
        said = json.loads(note.read_text("utf-8"))
        return Saying("{owner} (process {pid})", owner=said["owner"], pid=said["pid"])
    except (OSError, ValueError, KeyError):
        return Saying("another climb")
