"""One robot with its camera: open it, arm, go, photograph, come down. The only loop is the caller's.

Every motion is a generator: it sends, yields the latest Telemetry at least every 50 ms, keeps the host's heartbeat
going from that loop (a frozen host therefore stops the robot), and ends when the robot has done it.
"""

from collections.abc import Generator
from types import TracebackType
from typing import Self

from firmware_bridge.types import CameraInfo, Frame, Telemetry

Motion = Generator[Telemetry, None, None]


class Robot:
    """A pole-climbing robot on a serial line, with its camera."""

    identity: str
    is_simulator: bool
    camera_info: CameraInfo
    standoff_mm: float

    @classmethod
    def open(cls, robot_url: str, camera_url: str | None = None) -> Self:
        """Open the port and camera and wait for heartbeat and identity; PortError, LinkLost, CameraError."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop if in motion, then release port and camera. Never raises on a dead link."""
        raise NotImplementedError

    @property
    def telemetry(self) -> Telemetry:
        """The latest word of the robot."""
        raise NotImplementedError

    def arm(self) -> Motion:
        """Answer the arm challenge; ends when armed."""
        raise NotImplementedError

    def goto(self, height_m: float, azimuth_deg: float, speed_m_s: float) -> Motion:
        """Climb or descend and turn to a station; ends when there and standing."""
        raise NotImplementedError

    def capture(self) -> Generator[Telemetry, None, Frame]:
        """Trigger one photograph; returns it with the pose at its exposure."""
        raise NotImplementedError

    def descend(self) -> Motion:
        """Come down to the ground and disarm."""
        raise NotImplementedError

    def hold(self, seconds: float) -> Motion:
        """Keep station with the heartbeat on."""
        raise NotImplementedError

    def stop(self, category: int = 1, reason: str = "") -> None:
        """Stop at once: 1 brakes and removes power, 2 holds under power. Never raises on a dead link."""
        raise NotImplementedError
