"""The shaft's surface: radius and true area at a height and an azimuth.

Heights in metres above the ground datum, azimuths in degrees clockwise seen from above, lengths in
millimetres. The unrolled picture has its top at row 0 and azimuth 0 to 360 from left to right, linear in
angle for polygons too.
"""

import math

import numpy as np
import numpy.typing as npt

from vision.types import PoleShape

Array = npt.NDArray[np.floating]


def taper(shape: PoleShape) -> float:
    """Return the loss of radius (of apothem, for a polygon) per unit of height, mm per mm."""
    return (shape.base_diameter_mm - shape.top_diameter_mm) / 2 / (shape.height_m * 1000)


def apothem_mm(shape: PoleShape, height_m: Array | float) -> Array:
    """Return the radius of the round shaft, or the distance of the facets from the axis, at heights."""
    return np.asarray(shape.base_diameter_mm / 2 - taper(shape) * 1000 * np.asarray(height_m))


def off_facet_rad(shape: PoleShape, azimuth_deg: Array | float) -> Array:
    """Return the angle from the middle of the azimuth's facet, within half a facet; 0 on a round shaft."""
    azimuth = np.asarray(azimuth_deg, dtype=np.float64)
    if not shape.sides:
        return np.zeros_like(azimuth)
    facet_deg = 360 / shape.sides
    return np.asarray(np.radians(azimuth - facet_deg * np.round(azimuth / facet_deg)))


def radius_mm(shape: PoleShape, height_m: Array | float, azimuth_deg: Array | float) -> Array:
    """Return the distance from the axis to the surface; inputs broadcast."""
    return np.asarray(apothem_mm(shape, height_m) / np.cos(off_facet_rad(shape, azimuth_deg)))


def area_m2_per_m_rad(shape: PoleShape, height_m: Array | float, azimuth_deg: Array | float) -> Array:
    """Return the true area, m2, of a surface element one metre high and one radian wide; inputs broadcast.

    A facet point lies at apothem * tan(angle off the middle), hence 1 / cos^2; the taper lengthens each
    metre of height by the slant.
    """
    stretch = math.hypot(1, taper(shape)) / np.cos(off_facet_rad(shape, azimuth_deg)) ** 2
    return np.asarray(apothem_mm(shape, height_m) / 1000 * stretch)


def area_m2(shape: PoleShape, bottom_m: float, top_m: float) -> float:
    """Return the true area of the whole shaft between two heights, closed form, m2."""
    mean_m = float(apothem_mm(shape, (bottom_m + top_m) / 2)) / 1000
    around = 2 * shape.sides * math.tan(math.pi / shape.sides) if shape.sides else 2 * math.pi
    return around * mean_m * math.hypot(1, taper(shape)) * (top_m - bottom_m)
