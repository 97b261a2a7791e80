"""The arrays that pass between the steps of vision, with shapes, units and ranges."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""RGB photograph, shape (height_px, width_px, 3)."""


@dataclass(frozen=True, slots=True)
class Section:
    """One shaft section between two slip joints, heights above the ground datum."""

    bottom_m: float
    top_m: float
    seam_deg: float | None = None
    """Azimuth of the weld line along it; None when not known."""


@dataclass(frozen=True, slots=True)
class Plate:
    """A rectangle on the shaft whose place is known: the cover of the handhole, or the pole's tag."""

    kind: Literal["handhole", "tag"]
    height_m: float
    """Of its middle."""
    azimuth_deg: float
    wide_mm: float
    """Along the surface."""
    high_mm: float


@dataclass(frozen=True, slots=True)
class PoleShape:
    """A tapered shaft: straight taper from base to top, round or polygonal.

    For a polygon the diameters are across flats (twice the apothem), and
    the first facet's middle looks to azimuth 0.
    """

    height_m: float
    base_diameter_mm: float
    top_diameter_mm: float
    sides: int = 0
    """0 = round; otherwise 3 or more facets."""
    sections: tuple[Section, ...] = ()
    """Contiguous, from the ground up; empty means one section."""
    plates: tuple[Plate, ...] = ()
    """Those whose place is known; others may be there too."""


@dataclass(frozen=True, slots=True)
class Camera:
    """Pinhole camera with Brown-Conrady distortion (OpenCV's k1, k2, p1, p2, k3), pixels."""

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class View:
    """A camera looking at the pole's axis from outside: the pose of one frame in numbers that vision uses."""

    camera: Camera
    height_m: float
    azimuth_deg: float
    standoff_mm: float
    """Optical centre to the nearest surface point at that height and azimuth."""
    tilt_deg: float = 0.0
    roll_deg: float = 0.0


SURE = 0.9
"""Probability of rust from which what a model marks counts as sure."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model said it, and how often it errs on held-out places."""

    name: str
    sha256: str
    threshold: float
    true_positive_rate: float
    """Per pixel, over all held-out poles together."""
    false_positive_rate: float
    gains: tuple[float, ...] = ()
    """Of each held-out pole with rust: area called rust on and beside rust, over the area of rust."""
    alarms: tuple[float, ...] = ()
    """Of each held-out pole: share of the sound surface away from rust that is called rust."""
    sure_gains: tuple[float, ...] = ()
    """As gains, of what is called rust with a probability of SURE or more; empty when that was not measured."""
    sure_alarms: tuple[float, ...] = ()
    labels: tuple[str, ...] = ("not rust", "rust")
    """Names by value of what the model tells apart."""
    rust_values: tuple[int, ...] = (1,)
    """Which of them are rust."""


@dataclass(frozen=True, slots=True)
class Mask:
    """Segmentation of one photograph at its own size."""

    probability: npt.NDArray[np.float32]
    """Calibrated probability of rust, shape (height_px, width_px), [0, 1]."""
    label: npt.NDArray[np.uint8]
    """0 = not rust, 1 = rust, same shape."""
    model: ModelInfo
    classes: npt.NDArray[np.uint8] | None = None
    """Values of the model's own labels, same shape; None for a model that knows rust alone."""
    steel: npt.NDArray[np.float32] | None = None
    """Probability of steel, (ceil(height_px / 4), ceil(width_px / 4)); None from a model that does not tell it."""
