"""One altered byte anywhere in a signed climb folder is found by `highmast verify`."""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from climber.recording import RECORD, read_record
from climber.signing import SIGNATURE, laptop_key, sign
from tests.climber.folders import write_climb

FILES = [RECORD, SIGNATURE, "frames/000000.jpg", "frames/000002.jpg"]


def verify(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "climber", "verify", str(folder), *options], capture_output=True, text=True, check=False
    )


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    write_climb(tmp_path, 3)
    sign(tmp_path, read_record(tmp_path).last_sha256, Ed25519PrivateKey.generate())
    return tmp_path


def test_untouched_folder_passes(signed: Path) -> None:
    done = verify(signed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 frames as recorded" in done.stdout


@pytest.mark.parametrize("file", FILES)
def test_one_altered_byte_is_found(signed: Path, file: str) -> None:
    content = bytearray((signed / file).read_bytes())
    content[len(content) * 9 // 10] ^= 1
    (signed / file).write_bytes(content)
    done = verify(signed)
    assert done.returncode == 2
    assert str(signed) in done.stdout


def test_cut_last_line_is_found(signed: Path) -> None:
    lines = (signed / RECORD).read_bytes().splitlines(keepends=True)
    (signed / RECORD).write_bytes(b"".join(lines[:-1]))
    assert "signed another state" in verify(signed).stdout


def test_missing_frame_and_missing_signature_are_found(signed: Path) -> None:
    (signed / "frames/000001.jpg").unlink()
    (signed / SIGNATURE).unlink()
    done = verify(signed)
    assert "000001.jpg: No such file" in done.stdout
    assert "not signed" in done.stdout


def test_another_key_is_found(signed: Path) -> None:
    assert "not by " + "0" * 64 in verify(signed, "--key", "0" * 64).stdout


def test_laptop_key_is_made_once_and_private(tmp_path: Path) -> None:
    first, second = laptop_key(tmp_path), laptop_key(tmp_path)
    assert first.public_key() == second.public_key()
    assert (tmp_path / "record.key").stat().st_mode & 0o077 == 0
