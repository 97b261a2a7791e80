"""Unrolled pictures at a size for the screen, made once and kept beside the blobs.

The rust and coverage pictures become translucent layers to lay over the surface: rust in vermilion, as dense as the
rust under each screen pixel; what was not seen in dark grey, what was seen too obliquely or coarsely in blue. The
colours are told apart with any kind of colour vision (Okabe and Ito, 2008).
"""

from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from climber.files import write_file

Kind = Literal["surface", "rust", "coverage"]
WIDTHS = (512, 1024)
VERMILION = (213, 94, 0)
GREY = (40, 40, 40)
BLUE = (0, 114, 178)
MEDIA = {"surface": "image/jpeg", "rust": "image/png", "coverage": "image/png"}
LONGEST_PX = 16_000
"""Browsers decode no JPEG beyond 65,535 and show none well beyond this."""


def preview(folder: Path, blob: Path, kind: Kind, width_px: int) -> Path:
    """Return the file of the picture `blob` at `width_px` across, made if it is not there yet."""
    place = folder / f"{blob.name}-{kind}-{width_px}.{'jpg' if kind == 'surface' else 'png'}"
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_file(place, _encoded(blob, kind, width_px))
    return place


def _encoded(blob: Path, kind: Kind, width_px: int) -> bytes:
    with Image.open(blob) as image:
        whole = image.convert("RGB") if kind == "surface" else Image.fromarray(np.asarray(image))
    out = BytesIO()
    shown = layer(whole, kind, _fitted(whole.size, width_px))
    shown.save(out, "JPEG" if kind == "surface" else "PNG", quality=85)
    return out.getvalue()


def layer(picture: Image.Image, kind: Kind, size: tuple[int, int]) -> Image.Image:
    """Return the surface scaled to `size`, or a layer to lay over it from a picture of indices."""
    if kind == "surface":
        return picture.resize(size, Image.Resampling.BOX)
    return _overlay(np.asarray(picture), kind, size)


def _fitted(size: tuple[int, int], width_px: int) -> tuple[int, int]:
    width, height = size
    scale = min(width_px / width, LONGEST_PX / height, 1.0)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _overlay(index_hw: np.ndarray, kind: Kind, size: tuple[int, int]) -> Image.Image:
    """Return RGBA whose opacity is the share of marked pixels under each pixel of the result."""
    overlay = Image.new("RGBA", size)
    marks = [(1, VERMILION, 0.85)] if kind == "rust" else [(0, GREY, 0.75), (2, BLUE, 0.45)]
    for value, colour, opacity in marks:
        share = Image.fromarray(((index_hw == value) * np.uint8(255)).astype(np.uint8))
        alpha = share.resize(size, Image.Resampling.BOX).point(lambda level, most=opacity: level * most)
        overlay = Image.alpha_composite(overlay, Image.merge("RGBA", [*Image.new("RGB", size, colour).split(), alpha]))
    return overlay
