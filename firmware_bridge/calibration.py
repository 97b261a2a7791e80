"""Calibrate a camera from photographs of a board: a checkerboard, or a ChArUco board that may be seen in part."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from firmware_bridge.calibration_file import Calibration
from firmware_bridge.errors import CameraError

Points = npt.NDArray[np.float32]
LEAST_PICTURES = 8
LEAST_CORNERS = 8
"""Of a ChArUco board that is seen in part."""
MOST_RMS_PX = 1.5
LEAST_TILTED, TILTED_DEG = 4, 15.0
"""Boards seen from the front alone fit any focal length with their distance, and the fit's own spread does not tell."""
LEAST_COVER = 0.6
"""Of the picture's width and height that the corners must span together: distortion grows towards the edges."""
OUTLIER = 3.0
"""Times the median error of the pictures."""
OUTLIER_PX = 0.5
MARKERS = cv2.aruco.DICT_5X5_250
PRINT_DPI = 300
MM_PER_INCH = 25.4


@dataclass(frozen=True, slots=True)
class Board:
    """A printed board. `columns` and `rows` count squares."""

    columns: int
    rows: int
    square_mm: float
    marker_mm: float | None = None
    """Edge of the markers of a ChArUco board (DICT_5X5_250); None: a plain checkerboard."""

    def find(self, grey: npt.NDArray[np.uint8]) -> tuple[Points, Points] | None:
        """Corners on the board (mm, z = 0), shape (n, 1, 3), and in the picture, shape (n, 1, 2); None if not found."""
        return self._find_charuco(grey) if self.marker_mm else self._find_checkers(grey)

    def picture(self) -> npt.NDArray[np.uint8]:
        """The board to print at PRINT_DPI, grey, with a margin of half a square: 10 x 7 squares of 25 mm fit A4."""
        side = round(self.square_mm / MM_PER_INCH * PRINT_DPI)
        margin = side // 2
        if self.marker_mm:
            size = (self.columns * side + 2 * margin, self.rows * side + 2 * margin)
            return np.asarray(self._charuco().generateImage(size, marginSize=margin), np.uint8)
        down, across = np.mgrid[: self.rows, : self.columns]
        squares = np.where((down + across) % 2, 255, 0).astype(np.uint8)
        return np.pad(np.kron(squares, np.ones((side, side), np.uint8)), margin, constant_values=255)

    def _find_checkers(self, grey: npt.NDArray[np.uint8]) -> tuple[Points, Points] | None:
        inner = (self.columns - 1, self.rows - 1)
        flags = cv2.CALIB_CB_EXHAUSTIVE | cv2.CALIB_CB_ACCURACY
        found, corners = cv2.findChessboardCornersSB(grey, inner, flags=flags)
        if not found:
            return None
        places = np.zeros((inner[0] * inner[1], 1, 3), np.float32)
        places[:, 0, :2] = np.mgrid[: inner[0], : inner[1]].T.reshape(-1, 2) * self.square_mm
        return places, np.asarray(corners, np.float32).reshape(-1, 1, 2)

    def _find_charuco(self, grey: npt.NDArray[np.uint8]) -> tuple[Points, Points] | None:
        board = self._charuco()
        corners, numbers, _, _ = cv2.aruco.CharucoDetector(board).detectBoard(grey)
        if numbers is None or len(numbers) < LEAST_CORNERS:
            return None
        places, points = board.matchImagePoints(corners, numbers)
        return np.asarray(places, np.float32), np.asarray(points, np.float32)

    def _charuco(self) -> Any:
        markers = cv2.aruco.getPredefinedDictionary(MARKERS)
        return cv2.aruco.CharucoBoard((self.columns, self.rows), self.square_mm, self.marker_mm or 0.0, markers)


@dataclass(frozen=True, slots=True)
class Seen:
    """One photograph of the board."""

    path: Path
    words: str
    """What became of it."""
    used: bool


@dataclass(frozen=True, slots=True)
class _Sighting:
    path: Path
    places: Points
    points: Points


