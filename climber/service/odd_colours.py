"""Rust marked on a colour that rust seldom has: a sign that something new has fooled the model.

Rule `odd-colour/1`: a marked pixel of the reduced surface is odd when it is grey (chroma below LEAST_CHROMA) or its hue
lies outside HUES_DEG, both in CIE Lab. In the street and walkway photographs 20 % of what people labelled as rust is
odd by this rule, mostly in shadow, and 73 % of what is not rust. More than ODD_SHARE odd is a reason for a person to
look; it says neither that the marked is no rust nor, where it is less, that it is rust.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from climber.service.previews import MARKS
from climber.service.tiles import levels_of

RULE = "odd-colour/1"
LEAST_CHROMA = 4.0
HUES_DEG = (30.0, 90.0)
ODD_SHARE = 0.5
MOST_PX = 4_000_000
"""The finest level not larger than this is looked at."""
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32)
WHITE = XYZ.sum(1)


def odd_share(surface_tiles: Path, rust_tiles: Path, size: tuple[int, int]) -> float:
    """Return the share of the marked surface that has an odd colour, from two folders of tiles of pictures of `size`.

    0 where nothing is marked.
    """
    level = max(n for n, (width, height) in enumerate(levels_of(*size)) if width * height <= MOST_PX)
    counts = [_counted(path, rust_tiles / f"{path.stem}.png") for path in surface_tiles.glob(f"{level}-*.jpg")]
    marked, odd = (sum(column) for column in zip(*counts, strict=True))
    return odd / marked if marked else 0.0


def _counted(surface: Path, rust: Path) -> tuple[int, int]:
    """Return how many pixels of a tile are marked, and how many of these are odd; none where the two do not match."""
    if not rust.exists():
        return 0, 0
    with Image.open(surface) as picture, Image.open(rust) as layer:
        rgb, opacity = np.asarray(picture.convert("RGB")), np.asarray(layer.getchannel("A"))
    if rgb.shape[:2] != opacity.shape:
        return 0, 0
    marked = opacity > 255 * MARKS["rust"][0].opacity / 2
    return int(marked.sum()), int(is_odd(rgb[marked]).sum())


def is_odd(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Tell for each of (n, 3) sRGB colours whether rust seldom has it."""
    part = rgb.astype(np.float32) / 255
    linear = np.where(part > 0.04045, ((part + 0.055) / 1.055) ** 2.4, part / 12.92)
    share = linear @ XYZ.T / WHITE
    x, y, z = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116).T
    a, b = 500 * (x - y), 200 * (y - z)
    hue_deg = np.degrees(np.arctan2(b, a)) % 360
    odd: npt.NDArray[np.bool_] = (np.hypot(a, b) < LEAST_CHROMA) | (hue_deg < HUES_DEG[0]) | (hue_deg > HUES_DEG[1])
    return odd
