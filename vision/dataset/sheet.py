"""Pictures of a data set: photographs beside their labels, in colours that colour-blind people tell apart."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vision.dataset.folder import Dataset, Photograph
from vision.dataset.formats.masks import mask_of
from vision.photograph import read_photograph
from vision.types import Image

COLOURS = np.array(
    [
        (0, 0, 0),
        (86, 180, 233),
        (240, 228, 66),
        (230, 159, 0),
        (213, 94, 0),
        (0, 114, 178),
        (0, 158, 115),
        (204, 121, 167),
    ],
    dtype=np.uint8,
)
"""Okabe and Ito's palette by mask value, black for 0; later values begin again after black."""

CELL_PX = 240


def coloured(values: npt.NDArray[np.uint8]) -> Image:
    """Return the colours of mask values, RGB (height_px, width_px, 3)."""
    return np.asarray(COLOURS[np.where(values, (values - 1) % (len(COLOURS) - 1) + 1, 0)], dtype=np.uint8)


def beside(image: Image, values: npt.NDArray[np.uint8], title: str) -> Image:
    """Return a photograph beside itself with its labels laid over, two cells wide, with a title."""
    over = np.where(values[..., None] > 0, image // 3 + coloured(values) // 3 * 2, image // 2)
    cells = [
        cv2.resize(np.asarray(each, np.uint8), (CELL_PX, CELL_PX), interpolation=cv2.INTER_AREA)
        for each in (image, over)
    ]
    both = np.hstack(cells)
    cv2.rectangle(both, (0, 0), (2 * CELL_PX, 18), (255, 255, 255), -1)
    cv2.putText(both, title, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return np.asarray(both, dtype=np.uint8)


def tiled(cells: list[Image], columns: int) -> bytes:
    """Return a PNG of equal cells in rows; ValueError without any."""
    if not cells:
        raise ValueError("there is nothing to show; choose other photographs")
    blank = np.full_like(cells[0], 255)
    cells = cells + [blank] * (-len(cells) % columns)
    rows = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    written, content = cv2.imencode(".png", cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))
    assert written
    return bytes(content)


def sheet(root: Path, photographs: list[Photograph], columns: int = 3) -> bytes:
    """Return a PNG of photographs, each beside its labels."""
    return tiled([_cell(root, each) for each in photographs], columns)


def _cell(root: Path, each: Photograph) -> Image:
    return beside(
        read_photograph(root / each.image), mask_of(root / each.mask), f"{Path(each.image).stem}  {each.place}"
    )


def legend(dataset: Dataset) -> bytes:
    """Return a PNG that says which colour is which label."""
    strip = np.full((24, 150 * len(dataset.labels), 3), 255, dtype=np.uint8)
    for index, label in enumerate(dataset.labels):
        left = 150 * index
        colour = coloured(np.full((1, 1), label.value, dtype=np.uint8))[0, 0]
        strip[4:20, left + 4 : left + 24] = colour
        text = f"{label.name}{' (rust)' if label.rust else ''}"
        cv2.putText(strip, text, (left + 30, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    written, content = cv2.imencode(".png", cv2.cvtColor(strip, cv2.COLOR_RGB2BGR))
    assert written
    return bytes(content)
