"""Signing a finished record with the laptop's Ed25519 key, and finding any altered byte later.

The signature covers the hash of the record's last line; that line carries the hash of the one before, and so on to
the first, and each observation carries its frame's hash. One altered byte anywhere therefore shows.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import click
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field, ValidationError

from climber.errors import InputError
from climber.files import write_file
from climber.record import Model, Sha256
from climber.recording import Record

SIGNATURE = "climb.sig"
CONTEXT = b"highmast climb record, version 1\n"
"""Signed before the hash, so that the key's signatures cannot serve another purpose."""


class Signature(Model):
    """`climb.sig`: who signed what."""

    public_key: str = Field(pattern=r"^[0-9a-f]{64}$")
    last_sha256: Sha256
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")


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


def verify(record: Record) -> Verified:
    """Check every frame's hash and the signature of a record whose chain already held when it was read."""
    problems = [problem for o in record.observations if (problem := _frame_problem(record.folder, o.file, o.sha256))]
    signature = _read_signature(record.folder)
    if signature is not None and (problem := _signature_problem(record, signature)):
        problems.append(problem)
    return Verified(tuple(problems), len(record.observations), signature.public_key if signature else None)


def _frame_problem(folder: Path, file: str, sha256: str) -> str | None:
    try:
        found = hashlib.sha256((folder / file).read_bytes()).hexdigest()
    except OSError as error:
        return f"{folder / file}: {error.strerror}"
    return None if found == sha256 else f"{folder / file}: altered (hash {found[:12]}…, recorded {sha256[:12]}…)"


def _read_signature(folder: Path) -> Signature | None:
    path = folder / SIGNATURE
    if not path.exists():
        return None
    try:
        return Signature.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(f"{path}: not a signature file ({error.errors()[0]['msg']}).") from error


def _signature_problem(record: Record, signature: Signature) -> str | None:
    if signature.last_sha256 != record.last_sha256:
        return f"{record.folder / SIGNATURE}: signed another state of the record; lines were altered, cut or added"
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signature.public_key))
    try:
        key.verify(bytes.fromhex(signature.signature), CONTEXT + bytes.fromhex(signature.last_sha256))
    except InvalidSignature:
        return f"{record.folder / SIGNATURE}: the signature is not of the key it names"
    return None
