"""Unrolled pictures at a size for the screen, made once and kept beside the blobs.

The rust and coverage pictures become translucent layers to lay over the surface: rust in vermilion, as dense as the
rust under each screen pixel; what was not seen in dark grey, what was seen too obliquely or coarsely in blue. The
colours are told apart with any kind of colour vision (Okabe and Ito, 2008).
"""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from climber.files import write_file

Kind = Literal["surface", "rust", "coverage"]
WIDTHS = (512, 1024)
MEDIA: dict[Kind, str] = {"surface": "image/jpeg", "rust": "image/png", "coverage": "image/png"}
LONGEST_PX = 16_000
"""Browsers decode no JPEG beyond 65,535 and show none well beyond this."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One value of a picture of indices and how it is shown."""

    value: int
    colour: tuple[int, int, int]
    opacity: float


MARKS: dict[Kind, tuple[Mark, ...]] = {
    "rust": (Mark(1, (213, 94, 0), 0.65),),
    "coverage": (Mark(0, (40, 40, 40), 0.75), Mark(2, (0, 114, 178), 0.45)),
}


def preview(folder: Path, blob: Path, kind: Kind, width_px: int) -> Path:
    """Return the file of the picture `blob` at `width_px` across, made if it is not there yet."""
    place = folder / f"{blob.name}-{kind}-{width_px}.{'jpg' if kind == 'surface' else 'png'}"
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_file(place, _encoded(blob, kind, width_px))
    return place


def _encoded(blob: Path, kind: Kind, width_px: int) -> bytes:
    with Image.open(blob) as image:
        size = _fitted(image.size, width_px)
        if kind == "surface":
            shown = image.convert("RGB").resize(size, Image.Resampling.BOX)
        else:
            shown = overlay([share.resize(size, Image.Resampling.BOX) for share in shares(image, kind)], kind)
    out = BytesIO()
    shown.save(out, "JPEG" if kind == "surface" else "PNG", quality=85)
    return out.getvalue()


def shares(image: Image.Image, kind: Kind) -> list[Image.Image]:
    """Return, for each mark of a layer, 255 where a picture of indices has it and 0 elsewhere."""
    index_hw = np.asarray(image)
    return [Image.fromarray(((index_hw == mark.value) * np.uint8(255)).astype(np.uint8)) for mark in MARKS[kind]]


def overlay(marked: list[Image.Image], kind: Kind) -> Image.Image:
    """Return RGBA whose opacity is the share of marked pixels (0 to 255) under each pixel of the result."""
    result = Image.new("RGBA", marked[0].size)
    for share, mark in zip(marked, MARKS[kind], strict=True):
        alpha = share.point(lambda level, most=mark.opacity: level * most)
        result = Image.alpha_composite(
            result, Image.merge("RGBA", [*Image.new("RGB", share.size, mark.colour).split(), alpha])
        )
    return result


def _fitted(size: tuple[int, int], width_px: int) -> tuple[int, int]:
    width, height = size
    scale = min(width_px / width, LONGEST_PX / height, 1.0)
    return max(1, round(width * scale)), max(1, round(height * scale))
