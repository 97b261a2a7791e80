"""Fold the robot's messages into one Telemetry, and remember where it was when."""

from bisect import bisect
from collections import deque
from collections.abc import Sequence
from typing import Any

from firmware_bridge.messages import Battery, ClampStatus, ClimbStatus, Energy, Wind
from firmware_bridge.protocol import Packet
from firmware_bridge.types import Telemetry

HISTORY = 512
"""Statuses kept for poses at exposure: about ten seconds."""


class TelemetryFold:
    """The latest message of each kind, as one Telemetry."""

    def __init__(self) -> None:
        self.status: ClimbStatus | None = None
        self.received_s = 0.0
        """When the newest status came."""
        self.heard_s = 0.0
        """When anything valid came."""
        self._latest: dict[type, Any] = {}
        self._history: deque[ClimbStatus] = deque(maxlen=HISTORY)

    def add(self, packet: Packet) -> None:
        """Take one packet of the robot."""
        self.heard_s = packet.received_s
        self._latest[type(packet.message)] = packet.message
        if isinstance(packet.message, ClimbStatus):
            if self.status is not None and self.status.boot_id != packet.message.boot_id:
                self._history.clear()
            self.status, self.received_s = packet.message, packet.received_s
            self._history.append(packet.message)

    def telemetry(self, now_s: float) -> Telemetry:
        """All of it at `now_s` (monotonic). Call only once a status has come."""
        assert self.status is not None
        status = self.status
        battery: Battery | None = self._latest.get(Battery)
        energy: Energy | None = self._latest.get(Energy)
        clamps: ClampStatus | None = self._latest.get(ClampStatus)
        wind: Wind | None = self._latest.get(Wind)
        mean_m_s = None if wind is None else (wind.north_m_s**2 + wind.east_m_s**2) ** 0.5
        return Telemetry(
            boot_id=status.boot_id,
            time_boot_s=status.time_boot_s,
            state=status.state,
            height_m=status.height_m,
            height_std_m=status.height_std_m,
            encoder_height_m=status.encoder_height_m,
            azimuth_deg=status.azimuth_deg % 360,
            climb_rate_m_s=status.climb_rate_m_s,
            pole_diameter_mm=status.pole_diameter_m * 1000,
            battery_percent=None if battery is None else battery.percent,
            energy_now_j=None if energy is None else energy.now_j,
            energy_descent_j=None if energy is None else energy.descent_j,
            clamp_forces_n=() if clamps is None else clamps.forces_n[: clamps.count],
            wind_m_s=mean_m_s,
            gust_m_s=None if wind is None or mean_m_s is None else mean_m_s + wind.gust_m_s,
            faults=status.faults,
            link_age_s=now_s - self.heard_s,
            received_s=self.received_s,
            goal_id=status.goal_id,
            stop_category=status.stop_category,
            slip_ratio=status.slip_ratio,
        )

    def at(self, time_boot_s: float) -> tuple[float, float, float]:
        """Height (m), azimuth (deg) and height std (m) at a time of the controller's clock."""
        return interpolate(list(self._history), time_boot_s)


def interpolate(statuses: Sequence[ClimbStatus], time_boot_s: float) -> tuple[float, float, float]:
    """Height, azimuth and height std between the two statuses around that time, or at the nearer end."""
    after = bisect([status.time_boot_s for status in statuses], time_boot_s)
    if after in (0, len(statuses)):
        end = statuses[0 if after == 0 else -1]
        return end.height_m, end.azimuth_deg % 360, end.height_std_m
    a, b = statuses[after - 1], statuses[after]
    part = (time_boot_s - a.time_boot_s) / max(b.time_boot_s - a.time_boot_s, 1e-6)
    turned_deg = (b.azimuth_deg - a.azimuth_deg + 180) % 360 - 180
    return (
        a.height_m + part * (b.height_m - a.height_m),
        (a.azimuth_deg + part * turned_deg) % 360,
        max(a.height_std_m, b.height_std_m),
    )
