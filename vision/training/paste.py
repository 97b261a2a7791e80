"""Real rust on other ground: labelled patches of photographs laid over poles, walls and other photographs."""

import cv2
import numpy as np

from vision.labels import RustMask
from vision.training.augment import IGNORE
from vision.types import Image

MOST = 0.5
"""A larger share of rust would only replace the picture."""


def pasted(
    rng: np.random.Generator, image: Image, label: RustMask, piece: Image, rust: RustMask
) -> tuple[Image, RustMask]:
    """Lay the rust of `piece` over `image`, soft at the edge and matched in lightness; all of one size.

    The band left out along the piece's own edges stays left out. Without rust in the piece nothing changes.
    """
    where = rust == 1
    if not 0 < where.mean() < MOST:
        return image, label
    cover = cv2.GaussianBlur(where.astype(np.float32), (0, 0), rng.uniform(0.6, 2.0))[..., None]
    out = image * (1 - cover) + _matched(rng, piece, image, where) * cover
    joined = np.where(where, 1, np.where((rust == IGNORE) & (label == 0), IGNORE, label))
    return np.clip(out, 0, 255).astype(np.uint8), joined.astype(np.uint8)


def _matched(rng: np.random.Generator, piece: Image, image: Image, where: np.ndarray) -> np.ndarray:
    """Bring the piece part of the way to the light around it: rust is darker than most of what it grows on."""
    here = 0.7 * float(image.mean()) / max(1.0, float(piece[where].mean()))
    return piece * np.float32(np.clip(here, 0.5, 2.0) ** rng.uniform(0, 1))
