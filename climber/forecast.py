"""What a planned climb will cost and see, before anything moves: time, energy, photographs, coverage."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from climber.errors import InputError
from climber.plan import Station
from climber.safety import Limits
from climber.saying import Saying
from climber.seen import Seen
from firmware_bridge.types import Telemetry
from vision.types import Camera, PoleShape, View

SETTLE_S = 1.0
"""Braking and swinging out at a station."""
SHOT_S = 0.5
"""Trigger to photograph on the laptop."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Expected figures of a climb."""

    frames: int
    up_s: float
    down_s: float
    up_j: float
    down_j: float
    coverage: float

    def line(self) -> Saying:
        """The figures in one line for the crew."""
        if not self.frames:
            return Saying("no plan: the crew leads by hand")
        return Saying(
            "plan: {frames} photographs, {up_min:.0f} min up and {down_min:.0f} min down, {kj:.0f} kJ, "
            "expected coverage {coverage:.1%}",
            frames=self.frames,
            up_min=self.up_s / 60,
            down_min=self.down_s / 60,
            kj=(self.up_j + self.down_j) / 1000,
            coverage=self.coverage,
        )


def forecast(
    shape: PoleShape,
    camera: Camera,
    standoff_mm: float,
    stations: tuple[Station, ...],
    speed_m_s: float,
    parameters: Mapping[str, float],
    offsets_deg: tuple[float, ...] = (0.0,),
) -> Forecast:
    """Walk the stations in numbers.

    `parameters` are the robot's PWR_IDLE, PWR_MOVE (W), PWR_UP (J/m), LIM_TURN; `offsets_deg` the cameras' azimuths
    against the robot's.
    """
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
        frames=len(stations) * len(offsets_deg),
        up_s=up_s,
        down_s=down_s,
        up_j=parameters["PWR_IDLE"] * up_s + parameters["PWR_MOVE"] * moving_s + parameters["PWR_UP"] * rise_m,
        down_j=(parameters["PWR_IDLE"] + parameters["PWR_MOVE"]) * down_s,
        coverage=expected_coverage(shape, camera, standoff_mm, stations, offsets_deg),
    )


def require_energy(expected: Forecast, telemetry: Telemetry, limits: Limits) -> None:
    """Raise InputError when the battery cannot carry the robot up, over all stations, and down with its reserve."""
    needed_j = expected.up_j + limits.energy_reserve * expected.down_j
    if telemetry.energy_now_j is not None and telemetry.energy_now_j < needed_j:
        short = Saying(
            "not armed: this climb needs about {needed_kj:.0f} kJ with {reserve} x the descent kept, the battery holds "
            "{now_kj:.0f} kJ. Charge it, or climb in two parts.",
            needed_kj=needed_j / 1000,
            reserve=limits.energy_reserve,
            now_kj=telemetry.energy_now_j / 1000,
        )
        raise InputError(short)


def expected_coverage(
    shape: PoleShape,
    camera: Camera,
    standoff_mm: float,
    stations: tuple[Station, ...],
    offsets_deg: tuple[float, ...] = (0.0,),
) -> float:
    """Share of the true area that the stations see well enough, by the map's own rules."""
    seen = Seen(shape, camera)
    for station, offset_deg in product(stations, offsets_deg):
        seen.add(View(camera, station.height_m, (station.azimuth_deg + offset_deg) % 360, standoff_mm))
    return seen.coverage()
