"""From a pole and a camera to the stations of a climb: heights x azimuths with overlap. Pure arithmetic."""

import math
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from climber.errors import InputError
from vision.types import Camera, PoleShape

OVERLAP = 0.2
"""Share of a frame's height that the ring above sees again."""
ARC_OVERLAP = 0.1
"""Share of a frame's planned arc that its neighbour sees again; beyond the planned angle there is more."""
PLANNED_ANGLE_DEG = 55.0
"""Greatest angle between the view and the surface normal that a station is planned for: 5 degrees stricter than the
60 that grading accepts, so that azimuth jitter and standoff errors leave no seam unseen."""


@dataclass(frozen=True, slots=True)
class Station:
    """One place to stop and photograph, in the pose convention of the bridge."""

    height_m: float
    azimuth_deg: float


class Path(Enum):
    """How the stations follow each other."""

    RINGS = "rings"
    """Ring after ring, each walked back the way the ring below it was left."""
    SPIRAL = "spiral"
    """Always on around the pole, rising a little at each station; a whole ring at bottom and top."""


def plan_stations(
    shape: PoleShape,
    camera: Camera,
    standoff_mm: float,
    offsets_deg: tuple[float, ...] = (0.0,),
    path: Path = Path.RINGS,
) -> tuple[Station, ...]:
    """Return the stations from the ground up.

    `offsets_deg`: azimuths of the cameras against the robot's. Cameras at even distances share the way around; others
    all go around.
    Every element of the shaft is then inside a frame at an angle of at most PLANNED_ANGLE_DEG, and the seams between
    frames inside two. Raises InputError when the pole is too wide for the camera to see any arc of it that well.
    """
    sharing = len(offsets_deg) if _even(offsets_deg) else 1
    return (_rings if path is Path.RINGS else _spiral)(shape, camera, standoff_mm, sharing)


def _rings(shape: PoleShape, camera: Camera, standoff_mm: float, sharing: int) -> tuple[Station, ...]:
    heights = _heights_m(shape.height_m, camera, standoff_mm)
    stations: list[Station] = []
    for ring, height_m in enumerate(heights):
        azimuths = _azimuths_deg(shape, camera, standoff_mm, height_m, sharing)
        ordered = azimuths if ring % 2 == 0 else tuple(reversed(azimuths))
        stations.extend(Station(height_m, azimuth_deg) for azimuth_deg in ordered)
    return tuple(stations)


def _spiral(shape: PoleShape, camera: Camera, standoff_mm: float, sharing: int) -> tuple[Station, ...]:
    """One turn (of a ring of cameras: each camera's share of one) rises by one ring, so that every azimuth is passed at
    the rings' own overlap. It has as many stations as the ring below it, where the pole is wider and needs more."""
    heights = _heights_m(shape.height_m, camera, standoff_mm)
    if len(heights) == 1:
        return _rings(shape, camera, standoff_mm, sharing)
    stations: list[Station] = []
    levels = [heights[0], *heights, heights[-1]]  # the first turn and the last stay level
    for turn, (low_m, high_m) in enumerate(pairwise(levels)):
        azimuths = _azimuths_deg(shape, camera, standoff_mm, low_m, sharing)
        for index, azimuth_deg in enumerate(azimuths):
            rise_m = (high_m - low_m) * index / len(azimuths)
            stations.append(Station(low_m + rise_m, (azimuth_deg + 360 * turn / sharing) % 360))
    return tuple(stations)


def footprint_m(camera: Camera, standoff_mm: float) -> float:
    """Height of surface that one frame sees at its nearest line, metres."""
    return standoff_mm * camera.height_px / camera.fy_px / 1000


def half_arc_deg(radius_mm: float, standoff_mm: float, camera: Camera, sides: int) -> float:
    """Surface angle either side of the view at which the view's angle to the normal reaches the planned limit.

    Triangle of axis, camera and surface point: sin(at camera) / radius = sin(at point) / (radius + standoff).
    A facet's normal differs from the radius by up to 180/sides degrees, which is taken off the limit.
    """
    limit_deg = PLANNED_ANGLE_DEG - (180 / sides if sides else 0)
    at_camera = math.asin(radius_mm / (radius_mm + standoff_mm) * math.sin(math.radians(limit_deg)))
    at_camera = min(at_camera, math.atan(camera.width_px / 2 / camera.fx_px) * 0.95)
    at_point = math.asin((radius_mm + standoff_mm) / radius_mm * math.sin(at_camera))
    return math.degrees(at_point - at_camera)


def radius_mm(shape: PoleShape, height_m: float) -> float:
    """Radius (apothem of a polygon) at a height, straight taper."""
    along = height_m / shape.height_m
    return (shape.base_diameter_mm + (shape.top_diameter_mm - shape.base_diameter_mm) * along) / 2


def _heights_m(pole_height_m: float, camera: Camera, standoff_mm: float) -> list[float]:
    seen_m = footprint_m(camera, standoff_mm)
    lowest_m, highest_m = seen_m * 0.45, pole_height_m - seen_m * 0.45
    if highest_m <= lowest_m:
        return [pole_height_m / 2]
    steps = math.ceil((highest_m - lowest_m) / (seen_m * (1 - OVERLAP)))
    return [lowest_m + (highest_m - lowest_m) * step / steps for step in range(steps + 1)]


def _even(offsets_deg: tuple[float, ...]) -> bool:
    """Whether the cameras stand at equal distances around the pole."""
    count, first_deg = len(offsets_deg), min(offsets_deg)
    return all(
        abs(offset_deg - first_deg - 360 * place / count) < SAME_AZIMUTH_DEG / 2
        for place, offset_deg in enumerate(sorted(offsets_deg))
    )


def _azimuths_deg(
    shape: PoleShape, camera: Camera, standoff_mm: float, height_m: float, sharing: int
) -> tuple[float, ...]:
    half_deg = half_arc_deg(radius_mm(shape, height_m), standoff_mm, camera, shape.sides)
    if half_deg < 5:
        raise InputError(
            f"at {height_m:.1f} m this camera sees only {2 * half_deg:.0f} degrees of the pole well enough "
            f"(10 needed): use a wider lens or a longer standoff than {standoff_mm:.0f} mm."
        )
    each = math.ceil(max(3, 360 / (2 * half_deg * (1 - ARC_OVERLAP))) / sharing)
    return tuple(360 * index / (each * sharing) for index in range(each))


SAME_HEIGHT_M = 0.1
SAME_AZIMUTH_DEG = 5.0
"""A frame this near to a station was taken at it."""


def remaining(
    stations: tuple[Station, ...], taken: list[tuple[float, float]], offsets_deg: tuple[float, ...] = (0.0,)
) -> tuple[Station, ...]:
    """Leave out the stations where a frame was already taken; `taken` holds (height_m, azimuth_deg) of the cameras."""

    def was_taken(station: Station) -> bool:
        return any(
            abs(height_m - station.height_m) <= SAME_HEIGHT_M
            and abs((azimuth_deg - offset_deg - station.azimuth_deg + 180) % 360 - 180) <= SAME_AZIMUTH_DEG
            for height_m, azimuth_deg in taken
            for offset_deg in offsets_deg
        )

    return tuple(station for station in stations if not was_taken(station))
