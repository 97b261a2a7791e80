"""Painted shafts whose every pixel has a label: sound, stain that is not rust, and rust by how deep it has gone."""

import numpy as np
import numpy.typing as npt

from vision.dataset.folder import Label
from vision.render_noise import fractal
from vision.render_paint import paint_coat, paint_structure
from vision.render_plates import paint_plates
from vision.render_rust import Sheet, paint_rust, rust_field, threshold
from vision.render_surface import blank_sheet
from vision.types import Image, PoleShape

SOUND, STAIN, FAIR, POOR, SEVERE = range(5)

LABELS = (
    Label(value=SOUND, name="sound", rust=False),
    Label(value=STAIN, name="stain", rust=False),
    Label(value=FAIR, name="fair", rust=True),
    Label(value=POOR, name="poor", rust=True),
    Label(value=SEVERE, name="severe", rust=True),
)

DEPTHS = (0.25, 0.7)
"""Depth of the rust field from which rust is poor, and severe: where its colour has turned from orange to dark."""

STAINS = ((104, 84, 60), (120, 96, 70), (88, 100, 70), (96, 82, 76))
"""Run-off, mud, algae, soot."""

STAIN_SEEN = 0.3
"""Cover from which a stain is labelled."""


def labelled_surface(shape: PoleShape, seed: int, rusted_fraction: float) -> tuple[Image, npt.NDArray[np.uint8]]:
    """Paint a weathered shaft, without the dirt that no label names.

    Returns colour (rows, columns, 3) and labels (rows, columns) as in LABELS.
    """
    rng = np.random.default_rng([seed, 23])
    sheet = blank_sheet(rng, shape)
    picture = paint_coat(rng, sheet)
    labels = _stained(rng, sheet, picture)
    paint_structure(sheet, picture)
    paint_plates(rng, shape, picture)
    field = rust_field(rng, sheet)
    level = threshold(field, sheet, rusted_fraction)
    rust = paint_rust(rng, picture, field, level)
    states = FAIR + np.digitize(field - level, DEPTHS).astype(np.uint8)
    return picture, np.where(rust, states, labels).astype(np.uint8)


def _stained(rng: np.random.Generator, sheet: Sheet, picture: Image) -> npt.NDArray[np.uint8]:
    """Lay a few flat stains, taller than wide; returns where they are seen."""
    labels = np.zeros((sheet.rows, sheet.columns), dtype=np.uint8)
    for _ in range(int(rng.integers(1, 3))):
        cell = rng.uniform(60, 160) / sheet.mm_per_px
        field = fractal(rng, labels.shape, (cell * rng.uniform(1, 4), cell), 3)
        cover = np.clip((field - np.quantile(field, rng.uniform(0.88, 0.97))) / 0.15, 0, 1) * rng.uniform(0.5, 0.8)
        colour = np.array(STAINS[int(rng.integers(len(STAINS)))], dtype=np.float32)
        picture[:] = (picture * (1 - cover[..., None]) + colour * cover[..., None]).astype(np.uint8)
        labels[cover > STAIN_SEEN] = STAIN
    return labels
