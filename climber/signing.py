"""Signing a finished record with the laptop's Ed25519 key, and finding any altered byte later.

The signature covers the hash of the record's last line; that line carries the hash of the one before, and so on to
the first, and each observation carries its frame's hash. One altered byte anywhere therefore shows. An assessment is
signed by itself, by the laptop that made it, since later ones come from elsewhere.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field, ValidationError

from climber.errors import InputError
from climber.files import write_file
from climber.record import Model, Sha256
from climber.recording import Record, assessment_files

SIGNATURE = "climb.sig"
CONTEXT = b"highmast climb record, version 1\n"
"""Signed before the hash, so that the key's signatures cannot serve another purpose."""


ASSESSMENT_CONTEXT = b"highmast assessment, version 1\n"


class Signature(Model):
    """`climb.sig`: who signed what."""

    public_key: str = Field(pattern=r"^[0-9a-f]{64}$")
    last_sha256: Sha256
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")


class AssessmentSignature(Model):
    """`grade.json.sig` and its like: who signed an assessment."""

    public_key: str = Field(pattern=r"^[0-9a-f]{64}$")
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")


AnySignature = TypeVar("AnySignature", Signature, AssessmentSignature)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of a climb folder found; no problems means every byte is as it was signed."""

    problems: tuple[str, ...]
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
    document = Signature(
        public_key=key.public_key().public_bytes_raw().hex(),
        last_sha256=last_sha256,
        signature=key.sign(CONTEXT + bytes.fromhex(last_sha256)).hex(),
    )
    write_file(folder / SIGNATURE, document.model_dump_json().encode() + b"\n")


def sign_assessment(path: Path, key: Ed25519PrivateKey) -> None:
    """Write `NAME.sig` beside an assessment, over its bytes as they are."""
    document = AssessmentSignature(
        public_key=key.public_key().public_bytes_raw().hex(), signature=key.sign(_assessed(path.read_bytes())).hex()
    )
    write_file(path.with_name(f"{path.name}.sig"), document.model_dump_json().encode() + b"\n")


def unsigned(folder: Path) -> tuple[Path, ...]:
    """Assessments without a signature."""
    return tuple(one for one in assessment_files(folder) if not one.with_name(f"{one.name}.sig").exists())


def _assessed(content: bytes) -> bytes:
    return ASSESSMENT_CONTEXT + hashlib.sha256(content).digest()


def verify(record: Record) -> Verified:
    """Check every frame's hash, the signature of a record whose chain already held when it was read, and those of the
    assessments beside it (assessments without one are older than their signatures)."""
    problems = [problem for o in record.observations if (problem := _frame_problem(record.folder, o.file, o.sha256))]
    signature = _read(record.folder / SIGNATURE, Signature)
    if signature is not None:
        problems += _signature_problems(record, signature)
    own = record.folder / "grade.json"  # looked for even where it is gone: its signature may have stayed
    for path in dict.fromkeys((own, *assessment_files(record.folder))):
        problems += _assessment_problems(path)
    return Verified(tuple(problems), len(record.observations), signature.public_key if signature else None)


def _frame_problem(folder: Path, file: str, sha256: str) -> str | None:
    try:
        found = hashlib.sha256((folder / file).read_bytes()).hexdigest()
    except OSError as error:
        return f"{folder / file}: {error.strerror}"
    return None if found == sha256 else f"{folder / file}: altered (hash {found[:12]}…, recorded {sha256[:12]}…)"


def _read(path: Path, kind: type[AnySignature]) -> AnySignature | None:
    """Byte for byte as it was written: a signature file with another blank in it was altered too."""
    if not path.exists():
        return None
    content = path.read_bytes()
    try:
        found = kind.model_validate_json(content)
    except ValidationError as error:
        raise InputError(f"{path}: not a signature file ({error.errors()[0]['msg']}).") from error
    if found.model_dump_json().encode() + b"\n" != content:
        raise InputError(f"{path}: altered since it was written.")
    return found


def _assessment_problems(path: Path) -> list[str]:
    beside = path.with_name(f"{path.name}.sig")
    signature = _read(beside, AssessmentSignature)
    if signature is None:
        return []
    if not path.exists():
        return [f"{path}: is missing, although {beside.name} signs it"]
    if _holds(signature.public_key, signature.signature, _assessed(path.read_bytes())):
        return []
    return [f"{path}: altered since it was signed ({beside.name})"]


def _holds(public_key: str, signature: str, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _signature_problems(record: Record, signature: Signature) -> list[str]:
    path = record.folder / SIGNATURE
    if signature.last_sha256 != record.last_sha256 or record.torn_bytes:
        return [f"{path}: signed another state of the record; lines were altered, cut or added"]
    if not _holds(signature.public_key, signature.signature, CONTEXT + bytes.fromhex(signature.last_sha256)):
        return [f"{path}: the signature is not of the key it names"]
    return []
