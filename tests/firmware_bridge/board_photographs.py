"""Photographs of a board as a known camera takes them, lens distortion and all: the truth of the calibration tests."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from firmware_bridge.calibration import MM_PER_INCH, PRINT_DPI, Board

PX_PER_MM = PRINT_DPI / MM_PER_INCH
WIDTH_PX, HEIGHT_PX = 640, 480
MATRIX = np.array([[520.0, 0, 326.0], [0, 523.0, 233.0], [0, 0, 1]])
BEND = np.array([-0.18, 0.06, 0.001, -0.0008, 0.0])
FAR_MM = 360.0


@cache
def rays() -> npt.NDArray[np.float64]:
    """Direction of each pixel, shape (HEIGHT_PX * WIDTH_PX, 3), z = 1."""
    across, down = np.meshgrid(np.arange(WIDTH_PX, dtype=float), np.arange(HEIGHT_PX, dtype=float))
    pixels = np.stack([across.ravel(), down.ravel()], -1)[:, None]
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-10)
    plane = cv2.undistortPoints(pixels, MATRIX, BEND, criteria=criteria)[:, 0]
    return np.column_stack([plane, np.ones(len(plane))])


@cache
def _softened(board: Board) -> npt.NDArray[np.uint8]:
    """The printed sheet, much finer than a photograph, blurred to a photograph's pixel."""
    return np.asarray(cv2.GaussianBlur(board.picture(), (0, 0), PX_PER_MM * FAR_MM / MATRIX[0, 0] / 2), np.uint8)


def photograph(board: Board, turn_deg: tuple[float, float], shift_mm: tuple[float, float]) -> npt.NDArray[np.uint8]:
    """The printed board, tilted about x and y and shifted from the middle of the picture, grey."""
    sheet = _softened(board)
    rotation, _ = cv2.Rodrigues(np.radians([turn_deg[0], turn_deg[1], 0.0]))
    centre = np.array([shift_mm[0], shift_mm[1], FAR_MM])
    directions = rays()
    normal = rotation[:, 2]
    hits = directions * (normal @ centre / (directions @ normal))[:, None]
    on_board_mm = (hits - centre) @ rotation[:, :2]
    at = (on_board_mm * PX_PER_MM + np.array([sheet.shape[1], sheet.shape[0]]) / 2 - 0.5).astype(np.float32)
    x, y = at[:, 0].reshape(HEIGHT_PX, WIDTH_PX), at[:, 1].reshape(HEIGHT_PX, WIDTH_PX)
    grey = cv2.remap(sheet, x, y, cv2.INTER_LINEAR, borderValue=255)
    return np.clip(grey.astype(float) * 0.7 + 30, 0, 255).astype(np.uint8)


VIEWS = tuple(
    ((tilt, turn), (across, down))
    for (tilt, turn), (across, down) in zip(
        ((0, 0), (30, 0), (-30, 0), (0, 30), (0, -30), (25, 25), (-25, 25), (25, -25), (-25, -25), (10, 35)),
        ((0, 0), (60, 20), (-60, 20), (60, -20), (-70, -30), (-80, 50), (80, 50), (80, -50), (-80, -50), (0, 60)),
        strict=True,
    )
)


def photographs(board: Board, folder: Path) -> None:
    """Write all views into the folder."""
    for number, (turn_deg, shift_mm) in enumerate(VIEWS):
        cv2.imwrite(str(folder / f"{number:02}.png"), photograph(board, turn_deg, shift_mm))
