"""The unrolled pictures of a climb: row 0 = top, columns = azimuth 0 to 360 clockwise seen from above.

surface.png   colour, RGB; black where nothing was seen
rust.png      palette, 0 = not rust, 1 = rust
coverage.png  palette, 0 = not seen, 1 = seen, 2 = seen, but too obliquely, too coarsely or not gradable
"""

import io
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Picture

from climber.files import write_file
from vision.coverage import State
from vision.surface import SurfaceMap

RUST_PALETTE = ((238, 238, 238), (213, 94, 0))
COVERAGE_PALETTE = ((34, 34, 34), (86, 180, 233), (240, 228, 66))
"""Okabe and Ito's colours, told apart by people who are colour-blind."""


def write_pictures(folder: Path, surface: SurfaceMap) -> tuple[Path, Path, Path]:
    """Write surface.png, rust.png and coverage.png into a folder; returns their paths in this order."""
    seen = surface.state == State.SEEN
    coverage = np.where(surface.state == State.NOT_SEEN, 0, np.where(seen, 1, 2)).astype(np.uint8)
    paths = folder / "surface.png", folder / "rust.png", folder / "coverage.png"
    write_file(paths[0], _colour_png(surface))
    write_file(paths[1], _palette_png(surface.rusty(), RUST_PALETTE))
    write_file(paths[2], _palette_png(coverage, COVERAGE_PALETTE))
    return paths


def _colour_png(surface: SurfaceMap) -> bytes:
    """Encode colour without effort at compression: a map of 10 Mpx in a second rather than ten."""
    written, png = cv2.imencode(
        ".png", cv2.cvtColor(surface.colour, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 1]
    )
    assert written
    return bytes(png)


def _palette_png(
    indices: "npt.NDArray[np.uint8] | npt.NDArray[np.bool_]", palette: tuple[tuple[int, int, int], ...]
) -> bytes:
    picture = Picture.fromarray(indices.astype(np.uint8), mode="P")
    picture.putpalette([channel for colour in palette for channel in colour])
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=2)
    return out.getvalue()
