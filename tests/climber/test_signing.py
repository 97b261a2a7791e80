"""One altered byte anywhere in a signed climb folder is found by `highmast verify`."""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from climber import signing
from climber.errors import InputError
from climber.recording import RECORD, read_record
from climber.signing import CONTEXTS, SIGNATURE, laptop_key, sign, sign_assessment, why_unsigned
from tests.climber.folders import write_climb

FILES = [RECORD, SIGNATURE, "frames/000002.jpg", "grade.json", "grade.json.sig"]


def verify(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "climber", "verify", str(folder), *options], capture_output=True, text=True, check=False
    )


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    write_climb(tmp_path, 3)
    key = Ed25519PrivateKey.generate()
    sign(tmp_path, read_record(tmp_path).last_sha256, key)
    (tmp_path / "grade.json").write_text('{"as": "assessed"}\n')
    sign_assessment(tmp_path / "grade.json", key)
    return tmp_path


def test_untouched_folder_passes(signed: Path) -> None:
    done = verify(signed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 frames as recorded" in done.stdout


def found(folder: Path) -> bool:
    """Whether a check finds anything wrong."""
    try:
        verified = signing.verify(read_record(folder))
    except InputError:
        return True
    return bool(verified.problems) or verified.public_key is None


@pytest.mark.parametrize("file", FILES)
def test_any_altered_byte_is_found(signed: Path, file: str) -> None:
    assert not found(signed)
    content = (signed / file).read_bytes()
    step = 1 if file.startswith(("climb", "grade")) else 20  # a photograph is one hash, whatever the byte
    for place in range(0, len(content), step):
        byte = content[place]
        for other in {byte ^ 1, ord("\r"), ord(" ")} - {byte}:
            (signed / file).write_bytes(content[:place] + bytes([other]) + content[place + 1 :])
            assert found(signed), f"byte {place} of {file}: {byte} is now {other}"
    for length in range(0, len(content), step):
        (signed / file).write_bytes(content[:length])
        assert found(signed), f"{file} cut to {length} bytes"
    (signed / file).write_bytes(content + b"{")
    assert found(signed), "something added at the end"


def test_an_altered_byte_is_named_by_the_command(signed: Path) -> None:
    content = bytearray((signed / FILES[2]).read_bytes())
    content[100] ^= 1
    (signed / FILES[2]).write_bytes(content)
    done = verify(signed)
    assert done.returncode == 2
    assert f"{signed / FILES[2]}: altered" in done.stdout


def test_cut_last_line_is_found(signed: Path) -> None:
    lines = (signed / RECORD).read_bytes().splitlines(keepends=True)
    (signed / RECORD).write_bytes(b"".join(lines[:-1]))
    assert "signed another state" in verify(signed).stdout


def test_missing_frame_and_missing_signature_are_found(signed: Path) -> None:
    (signed / "frames/000001.jpg").unlink()
    (signed / SIGNATURE).unlink()
    done = verify(signed)
    assert "000001.jpg: No such file" in done.stdout
    assert "climb.sig: was deleted" in done.stdout


def problems(folder: Path) -> list[str]:
    """What a check finds, without the folder's name."""
    return [problem.removeprefix(f"{folder}/") for problem in signing.verify(read_record(folder)).problems]


def test_a_deleted_signature_of_an_assessment_is_found(signed: Path) -> None:
    (signed / "grade.json.sig").unlink()
    done = verify(signed)
    assert done.returncode == 2
    assert f"{signed / 'grade.json'}: not signed, although climb.sig says that it is" in done.stdout


def test_the_word_that_assessments_are_signed_cannot_be_taken_away(signed: Path) -> None:
    (signed / "grade.json.sig").unlink()
    content = (signed / SIGNATURE).read_text()
    (signed / SIGNATURE).write_text(content.replace(',"assessments":"signed"', ""))
    assert problems(signed) == ["climb.sig: the signature is not of the key it names"]


@pytest.mark.parametrize("name", ["grade.json", "grades/later.json"])
def test_a_deleted_assessment_whose_signature_stayed_is_found(signed: Path, name: str) -> None:
    path = signed / name
    path.parent.mkdir(exist_ok=True)
    path.write_text('{"as": "assessed later"}\n')
    sign_assessment(path, Ed25519PrivateKey.generate())
    assert problems(signed) == []
    path.unlink()
    assert problems(signed) == [f"{name}: is missing, although {path.name}.sig signs it"]


def test_an_old_record_whose_assessment_was_never_signed_passes(signed: Path) -> None:
    (signed / "grade.json.sig").unlink()
    key, last = Ed25519PrivateKey.generate(), read_record(signed).last_sha256
    public, signature = key.public_key().public_bytes_raw().hex(), key.sign(CONTEXTS[None] + bytes.fromhex(last)).hex()
    old = f'{{"public_key":"{public}","last_sha256":"{last}","signature":"{signature}"}}\n'
    (signed / SIGNATURE).write_text(old)
    done = verify(signed)
    assert done.returncode == 0, done.stdout
    assert "grade.json: this assessment is not signed, so an altered byte of it cannot be found" in done.stdout


def test_why_a_record_has_no_signature_is_told_as_far_as_it_can_be(signed: Path, tmp_path: Path) -> None:
    (signed / SIGNATURE).unlink()
    assert "climb.sig: was deleted" in why_unsigned(read_record(signed))
    (signed / "grade.json.sig").unlink()
    assert "although the record is finished" in why_unsigned(read_record(signed))
    write_climb(tmp_path / "crashed", 1, stop=False)
    assert "crashed before its end" in why_unsigned(read_record(tmp_path / "crashed"))


def test_another_key_is_found(signed: Path) -> None:
    assert "not by " + "0" * 64 in verify(signed, "--key", "0" * 64).stdout


def test_laptop_key_is_made_once_and_private(tmp_path: Path) -> None:
    first, second = laptop_key(tmp_path), laptop_key(tmp_path)
    assert first.public_key() == second.public_key()
    assert (tmp_path / "record.key").stat().st_mode & 0o077 == 0
