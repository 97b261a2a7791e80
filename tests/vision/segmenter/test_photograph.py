"""Every kind of file that crews, phones and scanners produce, and files that only pretend."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Picture

from vision.photograph import PhotographError, photographs, read_photograph


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "CMYK", "RGBA", "LA", "1"])
def test_every_mode_becomes_rgb_bytes(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("picture.tif" if mode == "CMYK" else "picture.png")
    Picture.new("RGB", (5, 3), (255, 255, 255)).convert(mode).save(path)
    image = read_photograph(path)
    assert (image.shape, image.dtype) == ((3, 5, 3), np.uint8)
    assert image.min() > 245


def test_16_bit_keeps_its_upper_bits(tmp_path: Path) -> None:
    for name, pixel in (("grey.png", 32896), ("colour.png", (0, 32896, 65535))):
        cv2.imwrite(str(tmp_path / name), np.full((4, 4, 3) if name == "colour.png" else (4, 4), pixel, np.uint16))
    assert abs(int(read_photograph(tmp_path / "grey.png")[0, 0, 0]) - 128) <= 1
    assert np.abs(read_photograph(tmp_path / "colour.png")[0, 0].astype(int) - (255, 128, 0)).max() <= 1


def test_exif_rotation_is_applied(tmp_path: Path) -> None:
    picture = Picture.new("RGB", (40, 20))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "phone.jpg", exif=exif)
    assert read_photograph(tmp_path / "phone.jpg").shape == (40, 20, 3)


@pytest.mark.parametrize("name", ["phone.jpg", "phone.webp"])
def test_an_odd_tag_beside_the_rotation_keeps_no_photograph_from_being_read(tmp_path: Path, name: str) -> None:
    exif = Picture.Exif()
    exif[0x0112], exif[0x010F] = 6, "a maker"
    Picture.new("RGB", (40, 20)).save(tmp_path / name, exif=exif)
    content = (tmp_path / name).read_bytes()
    for maker, width in ((b"\x0f\x01\x02\x00", b"\x00\x01\x02\x00"), (b"\x01\x0f\x00\x02", b"\x01\x00\x00\x02")):
        content = content.replace(maker, width)  # text where a number belongs, in either byte order
    (tmp_path / name).write_bytes(content)
    assert read_photograph(tmp_path / name).shape == (40, 20, 3)


def test_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    Picture.new("1", (12_000, 9_000)).save(path)
    with pytest.raises(PhotographError, match="million pixels"):
        read_photograph(path)


def test_cut_off_text_empty_and_missing_files_say_what_they_are(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    Picture.fromarray(noise).save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:9000])
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "empty.jpg").touch()
    for name, reason in (("cut.jpg", "truncated"), ("text.jpg", "not a picture"), ("empty.jpg", "not a picture")):
        with pytest.raises(PhotographError, match=reason):
            read_photograph(tmp_path / name)
    with pytest.raises(PhotographError, match="No such file"):
        read_photograph(tmp_path / "missing.jpg")


def test_a_damaged_header_is_an_unreadable_photograph_whatever_pillow_raises(tmp_path: Path) -> None:
    picture = Picture.new("P", (9, 9))
    for name, at, byte in (("cut.png", 11, 5), ("palette.bmp", 48, 9)):
        picture.save(tmp_path / name)
        content = bytearray((tmp_path / name).read_bytes())
        content[at] = byte
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PhotographError, match="cannot be read: "):
            read_photograph(tmp_path / name)


def test_folders_are_searched_in_name_order_for_pictures_only(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG", "notes.txt", "sub/c.tiff"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in photographs((tmp_path,))] == ["a.PNG", "b.jpg", "c.tiff"]
