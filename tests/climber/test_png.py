"""PNG by strips against another reader, and what it refuses."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Picture

from climber.png import write_png


@pytest.mark.parametrize(("rows", "columns", "step"), [(1, 1, 1), (70, 9, 1), (70, 9, 7), (33, 40, 10), (5, 3, 9)])
def test_strips_of_any_height_make_one_colour_picture(tmp_path: Path, rows: int, columns: int, step: int) -> None:
    picture = np.random.default_rng(rows).integers(0, 256, (rows, columns, 3), dtype=np.uint8)
    path = tmp_path / "p.png"
    write_png(path, (columns, rows), (picture[top : top + step] for top in range(0, rows, step)))
    assert (cv2.imread(str(path), cv2.IMREAD_COLOR_RGB) == picture).all()


def test_indices_and_palette_survive(tmp_path: Path) -> None:
    indices = (np.arange(35, dtype=np.uint8) % 3).reshape(5, 7)
    write_png(tmp_path / "p.png", (7, 5), iter([indices[:2], indices[2:]]), ((1, 2, 3), (4, 5, 6), (7, 8, 9)))
    with Picture.open(tmp_path / "p.png") as opened:
        assert opened.mode == "P"
        assert (np.asarray(opened) == indices).all()
        assert opened.convert("RGB").getpixel((1, 0)) == (4, 5, 6)


@pytest.mark.parametrize(("rows", "columns"), [(4, 7), (5, 6)])
def test_strips_that_do_not_make_the_size_leave_no_file(tmp_path: Path, rows: int, columns: int) -> None:
    with pytest.raises(ValueError, match="give"):
        write_png(tmp_path / "p.png", (7, 5), iter([np.zeros((rows, columns, 3), np.uint8)]))
    assert list(tmp_path.iterdir()) == []
