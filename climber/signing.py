"""Signing a finished record with the laptop's Ed25519 key, and finding any altered byte later.

The signature covers the hash of the record's last line; that line carries the hash of the one before, and so on to
the first, and each observation carries its frame's hash. One altered byte anywhere therefore shows. An assessment is
signed by itself, by the laptop that made it, since later ones come from elsewhere.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field, ValidationError

from climber.errors import InputError
from climber.files import write_file
from climber.record import Assessment, Model, Sha256
from climber.recording import Record, assessment_files

SIGNATURE = "climb.sig"
CONTEXTS = {None: b"highmast climb record, version 1\n", "signed": b"highmast climb record, version 2\n"}
"""Signed before the hash, so that the key's signatures cannot serve another purpose. With the second the laptop also
says that it signs each assessment of the climb, and nobody can take that word away without its key."""
ASSESSMENT_CONTEXT = b"highmast assessment, version 1\n"


class Signature(Model):
    """`climb.sig`, `grade.json.sig` and their like: who signed."""

    public_key: str = Field(pattern=r"^[0-9a-f]{64}$")
    last_sha256: Sha256 | None = None
    """Of a record: its last line."""
    assessments: Literal["signed"] | None = None
    """Of a record: each assessment beside it is signed as well. None in records that are older than that."""
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")

    def content(self) -> bytes:
        """The file, byte for byte."""
        return self.model_dump_json(exclude_none=True).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of a climb folder found; no problems means every byte is as it was signed."""

    problems: tuple[str, ...]
    notes: tuple[str, ...]
    """What cannot be checked: assessments of old records, which are not signed."""
    frames: int
    public_key: str | None
    """None where the record is not signed."""


def laptop_key(folder: Path | None = None) -> Ed25519PrivateKey:
    """Return this laptop's key, made on first use, readable by its user alone."""
    path = (folder or Path(click.get_app_dir("highmast"))) / "record.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, Ed25519PrivateKey.generate().private_bytes_raw(), mode=0o600)
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


def sign(folder: Path, last_sha256: str, key: Ed25519PrivateKey) -> None:
    """Write `climb.sig` over a record that ends with the line of this hash."""
    signature = Signature(
        public_key=_public(key),
        last_sha256=last_sha256,
        assessments="signed",
        signature=key.sign(CONTEXTS["signed"] + bytes.fromhex(last_sha256)).hex(),
    )
    write_file(folder / SIGNATURE, signature.content())


def sign_assessment(path: Path, key: Ed25519PrivateKey) -> None:
    """Write `NAME.sig` beside an assessment, over its bytes as they are."""
    signed = key.sign(_assessed(path.read_bytes())).hex()
    write_file(_beside(path), Signature(public_key=_public(key), signature=signed).content())


def write_assessment(path: Path, assessment: Assessment, key: Ed25519PrivateKey) -> None:
    """Write an assessment, and at once its signature."""
    write_file(path, assessment.model_dump_json(indent=1).encode() + b"\n")
    sign_assessment(path, key)


def _public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.sig")


def _assessed(content: bytes) -> bytes:
    return ASSESSMENT_CONTEXT + hashlib.sha256(content).digest()


def verify(record: Record) -> Verified:
    """Check every frame's hash, the signature of a record whose chain already held when it was read, and those of the
    assessments beside it. Where the record's signature says so, each of them must have one."""
    problems = [problem for o in record.observations if (problem := _frame_problem(record.folder, o.file, o.sha256))]
    notes: list[str] = []
    signature = _read(record.folder / SIGNATURE)
    if signature is not None:
        problems += _signature_problems(record, signature)
    for path in _assessments(record.folder):
        if _beside(path).exists():
            problems += _assessment_problems(path)
        elif signature is not None and signature.assessments:
            problems.append(f"{path}: not signed, although {SIGNATURE} says that it is. {DELETED}")
        else:
            notes.append(f"{path}: this assessment is not signed, so an altered byte of it cannot be found")
    public_key = signature.public_key if signature else None
    return Verified(tuple(problems), tuple(notes), len(record.observations), public_key)


DELETED = "The signature was deleted, or the laptop went off before it was written"


def why_unsigned(record: Record) -> str:
    """What a record without `climb.sig` tells about that."""
    path = record.folder / SIGNATURE
    if _beside(record.folder / "grade.json").exists():
        return f"{path}: was deleted; the record was signed before its assessment was"
    if record.stop is not None:
        return f"{path}: is missing, although the record is finished, so its last line is unprotected. {DELETED}"
    return f"{record.folder}: not signed, so its last line is unprotected; the climb crashed before its end"


def _assessments(folder: Path) -> list[Path]:
    """Those that are there, and those that are gone and left a signature."""
    signed = [path.with_suffix("") for path in (*folder.glob("grade.json.sig"), *folder.glob("grades/*.json.sig"))]
    return sorted({*assessment_files(folder), *signed})


def _frame_problem(folder: Path, file: str, sha256: str) -> str | None:
    try:
        found = hashlib.sha256((folder / file).read_bytes()).hexdigest()
    except OSError as error:
        return f"{folder / file}: {error.strerror}"
    return None if found == sha256 else f"{folder / file}: altered (hash {found[:12]}…, recorded {sha256[:12]}…)"


def _read(path: Path) -> Signature | None:
    """Byte for byte as it was written: a signature file with another blank in it was altered too."""
    if not path.exists():
        return None
    content = path.read_bytes()
    try:
        found = Signature.model_validate_json(content)
    except ValidationError as error:
        raise InputError(f"{path}: not a signature file ({error.errors()[0]['msg']}).") from error
    if found.content() != content:
        raise InputError(f"{path}: altered since it was written.")
    return found


def _assessment_problems(path: Path) -> list[str]:
    beside = _beside(path)
    signature = _read(beside)
    if not path.exists():
        return [f"{path}: is missing, although {beside.name} signs it"]
    if signature and _holds(signature, _assessed(path.read_bytes())):
        return []
    return [f"{path}: altered since it was signed ({beside.name})"]


def _holds(given: Signature, signed: bytes) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(given.public_key))
        key.verify(bytes.fromhex(given.signature), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _signature_problems(record: Record, signature: Signature) -> list[str]:
    path = record.folder / SIGNATURE
    if signature.last_sha256 != record.last_sha256 or record.torn_bytes:
        return [f"{path}: signed another state of the record; lines were altered, cut or added"]
    if not _holds(signature, CONTEXTS[signature.assessments] + bytes.fromhex(record.last_sha256)):
        return [f"{path}: the signature is not of the key it names"]
    return []