def calibrate(paths: Iterable[Path], board: Board) -> tuple[Calibration, list[Seen]]:
    """Intrinsics from photographs of the board, and what became of each; CameraError says what to photograph again."""
    told: list[Seen] = []
    sightings, size_px = _look(paths, board, told)
    _enough(sightings, size_px, told)
    errors_px = _fit(sightings, size_px).errors_px
    limit_px = max(OUTLIER_PX, OUTLIER * float(np.median(errors_px)))
    for sighting, error_px in zip(sightings, errors_px, strict=True):
        good = bool(error_px <= limit_px)
        told.append(Seen(sighting.path, f"{len(sighting.points)} corners, {error_px:.2f} px", good))
    kept = [one for one, error_px in zip(sightings, errors_px, strict=True) if error_px <= limit_px]
    _enough(kept, size_px, told)
    fit = _fit(kept, size_px)
    _good_enough(fit)
    return fit.calibration, told


def _look(paths: Iterable[Path], board: Board, told: list[Seen]) -> tuple[list[_Sighting], tuple[int, int]]:
    """The board in each photograph, and their common size (width, height)."""
    sightings, size_px = [], (0, 0)
    for path in paths:
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            told.append(Seen(path, "no picture", False))
            continue
        here_px = (grey.shape[1], grey.shape[0])
        if size_px not in ((0, 0), here_px):
            raise CameraError(
                f"{path} has {here_px[0]}x{here_px[1]} pixels, those before {size_px[0]}x{size_px[1]}; "
                "give photographs of one camera at one resolution"
            )
        size_px = here_px
        found = board.find(np.asarray(grey, np.uint8))
        if found is None:
            told.append(Seen(path, "board not found", False))
        else:
            sightings.append(_Sighting(path, *found))
    return sightings, size_px


def _enough(sightings: Sequence[_Sighting], size_px: tuple[int, int], told: Sequence[Seen]) -> None:
    if len(sightings) < LEAST_PICTURES:
        lost = "".join(f"; {one.path.name}: {one.words}" for one in told if not one.used)
        raise CameraError(
            f"{len(sightings)} photographs show the board well, {LEAST_PICTURES} are needed{lost}. "
            "Are columns, rows (of squares) and the kind of board right?"
        )
    points = np.concatenate([one.points.reshape(-1, 2) for one in sightings])
    across, down = (points.max(0) - points.min(0)) / size_px
    if min(across, down) < LEAST_COVER:
        raise CameraError(
            f"the board reaches over {across:.0%} of the picture's width and {down:.0%} of its height, "
            f"{LEAST_COVER:.0%} is needed; photograph it also in the corners"
        )


@dataclass(frozen=True, slots=True)
class _Fit:
    calibration: Calibration
    errors_px: npt.NDArray[np.float64]
    """Of each picture."""
    tilts_deg: tuple[float, ...]
    """Of the board against each picture's plane."""


def _fit(sightings: Sequence[_Sighting], size_px: tuple[int, int]) -> _Fit:
    rms_px, matrix, bend, turns, _, spread, _, errors_px = cv2.calibrateCameraExtended(
        [one.places for one in sightings],
        [one.points for one in sightings],
        size_px,
        np.eye(3),
        np.zeros(5),
        flags=cv2.CALIB_FIX_K3,  # it fits noise, and bends the corners of the picture by pixels where no board was
    )
    k1, k2, p1, p2, k3 = (float(value) for value in np.ravel(bend)[:5])
    calibration = Calibration(
        width_px=size_px[0],
        height_px=size_px[1],
        fx_px=float(matrix[0, 0]),
        fy_px=float(matrix[1, 1]),
        cx_px=float(matrix[0, 2]),
        cy_px=float(matrix[1, 2]),
        distortion=(k1, k2, p1, p2, k3),
        focal_std_px=float(spread[0, 0]),
        rms_px=float(rms_px),
        pictures=len(sightings),
    )
    tilts_deg = tuple(float(np.degrees(np.arccos(min(1.0, abs(cv2.Rodrigues(turn)[0][2, 2]))))) for turn in turns)
    return _Fit(calibration, np.ravel(errors_px), tilts_deg)


def _good_enough(fit: _Fit) -> None:
    if fit.calibration.rms_px > MOST_RMS_PX:
        raise CameraError(
            f"{fit.calibration.rms_px:.2f} px are left between board and pictures (at most {MOST_RMS_PX:g}); "
            "is the board flat, and was the focus left alone?"
        )
    tilted = sum(tilt_deg >= TILTED_DEG for tilt_deg in fit.tilts_deg)
    if tilted < LEAST_TILTED:
        raise CameraError(
            f"the board is tilted by {TILTED_DEG:g} degrees or more in {tilted} photographs, {LEAST_TILTED} are needed "
            "to tell the focal length; tilt it by 20 to 45 degrees, every way"
        )
