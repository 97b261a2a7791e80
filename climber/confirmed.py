"""What a history service has confirmed of a climb folder: kept beside the record, so that status needs no network."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime, ValidationError

from climber.errors import InputError
from climber.files import write_file
from climber.record import Model, Name, Sha256
from climber.recording import Record, assessment_files
from climber.upload import file_sha256

CONFIRMED = "confirmed.json"


class Confirmed(Model):
    """`confirmed.json`: the service holds the record up to this line and these assessments, with their pictures."""

    service: Name
    confirmed_at: AwareDatetime
    last_sha256: Sha256
    assessments: tuple[Sha256, ...]
    """Of the files, oldest first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a folder is confirmed."""

    confirmed: Confirmed | None
    """The last confirmation, if there was one."""
    whole: bool
    """Everything that is in the folder now."""


def keep_confirmation(record: Record, service: str, at: datetime) -> None:
    """Write down that the service took what is in the folder now."""
    document = Confirmed(
        service=service,
        confirmed_at=at,
        last_sha256=record.last_sha256,
        assessments=tuple(map(file_sha256, assessment_files(record.folder))),
    )
    write_file(record.folder / CONFIRMED, document.model_dump_json(indent=1).encode() + b"\n")


def standing(record: Record) -> Standing:
    """Compare the last confirmation with what is in the folder now; InputError where it cannot be read."""
    path = record.folder / CONFIRMED
    if not path.exists():
        return Standing(None, False)
    try:
        confirmed = Confirmed.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(f"{path}: {error.errors()[0]['msg']}; remove this file and sync again") from error
    now = set(map(file_sha256, assessment_files(record.folder)))
    return Standing(confirmed, confirmed.last_sha256 == record.last_sha256 and now <= set(confirmed.assessments))
