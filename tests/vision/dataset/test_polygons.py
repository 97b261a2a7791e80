"""Files of corrections and silhouettes: what they hold, and what is wrong with a bad one."""

from pathlib import Path

import numpy as np
import pytest

from vision.corrections import Corrections, read_corrections
from vision.files import sha256_of
from vision.labels import Pair
from vision.silhouettes import Silhouettes, read_silhouettes

RUST_PHOTOS = Path(__file__).parents[3] / "datasets" / "rust-photos"
KEY = "a" * 64
START = f'[[photograph]]\nsha256 = "{KEY}"\nname = "b"\n'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[photograph]\n", "is no silhouettes file"),
        ("photograph = 3\n", r"write each photograph as \[\[photograph\]\]"),
        ('[[photograph]]\nsha256 = "ab"\nname = "b"\n', "give the 64 hex digits"),
        (START + "rust = []\n", r"'b' has unknown keys \['rust'\]"),
        (START, "'b' has no `steel`"),
        (START + "steel = [[[0, 0], [1, 1]]]\n", "`steel` of 'b' is no list of polygons"),
        (START + 'steel = [[[0, 0], [1, 1], [2, "x"]]]\n', "`steel` of 'b' is no list of polygons"),
        (START + "steel = [[[0, 0], [9, 0], [9, 9]]]\nother = 3\n", "`other` of 'b' is no list of polygons"),
        (2 * (START + "steel = [[[0, 0], [9, 0], [9, 9]]]\n"), "'b' is there twice"),
    ],
)
def test_a_bad_file_is_named_with_its_entry(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "file.toml").write_text(content)
    with pytest.raises(ValueError, match=message):
        read_silhouettes(tmp_path / "file.toml")


def test_a_correction_without_a_reason_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file.toml").write_text(START + "drop = true\n")
    with pytest.raises(ValueError, match="'b' has no `reason`"):
        read_corrections(tmp_path / "file.toml")


def test_sound_is_laid_before_rust_and_other_after_steel(tmp_path: Path) -> None:
    image = tmp_path / "b.jpg"
    image.write_bytes(b"any")
    pair = Pair("street", "b", "val", image, image)
    start = START.replace(KEY, sha256_of(image))
    whole, half = "[[[0, 0], [9, 0], [9, 9], [0, 9]]]", "[[[0, 0], [4, 0], [4, 9], [0, 9]]]"
    (tmp_path / "c.toml").write_text(start + f'reason = "x"\nrust = {half}\nsound = {whole}\n')
    (tmp_path / "s.toml").write_text(start + f"steel = {whole}\nother = {half}\n")
    left = np.repeat([[1, 0]], 5, axis=1).repeat(10, axis=0)
    mask = np.ones((10, 10), np.uint8)
    assert (read_corrections(tmp_path / "c.toml").mended(pair, mask) == left).all()
    assert mask.all()
    assert (read_silhouettes(tmp_path / "s.toml").inside(pair, (10, 10)) == (left == 0)).all()
    assert Silhouettes({}).inside(pair, (10, 10)) is None
    assert Corrections({}).mended(pair, mask) is mask


def test_ours_are_whole() -> None:
    corrections = read_corrections(RUST_PHOTOS / "corrections.toml").by_sha256
    silhouettes = read_silhouettes(RUST_PHOTOS / "silhouettes.toml").by_sha256
    assert len({entry.name for entry in corrections.values()}) == len(corrections)
    assert all(entry.drop or entry.rust or entry.sound for entry in corrections.values())
    assert len(silhouettes) == 248
    for key, entry in corrections.items():
        if entry.reason.startswith("validation: ") and entry.name.startswith("street-"):
            assert silhouettes[key].name == entry.name
