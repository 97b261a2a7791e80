"""What the climb has seen so far, from poses alone: known at once, without waiting for vision."""

import math

import numpy as np

from climber.plan import Station, footprint_m, half_arc_deg, radius_mm
from climber.record import Gap
from climber.saying import Saying
from vision.coverage import Hole, State, holes
from vision.surface import SurfaceMap
from vision.types import Camera, Mask, ModelInfo, PoleShape, View

COARSE_MM = 20.0
"""Scale of the map that coverage is counted on."""
NOBODY = ModelInfo("no model", "0" * 64, 0.5, 1.0, 0.0)


class Seen:
    """Coverage by the map's own rules, on a coarse map without colour or rust."""

    def __init__(self, shape: PoleShape, camera: Camera) -> None:
        self.shape = shape
        self.camera = camera
        self._surface = SurfaceMap(shape, COARSE_MM)

    def add(self, view: View, gradable: bool = True) -> None:
        """Count what one frame sees."""
        size = (view.camera.height_px, view.camera.width_px)
        mask = Mask(np.zeros(size, np.float32), np.zeros(size, np.uint8), NOBODY) if gradable else None
        self._surface.add(np.zeros((*size, 3), np.uint8), mask, view)

    def coverage(self) -> float:
        """Share of the true area that was seen well enough."""
        area_m2 = np.broadcast_to(self._surface.element_m2(slice(None)), self._surface.state.shape)
        return float(area_m2[self._surface.state == State.SEEN].sum() / area_m2.sum())

    def gaps(self) -> tuple[Hole, ...]:
        """What was not seen well enough, the largest first."""
        return holes(self._surface)


def stations_for(
    gaps: tuple[Hole, ...],
    planned: tuple[Station, ...],
    shape: PoleShape,
    camera: Camera,
    standoff_mm: float,
    offsets_deg: tuple[float, ...] = (0.0,),
) -> tuple[Station, ...]:
    """Return the planned stations that look at any of the gaps, in the order of the plan.

    `offsets_deg`: azimuths of the cameras against the robot's.
    """
    reach_m = footprint_m(camera, standoff_mm) / 2

    def looks_at(station: Station, gap: Hole) -> bool:
        half_deg = half_arc_deg(radius_mm(shape, station.height_m), standoff_mm, camera, shape.sides)
        middle_deg = (gap.azimuth_from_deg + _span_deg(gap) / 2) % 360
        aside_deg = min(
            abs((station.azimuth_deg + offset_deg - middle_deg + 180) % 360 - 180) for offset_deg in offsets_deg
        )
        inside = gap.bottom_m - reach_m < station.height_m < gap.top_m + reach_m
        return inside and aside_deg < _span_deg(gap) / 2 + half_deg

    return tuple(station for station in planned if any(looks_at(station, gap) for gap in gaps))


def in_words(gap: "Hole | Gap") -> Saying:
    """One gap for the crew's eyes."""
    around = Saying("{from_deg:.0f} to {to_deg:.0f} degrees", from_deg=gap.azimuth_from_deg, to_deg=gap.azimuth_to_deg)
    return Saying(
        "{bottom_m:.2f} to {top_m:.2f} m, {around}: {area_m2:.2f} m2 {reason}",
        bottom_m=gap.bottom_m,
        top_m=gap.top_m,
        around=Saying("all around") if _span_deg(gap) > 355 else around,
        area_m2=gap.area_m2,
        reason=gap.reason,
    )


def _span_deg(gap: "Hole | Gap") -> float:
    return math.fmod(gap.azimuth_to_deg - gap.azimuth_from_deg + 360, 360) or 360.0
