"""Pictures made of others: labelled rust on other ground, steel before other ground, surfaces of another colour."""

import cv2
import numpy as np

from vision.labels import RustMask
from vision.training.augment import GROUND, IGNORE, RUST, STEEL
from vision.types import Image

MOST = 0.5
"""A larger share of rust would only replace the picture."""

LEAST = 0.03
"""A smaller share of steel, or of ground, is not worth the work."""


def pasted(
    rng: np.random.Generator, image: Image, label: RustMask, piece: Image, rust: RustMask
) -> tuple[Image, RustMask]:
    """Lay the rust of `piece` over `image`, soft at the edge and matched in lightness; all of one size.

    The band left out along the piece's own edges stays left out. Without rust in the piece nothing changes.
    """
    where = rust == RUST
    if not 0 < where.mean() < MOST:
        return image, label
    cover = cv2.GaussianBlur(where.astype(np.float32), (0, 0), rng.uniform(0.6, 2.0))[..., None]
    out = image * (1 - cover) + _matched(rng, piece, image, where) * cover
    joined = np.where(where, RUST, np.where((rust == IGNORE) & (label != RUST), IGNORE, label))
    return np.clip(out, 0, 255).astype(np.uint8), joined.astype(np.uint8)


def moved(
    rng: np.random.Generator, image: Image, label: RustMask, ground: Image, there: RustMask
) -> tuple[Image, RustMask]:
    """Put the steel of a crop, rust and all, before another picture of its size; nothing changes where either is all.

    Along the outline a few pixels of the old ground go with it, as unsure as the outline.
    """
    steel = np.isin(label, (RUST, STEEL)).astype(np.uint8)
    if not LEAST < steel.mean() < 1 - LEAST or not (label == GROUND).any():
        return image, label
    wide = cv2.dilate(steel, np.ones((5, 5), np.uint8)).astype(np.float32)
    cover = cv2.GaussianBlur(wide, (0, 0), rng.uniform(0.6, 2))
    out = image * cover[..., None] + ground * (1 - cover[..., None])
    return np.clip(out, 0, 255).astype(np.uint8), np.where(cover > 0.5, label, there).astype(np.uint8)


def repainted(rng: np.random.Generator, image: Image, label: RustMask) -> Image:
    """Turn the hue of all that is not rust and change its saturation: paint may have any colour, brown too."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + rng.uniform(0, 180)) % 180
    hsv[..., 1] *= np.float32(rng.uniform(0.5, 1.8))
    other = cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2RGB)
    cover = cv2.GaussianBlur(np.isin(label, (RUST, IGNORE)).astype(np.float32), (0, 0), rng.uniform(1, 4))[..., None]
    return np.asarray(image * cover + other * (1 - cover), dtype=np.uint8)


def _matched(rng: np.random.Generator, piece: Image, image: Image, where: np.ndarray) -> np.ndarray:
    """Bring the piece part of the way to the light around it: rust is darker than most of what it grows on."""
    here = 0.7 * float(image.mean()) / max(1.0, float(piece[where].mean()))
    return piece * np.float32(np.clip(here, 0.5, 2.0) ** rng.uniform(0, 1))
