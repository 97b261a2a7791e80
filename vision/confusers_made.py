"""Made pictures of what might be taken for rust and is none: each from rust-free tiles, the same for a seed."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vision.render_noise import fractal
from vision.types import Image

SIDE_PX = 384
Tiles = dict[str, list[Image]]
"""Rust-free tiles by material, RGB (128, 128, 3)."""


def ground(rng: np.random.Generator, tiles: Tiles, *materials: str) -> Image:
    """Cover the picture with one tile of the first material there is."""
    name = next((each for each in materials if tiles.get(each)), None)
    if name is None:
        return np.full((SIDE_PX, SIDE_PX, 3), 150, np.uint8)
    tile = tiles[name][int(rng.integers(len(tiles[name])))]
    return np.asarray(cv2.resize(np.tile(tile, (2, 2, 1)), (SIDE_PX, SIDE_PX)), np.uint8)


def brown_paint(rng: np.random.Generator, tiles: Tiles) -> Image:
    """A coat of brown or red-brown paint, with the tile's unevenness."""
    return browned(rng, ground(rng, tiles, "Paint", "Plastic"))


def shadow(rng: np.random.Generator, tiles: Tiles) -> Image:
    """Light paint under a hard shadow of bars."""
    coat = ground(rng, tiles, "Plastic", "Paint").astype(np.float32)
    across = (np.arange(SIDE_PX) + rng.integers(60)) % rng.integers(40, 110) < rng.integers(10, 40)
    return _bytes(coat * np.where(across, rng.uniform(0.25, 0.5), 1.0)[None, :, None])


def red_sign(rng: np.random.Generator, tiles: Tiles) -> Image:
    """A red plate with a white rim and letters on a wall."""
    picture = ground(rng, tiles, "Plaster", "Concrete").copy()
    red = (int(rng.integers(150, 220)), int(rng.integers(10, 50)), int(rng.integers(10, 50)))
    cv2.rectangle(picture, (60, 90), (320, 290), red, -1)
    cv2.rectangle(picture, (60, 90), (320, 290), (240, 240, 240), 6)
    cv2.putText(picture, "STOP", (95, 215), cv2.FONT_HERSHEY_DUPLEX, 2.4, (240, 240, 240), 8)
    return picture


def stain(rng: np.random.Generator, tiles: Tiles) -> Image:
    """Light paint with translucent rust-coloured runs, as water leaves them below rust."""
    coat = ground(rng, tiles, "Plastic", "Plaster").astype(np.float32)
    field = fractal(rng, (SIDE_PX, SIDE_PX), (200, 25), 2)
    cover = np.clip(field / (2 * float(field.std())), 0, 1)[..., None] * np.float32(rng.uniform(0.2, 0.45))
    return _bytes(coat * (1 - cover) + np.array([165, 105, 50], np.float32) * cover)


def marker(rng: np.random.Generator, tiles: Tiles) -> Image:
    """A printed ArUco marker on paint."""
    picture = ground(rng, tiles, "Paint", "Plastic").copy()
    family = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_1000)
    side = int(rng.integers(90, 220))
    plate = cv2.cvtColor(cv2.aruco.generateImageMarker(family, int(rng.integers(1000)), side), cv2.COLOR_GRAY2RGB)
    picture[80 : 80 + side, 80 : 80 + side] = plate
    return picture


def wet_concrete(rng: np.random.Generator, tiles: Tiles) -> Image:
    """Concrete, dark and saturated where it is wet."""
    return wetted(rng, ground(rng, tiles, "Concrete"))


def sunset(rng: np.random.Generator, tiles: Tiles) -> Image:
    """Paint, plastic or concrete in the light of a low sun."""
    names = ("Paint", "Plastic", "Concrete")
    return in_low_sun(rng, ground(rng, tiles, *np.roll(names, int(rng.integers(3))).tolist()))


MADE: dict[str, Callable[[np.random.Generator, Tiles], Image]] = {
    "brown paint": brown_paint,
    "shadow": shadow,
    "red sign": red_sign,
    "rust-coloured stain": stain,
    "ArUco marker": marker,
    "wet concrete": wet_concrete,
    "sunset light": sunset,
}


def browned(rng: np.random.Generator, coat: Image) -> Image:
    """Paint a surface brown or red-brown; its unevenness shows through."""
    uneven = coat.mean(axis=2, keepdims=True)
    brown = np.array([rng.uniform(80, 140), rng.uniform(45, 75), rng.uniform(30, 55)])
    return _bytes(brown * (uneven / max(1.0, float(uneven.mean()))))


def wetted(rng: np.random.Generator, surface: Image) -> Image:
    """Wet a surface in places: darker and more saturated there."""
    dry = surface.astype(np.float32)
    wet = np.clip(fractal(rng, (dry.shape[0], dry.shape[1]), (120, 120), 3) * 4 + 0.5, 0, 1)[..., None]
    grey = dry.mean(axis=2, keepdims=True)
    return _bytes(dry * (1 - wet) + (grey + (dry - grey) * 1.5) * 0.5 * wet)


def in_low_sun(rng: np.random.Generator, surface: Image) -> Image:
    """Light a surface by a low sun."""
    return _bytes(surface * np.array([1.15, 0.78, 0.48], np.float32) * np.float32(rng.uniform(0.6, 1.0)))


def _bytes(values: npt.NDArray[np.floating[Any]]) -> Image:
    return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)
