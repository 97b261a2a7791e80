"""The handhole's cover and the pole's tag, painted where the pole file has them, else where they often are."""

import cv2
import numpy as np

from vision.geometry import apothem_mm
from vision.types import Image, Plate, PoleShape

USUAL = (Plate("handhole", 0.8, 180.0, 110.0, 300.0), Plate("tag", 1.5, 0.0, 60.0, 80.0))


def painted_plates(shape: PoleShape) -> tuple[Plate, ...]:
    """Return the plates that a simulated shaft carries: the known ones, and the usual ones of other kinds."""
    known = {plate.kind: plate for plate in shape.plates}
    every = (known.get(usual.kind, usual) for usual in USUAL)
    return tuple(plate for plate in every if plate.height_m * 1000 + plate.high_mm / 2 < shape.height_m * 1000)


def paint_plates(rng: np.random.Generator, shape: PoleShape, picture: Image) -> None:
    """Paint a shaft's plates on its unrolled picture, in true size."""
    for plate in painted_plates(shape):
        rows, columns = _box(shape, plate, (picture.shape[0], picture.shape[1]))
        part = picture[np.ix_(rows, columns)]
        mm = plate.high_mm / len(rows), plate.wide_mm / len(columns)
        picture[np.ix_(rows, columns)] = _cover(rng, part, mm) if plate.kind == "handhole" else _tag(part, mm)


def _box(
    shape: PoleShape, plate: Plate, size: tuple[int, int]
) -> "tuple[np.ndarray[tuple[int], np.dtype[np.intp]], np.ndarray[tuple[int], np.dtype[np.intp]]]":
    """Rows and columns of a plate, which may lie across azimuth 0."""
    row_mm = shape.height_m * 1000 / size[0]
    column_mm = 2 * np.pi * float(apothem_mm(shape, plate.height_m)) / size[1]
    high, wide = max(2, round(plate.high_mm / row_mm)), max(2, round(plate.wide_mm / column_mm))
    top = round(size[0] - plate.height_m * 1000 / row_mm - high / 2)
    left = round(plate.azimuth_deg / 360 * size[1] - wide / 2)
    return np.arange(top, top + high), np.arange(left, left + wide) % size[1]


def _cover(rng: np.random.Generator, part: Image, mm: tuple[float, float]) -> Image:
    """A cover with a dark gap around it and four bolts."""
    part = np.clip(part * np.float32(rng.uniform(0.85, 1.1)), 0, 255).astype(np.uint8)
    high, wide = part.shape[:2]
    cv2.rectangle(part, (0, 0), (wide - 1, high - 1), (58, 58, 58), max(1, round(3 / mm[1])))
    for down in (0.075, 0.925):
        for across in (0.1, 0.9):
            at, radius = (round(across * wide), round(down * high)), max(2, round(7 / mm[1]))
            cv2.circle(part, at, radius, (104, 104, 106), -1, cv2.LINE_AA)
            cv2.circle(part, at, radius, (62, 62, 64), 1, cv2.LINE_AA)
    return part


def _tag(part: Image, mm: tuple[float, float]) -> Image:
    """A pale plate with three lines of writing."""
    part = np.full_like(part, (228, 226, 214))
    side = part.shape[1] // 6
    for line in range(3):
        top = round((14 + 22 * line) / mm[0])
        part[top : top + max(1, round(9 / mm[0])), side : part.shape[1] - side] = (34, 34, 38)
    return part
