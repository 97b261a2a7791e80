"""What is on a shaft besides rust: coating, welds, joints, dirt, stains that look like rust."""

import cv2
import numpy as np

from vision.render_noise import Field, fractal, noise, tile
from vision.render_rust import Sheet
from vision.types import Image

COATS = {
    "galvanized": (158, 163, 166),
    "white": (222, 222, 216),
    "grey": (128, 132, 134),
    "aluminium paint": (176, 178, 180),
    "green": (74, 96, 82),
    "dark grey": (84, 88, 92),
    "cream": (206, 198, 172),
    "oxide red": (132, 58, 46),
    "blue grey": (116, 132, 148),
}
"""sRGB; oxide red is there to be mistaken for rust."""

WEIGHTS = (0.34, 0.16, 0.13, 0.12, 0.07, 0.06, 0.05, 0.03, 0.04)


def paint_coat(rng: np.random.Generator, sheet: Sheet) -> Image:
    """Return a freshly weathered coat, RGB (rows, columns, 3)."""
    names = tuple(COATS)
    name = names[int(rng.choice(len(names), p=np.array(WEIGHTS) / sum(WEIGHTS)))]
    size, mm = (sheet.rows, sheet.columns), sheet.mm_per_px
    light = 1 + 0.035 * fractal(rng, size, (400 / mm, 160 / mm)) + 0.02 * noise(rng, size, (1200 / mm, 5 / mm))
    if name == "galvanized":
        light += 0.035 * noise(rng, size, (12 / mm, 12 / mm))
    light *= _grain(rng, sheet)
    colour = np.array(COATS[name]) * rng.uniform(0.88, 1.08)
    return np.stack([_byte(light * np.float32(channel)) for channel in colour], axis=-1)


def _grain(rng: np.random.Generator, sheet: Sheet) -> Field:
    """Fine weathering from a metal tile, about 1, repeated."""
    grey = cv2.cvtColor(tile(str(rng.choice(["metal_000", "metal_003", "metal_005", "metal_008"]))), cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    grey = 1 + 0.5 * (grey / grey.mean() - 1)
    repeat = (sheet.rows // grey.shape[0] + 1, sheet.columns // grey.shape[1] + 1)
    return np.tile(grey, repeat)[: sheet.rows, : sheet.columns]


def paint_dirt(rng: np.random.Generator, sheet: Sheet, picture: Image) -> None:
    """Darken streaks of dirt; leave brown run-off, algae and bare primer that are not rust."""
    size, mm = (sheet.rows, sheet.columns), sheet.mm_per_px
    streaks = np.clip(noise(rng, size, (900 / mm, 14 / mm)) + noise(rng, size, (2500 / mm, 200 / mm)) - 1.2, 0, 1.2)
    _blend(picture, streaks * rng.uniform(0.05, 0.3), (88, 82, 74))
    if rng.random() < 0.5:
        _blots(rng, sheet, picture, (104, 88, 68), rng.uniform(0.15, 0.4))
    if rng.random() < 0.3:
        _blots(rng, sheet, picture, (82, 100, 66), rng.uniform(0.15, 0.4))
    if rng.random() < 0.35:
        _blots(rng, sheet, picture, (112, 108, 104), 0.9, edge=0.03)
    if rng.random() < 0.25:
        _blots(rng, sheet, picture, (236, 236, 228), 0.8, edge=0.05)


def _blots(
    rng: np.random.Generator,
    sheet: Sheet,
    picture: Image,
    colour: tuple[int, int, int],
    strength: float,
    edge: float = 0.5,
) -> None:
    """Cover some per cent of the sheet with blots of a colour; a small `edge` makes sharp ones."""
    mm = sheet.mm_per_px
    field = fractal(rng, (sheet.rows, sheet.columns), (260 / mm, 70 / mm), 4)
    _blend(picture, np.clip((field - rng.uniform(1.6, 2.6)) / edge, 0, 1) * strength, colour)


def paint_structure(sheet: Sheet, picture: Image) -> None:
    """Draw weld lines, and slip joints with their shadow."""
    mm = sheet.mm_per_px
    for first, last, column in sheet.seams:
        _band(picture, first, last, column - round(4 / mm), column + round(4 / mm) + 1, 0.88)
        _band(picture, first, last, column, column + 1, 1.15)
    for row in sheet.joints:
        _band(picture, row - round(5 / mm), row, 0, sheet.columns, 1.12)
        _band(picture, row, row + round(4 / mm) + 1, 0, sheet.columns, 0.35)
        _band(picture, row + round(4 / mm) + 1, row + round(25 / mm), 0, sheet.columns, 0.82)


def _band(picture: Image, top: int, bottom: int, left: int, right: int, gain: float) -> None:
    """Lighten or darken a box that may pass azimuth 0."""
    columns = np.arange(left, right) % picture.shape[1]
    rows = slice(max(0, top), max(0, bottom))
    picture[rows, columns] = _byte(picture[rows, columns] * np.float32(gain))


def _blend(picture: Image, cover: Field, colour: tuple[int, int, int]) -> None:
    """Lay a colour over the picture with a cover of 0 to 1."""
    row, column = np.nonzero(cover > 0.01)
    share = cover[row, column].astype(np.float32)[:, None]
    picture[row, column] = _byte(picture[row, column] * (1 - share) + np.array(colour, dtype=np.float32) * share)


def _byte(values: Field) -> Image:
    return np.clip(values, 0, 255).astype(np.uint8)
