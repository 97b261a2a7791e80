"""The unrolled pictures of a climb: row 0 = top, columns = azimuth 0 to 360 clockwise seen from above.

surface.png   colour, RGB; black where nothing was seen
rust.png      palette, 0 = not rust, 1 = rust
coverage.png  palette, 0 = not seen, 1 = seen, 2 = seen, but too obliquely, too coarsely or not gradable
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from climber.png import Strip, write_png
from vision.coverage import State
from vision.surface import SurfaceMap

RUST_PALETTE = ((238, 238, 238), (213, 94, 0))
COVERAGE_PALETTE = ((34, 34, 34), (86, 180, 233), (240, 228, 66))
"""Okabe and Ito's colours, told apart by people who are colour-blind."""


def write_pictures(folder: Path, surface: SurfaceMap) -> tuple[Path, Path, Path]:
    """Write surface.png, rust.png and coverage.png into a folder; returns their paths in this order."""
    paths = folder / "surface.png", folder / "rust.png", folder / "coverage.png"
    size = surface.columns, surface.rows
    write_png(paths[0], size, (surface.colour[rows] for rows in surface.blocks()))
    write_png(paths[1], size, (surface.rusty(rows).astype(np.uint8) for rows in surface.blocks()), RUST_PALETTE)
    write_png(paths[2], size, _coverage(surface), COVERAGE_PALETTE)
    return paths


def _coverage(surface: SurfaceMap) -> Iterator[Strip]:
    """0 = not seen, 1 = seen, 2 = seen in a way that cannot be graded."""
    meaning = np.full(len(State), 2, dtype=np.uint8)
    meaning[State.NOT_SEEN], meaning[State.SEEN] = 0, 1
    for rows in surface.blocks():
        yield meaning[surface.state[rows]]
