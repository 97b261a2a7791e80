"""What a planned climb will cost and see, before anything moves: time, energy, photographs, coverage."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from climber.errors import InputError
from climber.plan import Station
from climber.safety import Limits
from firmware_bridge.types import Telemetry
from vision.coverage import State
from vision.surface import SurfaceMap
from vision.types import Camera, Mask, ModelInfo, PoleShape, View

SETTLE_S = 1.0
"""Braking and swinging out at a station."""
SHOT_S = 0.5
"""Trigger to photograph on the laptop."""
COARSE_MM = 20.0
"""Scale of the map on which the expected coverage is laid out."""
NOBODY = ModelInfo("no model", "0" * 64, 0.5, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Expected figures of a climb."""

    frames: int
    up_s: float
    down_s: float
    up_j: float
    down_j: float
    coverage: float

    def line(self) -> str:
        """The figures in one line for the crew."""
        return (
            f"plan: {self.frames} photographs, {self.up_s / 60:.0f} min up and {self.down_s / 60:.0f} min down, "
            f"{(self.up_j + self.down_j) / 1000:.0f} kJ, expected coverage {self.coverage:.1%}"
        )


def forecast(
    shape: PoleShape,
    camera: Camera,
    standoff_mm: float,
    stations: tuple[Station, ...],
    speed_m_s: float,
    parameters: Mapping[str, float],
) -> Forecast:
    """Walk the stations in numbers; `parameters` are the robot's PWR_IDLE, PWR_MOVE (W), PWR_UP (J/m), LIM_TURN."""
    before = [Station(0.0, 0.0), *stations][: len(stations)]
    rise_m = sum(abs(b.height_m - a.height_m) for a, b in zip(before, stations, strict=True))
    turn_deg = sum(
        abs((b.azimuth_deg - a.azimuth_deg + 180) % 360 - 180) for a, b in zip(before, stations, strict=True)
    )
    moving_s = rise_m / speed_m_s + turn_deg / parameters["LIM_TURN"]
    up_s = moving_s + (SETTLE_S + SHOT_S) * len(stations)
    top_m = max((station.height_m for station in stations), default=0.0)
    down_s = top_m / speed_m_s
    return Forecast(
        frames=len(stations),
        up_s=up_s,
        down_s=down_s,
        up_j=parameters["PWR_IDLE"] * up_s + parameters["PWR_MOVE"] * moving_s + parameters["PWR_UP"] * rise_m,
        down_j=(parameters["PWR_IDLE"] + parameters["PWR_MOVE"]) * down_s,
        coverage=expected_coverage(shape, camera, standoff_mm, stations),
    )


def require_energy(expected: Forecast, telemetry: Telemetry, limits: Limits) -> None:
    """Raise InputError when the battery cannot carry the robot up, over all stations, and down with its reserve."""
    needed_j = expected.up_j + limits.energy_reserve * expected.down_j
    if telemetry.energy_now_j is not None and telemetry.energy_now_j < needed_j:
        raise InputError(
            f"not armed: this climb needs about {needed_j / 1000:.0f} kJ with {limits.energy_reserve} x the descent "
            f"kept, the battery holds {telemetry.energy_now_j / 1000:.0f} kJ. Charge it, or climb in two parts."
        )


def expected_coverage(shape: PoleShape, camera: Camera, standoff_mm: float, stations: tuple[Station, ...]) -> float:
    """Share of the true area that the stations see well enough, laid out on a coarse map by the map's own rules."""
    surface = SurfaceMap(shape, COARSE_MM)
    size = (camera.height_px, camera.width_px)
    image = np.zeros((*size, 3), np.uint8)
    mask = Mask(np.zeros(size, np.float32), np.zeros(size, np.uint8), NOBODY)
    for station in stations:
        surface.add(image, mask, View(camera, station.height_m, station.azimuth_deg, standoff_mm))
    area_m2 = np.broadcast_to(surface.element_m2(slice(None)), surface.state.shape)
    return float(area_m2[surface.state == State.SEEN].sum() / area_m2.sum())
