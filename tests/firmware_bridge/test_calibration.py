"""Calibration finds the camera that took the photographs."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from firmware_bridge.calibration import Board, calibrate
from firmware_bridge.calibration_file import Calibration, load_calibration, save_calibration
from firmware_bridge.errors import CameraError
from tests.firmware_bridge import board_photographs
from tests.firmware_bridge.board_photographs import BEND, HEIGHT_PX, MATRIX, WIDTH_PX, photograph
from tests.firmware_bridge.simulated import ROOT

BOARDS = {"checkerboard": Board(9, 6, 25.0), "charuco": Board(9, 6, 25.0, 18.0)}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-m", "climber", "calibrate", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


def farthest_px(found: Calibration) -> float:
    """Largest error of a pixel's direction anywhere in the picture, in pixels."""
    matrix = np.array([[found.fx_px, 0, found.cx_px], [0, found.fy_px, found.cy_px], [0, 0, 1]])
    rays = np.ascontiguousarray(board_photographs.rays()[:: WIDTH_PX // 8, None])
    truly, _ = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), MATRIX, BEND)
    thinks, _ = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), matrix, np.array(found.distortion))
    return float(np.abs(truly - thinks).max())


@pytest.mark.parametrize("kind", BOARDS)
def test_the_camera_is_found_from_its_photographs(kind: str, tmp_path: Path) -> None:
    board, folder, out = BOARDS[kind], tmp_path / "pictures", tmp_path / "camera.toml"
    folder.mkdir()
    board_photographs.photographs(board, folder)
    (folder / "11.png").write_bytes(b"no picture")
    cv2.imwrite(str(folder / "12.png"), np.full((HEIGHT_PX, WIDTH_PX), 128, np.uint8))
    marker = ("--marker-mm", "18") if board.marker_mm else ()
    done = run(str(folder), "--columns", "9", "--rows", "6", "--out", str(out), *marker)
    assert done.returncode == 0, done.stderr
    assert "11.png: no picture" in done.stdout
    assert "12.png: board not found" in done.stdout
    found = load_calibration(out)
    assert found.pictures >= 9
    assert found.rms_px < 0.3
    assert found.fx_px == pytest.approx(520, abs=max(3 * found.focal_std_px, 1.5))
    assert farthest_px(found) < 1.5


def test_a_board_to_print_is_found_in_its_own_picture(tmp_path: Path) -> None:
    sheet = tmp_path / "board.png"
    assert "print it at 100 %" in run("--print", str(sheet), "--marker-mm", "18").stdout
    grey = cv2.imread(str(sheet), cv2.IMREAD_GRAYSCALE)
    found = Board(10, 7, 25.0, 18.0).find(grey)
    assert found is not None
    assert len(found[0]) == 9 * 6


def test_what_is_too_little_is_said(tmp_path: Path) -> None:
    board = BOARDS["checkerboard"]
    paths = [tmp_path / f"{number}.png" for number in range(8)]
    for path in paths:
        cv2.imwrite(str(path), photograph(board, (0, 0), (0, 0)))
    with pytest.raises(CameraError, match="2 photographs show the board well, 8 are needed"):
        calibrate(paths[:2], board)
    with pytest.raises(CameraError, match="in the corners"):
        calibrate(paths, board)
    cv2.imwrite(str(paths[3]), np.zeros((40, 60), np.uint8))
    with pytest.raises(CameraError, match=r"3\.png has 60x40 pixels, those before 640x480"):
        calibrate(paths, board)
    with pytest.raises(CameraError, match="0 photographs show the board"):
        calibrate(paths[:3], Board(12, 9, 25.0))


def test_only_boards_from_the_front_do_not_tell_the_focal_length(tmp_path: Path) -> None:
    board, paths = BOARDS["checkerboard"], []
    for number, shift_mm in enumerate([(x, y) for x in (-80, 0, 80) for y in (-60, 0, 60)]):
        paths.append(tmp_path / f"{number}.png")
        cv2.imwrite(str(paths[-1]), photograph(board, (0, 0), shift_mm))
    with pytest.raises(CameraError, match="in 0 photographs, 4 are needed to tell the focal length"):
        calibrate(paths, board)


GOOD = Calibration(640, 480, 520.0, 523.0, 326.0, 233.0, (-0.2, 0.1, 0.0, 0.0, 0.0), 0.3, 0.1, 12)


def test_a_file_comes_back_and_what_is_wrong_in_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "camera.toml"
    save_calibration(path, GOOD, "about")
    assert load_calibration(path) == GOOD
    text = path.read_text()
    for wrong, words in (
        (text.replace("fx_px = 520.0", "fx_px = -1.0"), "fx_px is -1"),
        (text.replace("fx_px = 520.0", ""), "`fx_px` is missing"),
        (text + "zoom = 2\n", "`zoom` is unknown"),
        (text.replace("rms_px = 0.1", 'rms_px = "good"'), "not a finite number"),
        (text.replace("-0.2, 0.1, ", ""), "has 5 numbers"),
        (text.replace("[-0.2", '["much"'), "a coefficient of distortion is 'much'"),
        (re.sub(r"distortion = .*", "distortion = 0.1", text), "distortion is 0.1"),
        (text.replace("width_px = 640", "width_px = 640.5"), "width_px is 640.5, not a whole number"),
        ("[[[", "highmast calibrate"),
    ):
        path.write_text(wrong)
        with pytest.raises(CameraError, match=words):
            load_calibration(path)
    with pytest.raises(CameraError, match="No such file"):
        load_calibration(tmp_path / "none.toml")


def test_the_command_says_what_is_missing() -> None:
    assert "--print" in run().stderr
    assert "not smaller" in run("--marker-mm", "30", "--print", "x.png").stderr
