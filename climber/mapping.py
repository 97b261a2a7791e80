"""From the photographs of a climb to its map, with poses corrected by what they show."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from climber.errors import InputError
from climber.files import write_file
from vision.refine import Refinement, refine
from vision.refine_match import Small, small
from vision.strip import Segments, pole_strip, segment_strip, useless_reason
from vision.surface import SurfaceMap
from vision.types import Image, Mask, ModelInfo, PoleShape, View

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a second laying needs of one frame: the photograph itself is read from its file again."""

    file: Path
    view: View
    packed: bytes | None
    """The mask's probability and label as PNG; None when the frame could not be graded."""
    classes: bytes | None = None
    """The values of the model's labels as PNG, where it has several."""


class Photographs:
    """Keeps what pose refinement and laying need of each frame, small enough for hundreds of frames."""

    def __init__(self, shape: PoleShape) -> None:
        self._shape = shape
        self._kept: list[_Kept] = []
        self._small: list[Small] = []
        self._model: ModelInfo | None = None

    def __len__(self) -> int:
        """Number of frames kept."""
        return len(self._kept)

    def keep(self, file: Path, image: Image, mask: Mask | None, view: View) -> None:
        """Keep one frame, whose file stays where it is; None for the mask says that it cannot be graded."""
        if mask is not None:
            self._model = mask.model
        packed = None if mask is None else _packed(mask)
        classes = None if mask is None or mask.classes is None else _png(mask.classes)
        self._kept.append(_Kept(file, view, packed, classes))
        self._small.append(small(image, view))

    def refined(self) -> Refinement:
        """Correct the poses of all frames by what they show."""
        return refine(self._shape, self._small, [kept.view for kept in self._kept])

    def write_masks(self, folder: Path) -> None:
        """Write what was called rust on each photograph as `folder`/NAME.png of one bit, white where it is rust."""
        folder.mkdir(parents=True, exist_ok=True)
        for kept in self._kept:
            if kept.packed is not None:
                write_file(folder / f"{kept.file.stem}.png", _one_bit(kept.packed))

    def lay(self, surface: SurfaceMap, refinement: Refinement) -> Iterator[None]:
        """Lay every frame on the map at its corrected pose; yields after each.

        Raises InputError when a photograph cannot be read any more.
        """
        for kept, view in zip(self._kept, refinement.views, strict=True):
            mask = None if kept.packed is None or self._model is None else _unpacked(kept, self._model)
            surface.add(read_image(kept.file), mask, view)
            yield


def find_rust(segmenter: Segments, shape: PoleShape, image: Image, view: View) -> Mask | None:
    """Find rust on the pole in a frame; None when the pole's strip of the picture is too poor to grade."""
    if useless_reason(shape, view, image):
        return None
    return segment_strip(segmenter, image, pole_strip(shape, view))


def read_image(path: Path) -> Image:
    """Decode a photograph to RGB; InputError with its path when that fails."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise InputError(f"{path}: not a readable photograph; copy the climb folder whole, or leave this climb out")
    return np.asarray(image, dtype=np.uint8)


def _packed(mask: Mask) -> bytes:
    """Probability in 127 steps and the label as the last bit, without loss from there on."""
    steps = np.round(mask.probability * 127).astype(np.uint8)
    return _png(steps * np.uint8(2) + mask.label)


def _unpacked(kept: _Kept, model: ModelInfo) -> Mask:
    both = _pixels(kept.packed or b"")
    classes = None if kept.classes is None else _pixels(kept.classes)
    return Mask((both >> 1).astype(np.float32) / np.float32(127), both & np.uint8(1), model, classes)


def _png(pixels: Pixels) -> bytes:
    written, png = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    assert written
    return bytes(png)


def _one_bit(packed: bytes) -> bytes:
    label = _pixels(packed) & np.uint8(1)
    written, png = cv2.imencode(".png", label * np.uint8(255), [cv2.IMWRITE_PNG_BILEVEL, 1])
    assert written
    return bytes(png)


def _pixels(png: bytes) -> Pixels:
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED), dtype=np.uint8)
