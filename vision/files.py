"""Files written whole or not at all, and their hashes; it imports nothing heavy."""

import hashlib
import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place whole or not at all; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.tmp")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sha256_of_all(root: Path, *patterns: str) -> str:
    """Return one SHA-256 over names and contents of the files in a folder that fit a pattern."""
    paths = sorted(path for pattern in patterns for path in root.glob(pattern))
    lines = [f"{path.relative_to(root)} {sha256_of(path)}\n" for path in paths]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
