"""The unrolled pictures of a climb: row 0 = top, columns = azimuth 0 to 360 clockwise seen from above.

surface.png   colour, RGB; black where nothing was seen
rust.png      palette, 0 = not rust, 1 = rust
labels.png    palette, values of the model's labels, 255 = not seen; only of a model that tells more apart than rust
coverage.png  palette, 0 = not seen, 1 = seen, 2 = seen, but too obliquely, too coarsely or not gradable
"""

from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

import numpy as np

from climber.png import Strip, write_png
from vision.coverage import State
from vision.surface import SurfaceMap
from vision.types import ModelInfo

Colour = tuple[int, int, int]

RUST_PALETTE = ((238, 238, 238), (213, 94, 0))
COVERAGE_PALETTE = ((34, 34, 34), (86, 180, 233), (240, 228, 66))
"""Okabe and Ito's colours, told apart by people who are colour-blind."""


NO_LABEL = 255
OTHER_COLOURS = ((238, 238, 238), (86, 180, 233), (0, 158, 115), (0, 84, 148))
"""Of labels that are not rust; the first is sound surface."""
RUST_COLOURS = ((253, 190, 133), (241, 105, 19), (166, 54, 3), (77, 26, 2))
"""Of labels that are rust, by value: from light to dark in one hue, so that the order shows in grey print too."""


def label_colours(rust: Sequence[bool]) -> list[Colour]:
    """Return a colour for each label by value, told apart by people who are colour-blind."""
    sides = {True: cycle(RUST_COLOURS), False: cycle(OTHER_COLOURS)}
    return [next(sides[each]) for each in rust]


def write_pictures(folder: Path, surface: SurfaceMap) -> tuple[Path, Path, Path]:
    """Write surface.png, rust.png and coverage.png into a folder; returns their paths in this order."""
    path = folder / "surface.png"
    write_png(path, (surface.columns, surface.rows), (surface.colour[rows] for rows in surface.blocks()))
    return path, *write_marks(folder, surface)


def write_marks(folder: Path, surface: SurfaceMap) -> tuple[Path, Path]:
    """Write rust.png and coverage.png, what one grading says of the surface, into a folder; returns their paths."""
    paths, size = (folder / "rust.png", folder / "coverage.png"), (surface.columns, surface.rows)
    write_png(paths[0], size, (surface.rusty(rows).astype(np.uint8) for rows in surface.blocks()), RUST_PALETTE)
    write_png(paths[1], size, _coverage(surface), COVERAGE_PALETTE)
    return paths


def write_labels(folder: Path, surface: SurfaceMap, model: ModelInfo) -> Path | None:
    """Write labels.png into a folder where the map has labels; returns its path."""
    label = surface.label
    if label is None:
        return None
    colours = label_colours([value in model.rust_values for value in range(len(model.labels))])
    palette = (*colours, *[COVERAGE_PALETTE[0]] * (NO_LABEL + 1 - len(colours)))
    strips = (np.where(surface.state[rows] == State.SEEN, label[rows], np.uint8(NO_LABEL)) for rows in surface.blocks())
    write_png(folder / "labels.png", (surface.columns, surface.rows), strips, palette)
    return folder / "labels.png"


def _coverage(surface: SurfaceMap) -> Iterator[Strip]:
    """0 = not seen, 1 = seen, 2 = seen in a way that cannot be graded."""
    meaning = np.full(len(State), 2, dtype=np.uint8)
    meaning[State.NOT_SEEN], meaning[State.SEEN] = 0, 1
    for rows in surface.blocks():
        yield meaning[surface.state[rows]]
