"""The pole file: a good one, and every way in which one can be wrong, named by key and value."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from climber.errors import InputError
from climber.pole import load_pole, shape_of
from climber.record import PoleDescription
from vision.types import Plate

GOOD = """
code = "HM-042"
lon = 4.76
lat = 52.3
height_m = 6
base_diameter_mm = 260
top_diameter_mm = 140
sides = 12
[[sections]]
bottom_m = 0
top_m = 3
[[sections]]
bottom_m = 3
top_m = 6
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "pole.toml"
    path.write_text(text)
    return path


def test_a_good_file_gives_description_and_shape(tmp_path: Path) -> None:
    pole = load_pole(_file(tmp_path, GOOD))
    assert pole.description.code == "HM-042"
    assert pole.shape.sides == 12
    assert [section.top_m for section in pole.shape.sections] == [3, 6]
    with pytest.raises(InputError, match="seed = 1"):
        pole.surface()


def test_handhole_and_tag_are_part_of_the_shape_and_of_the_record(tmp_path: Path) -> None:
    places = "sides = 12\nhandhole_m = 0.8\nhandhole_deg = 90\ntag_m = 1.5\ntag_high_mm = 100"
    pole = load_pole(_file(tmp_path, GOOD.replace("sides = 12", places, 1)))
    assert pole.shape.plates == (Plate("handhole", 0.8, 90, 110, 300), Plate("tag", 1.5, 0, 60, 100))
    assert shape_of(PoleDescription.model_validate_json(pole.description.model_dump_json())) == pole.shape


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('code = "HM-042"', "", "`code` is missing"),
        ("height_m = 6", "height_m = -6", "`height_m` is -6"),
        ("height_m = 6", "height_m = 7", "last section ends at 6 m"),
        ("height_m = 6", "height_m = inf", "`height_m` is inf"),
        ("sides = 12", "sides = 2", "`sides` is 2"),
        ("sides = 12", 'sides = "round"', "`sides` is 'round'"),
        ("sides = 12", "side = 12", "unknown key `side`; known keys are code"),
        ("top_diameter_mm = 140", "top_diameter_mm = 300", "swap"),
        ("lon = 4.76\n", "", "`lon` and `lat` belong together"),
        ("lon = 4.76", "lon = 476", "`lon` is 476"),
        ("bottom_m = 3", "bottom_m = 3.5", "`sections.1.bottom_m` is 3.5"),
        ("bottom_m = 0\ntop_m = 3", "bottom_m = 0\ntop_m = 0.0", "sections.0"),
        ("sides = 12", "sides = 12\nsurface = 'no.png'", "`surface` is 'no.png': there is no file"),
        ("sides = 12", "sides = 12\nrust_mask = 'no.png'", "needs `surface`"),
        ("sides = 12", "sides = 12\nseed = -1", "`seed` is -1"),
        ("sides = 12", "sides = ", "is not TOML"),
        ("sides = 12", "sides = 12\nhandhole_m = 0.8", "`handhole_m` and `handhole_deg` belong together"),
        ("sides = 12", "sides = 12\ntag_m = 5.99", "`tag_m` is 5.99: 80 mm high, it does not lie on a shaft of 6 m"),
        ("sides = 12", "sides = 12\ntag_m = 1.5\ntag_deg = 3", "unknown key `tag_deg`"),
    ],
)
def test_a_wrong_file_is_refused_by_key_and_value(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = _file(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_pole(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_pole(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        load_pole(tmp_path / "bytes.toml")


def test_a_seed_paints_a_surface_with_known_rust(tmp_path: Path) -> None:
    pole = load_pole(_file(tmp_path, GOOD.replace("sides = 12", "sides = 12\nseed = 7")))
    surface = pole.surface()
    assert 0 < surface.rusted_fraction(pole.shape) < 0.25


@pytest.mark.parametrize("rust", [1, 255])
def test_pictures_are_found_beside_the_file_whatever_their_scale(tmp_path: Path, rust: int) -> None:
    mask = np.zeros((500, 40), np.uint8)
    mask[:50] = rust
    cv2.imwrite(str(tmp_path / "rust.png"), mask)
    cv2.imwrite(str(tmp_path / "skin.png"), np.full((500, 40, 3), (10, 20, 30), np.uint8))
    text = GOOD.replace("sides = 12", "sides = 12\nsurface = 'skin.png'\nrust_mask = 'rust.png'")
    surface = load_pole(_file(tmp_path, text)).surface()
    assert surface.rgb[0, 0].tolist() == [30, 20, 10]
    assert surface.rust is not None
    assert (surface.rust[:50] == 1).all()
    assert not surface.rust[50:].any()


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.zeros((50, 39), np.uint8), "39 x 50 pixels"),
        (np.full((50, 40), 7, np.uint8), "holds the value 7"),
        (np.array([[1, 255]] * 20, np.uint8), "holds the value 1, 255"),
        (np.zeros((50, 40, 3), np.uint8), "mode RGB"),
        (b"no picture", "not a picture"),
    ],
)
def test_a_wrong_mask_is_refused(tmp_path: Path, mask: "np.ndarray | bytes", message: str) -> None:
    if isinstance(mask, bytes):
        (tmp_path / "rust.png").write_bytes(mask)
    else:
        cv2.imwrite(str(tmp_path / "rust.png"), mask)
    cv2.imwrite(str(tmp_path / "skin.png"), np.zeros((50, 40, 3), np.uint8))
    text = GOOD.replace("sides = 12", "sides = 12\nsurface = 'skin.png'\nrust_mask = 'rust.png'")
    with pytest.raises(InputError, match=message):
        load_pole(_file(tmp_path, text)).surface()
