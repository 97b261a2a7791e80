"""A climb over a rendered pole without a robot: what pose errors do to a map can be measured exactly."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vision.geometry import apothem_mm
from vision.render import PoleRenderer
from vision.types import Camera, Image, Mask, ModelInfo, PoleShape, View

CAMERA = Camera(1280, 960, 857.0, 857.0, 639.5, 479.5)
"""0.7 mm a pixel at 600 mm."""
STANDOFF_MM = 600.0
OVERLAP = 0.2
ARC_DEG = 50.0
"""Half of what a frame is planned to see around the pole, as the angle of view."""
TRUTH = ModelInfo("truth", "0" * 64, 0.5, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class PoseErrors:
    """How wrongly a robot knows where it is."""

    height_factor: float = 1.0
    """True height over reported height: wheel slip makes it less than 1."""
    azimuth_deg: float = 0.0
    """Standard deviation, per frame."""
    standoff_factor: float = 1.0
    """True standoff over reported standoff."""
    roll_deg: float = 0.0
    """True roll where none is reported."""
    turn_deg: float = 0.0
    """True azimuth less the reported one, of all frames: zero was set beside the tag."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One rendered frame: where the camera was, where it was said to be, what it took, and the truth in it."""

    true: View
    said: View
    image: Image
    truth: npt.NDArray[np.uint8]

    def mask(self) -> Mask:
        """Return the truth as a model's answer."""
        return Mask(self.truth.astype(np.float32), self.truth, TRUTH)


def stations(shape: PoleShape, camera: Camera = CAMERA) -> Iterator[View]:
    """Yield views that see the whole shaft with overlap, ring by ring from the ground."""
    footprint_m = STANDOFF_MM * camera.height_px / camera.fy_px / 1000
    rings = max(1, math.ceil((shape.height_m - 0.9 * footprint_m) / (footprint_m * (1 - OVERLAP))))
    lowest_m = min(0.45 * footprint_m, shape.height_m / 2)
    for height_m in np.linspace(lowest_m, shape.height_m - lowest_m, rings + 1):
        radius = float(apothem_mm(shape, float(height_m)))
        limit = math.radians(ARC_DEG - (180 / shape.sides if shape.sides else 0))
        half = limit - math.asin(radius / (radius + STANDOFF_MM) * math.sin(limit))
        count = max(3, math.ceil(math.pi / half))
        for index in range(count):
            yield View(camera, float(height_m), 360 * index / count, STANDOFF_MM)


def shots(
    shape: PoleShape,
    renderer: PoleRenderer,
    errors: PoseErrors,
    seed: int,
    heights_m: tuple[float, float] = (0, math.inf),
) -> Iterator[Shot]:
    """Photograph every station between two heights; the errors are drawn from the seed."""
    rng = np.random.default_rng([seed, 13])
    for said in stations(shape):
        if not heights_m[0] <= said.height_m <= heights_m[1]:
            continue
        true = replace(
            said,
            height_m=said.height_m * errors.height_factor,
            azimuth_deg=float((said.azimuth_deg + errors.turn_deg + rng.normal(0, errors.azimuth_deg)) % 360),
            standoff_mm=said.standoff_mm * errors.standoff_factor,
            roll_deg=errors.roll_deg,
        )
        yield Shot(true, said, renderer.render(true), renderer.truth(true))
