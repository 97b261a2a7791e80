"""What crosses the bridge, in SI units and degrees: poses, telemetry and frames.

Heights run from the ground datum to the camera axis. Azimuth is where the camera stands around the pole:
[0, 360), clockwise seen from above, zero at the pole's tag.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, IntFlag

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the camera was at the moment of exposure, with one standard deviation of each value."""

    height_m: float
    azimuth_deg: float
    standoff_mm: float
    """Optical centre to the nearest point of the pole's surface."""
    tilt_deg: float = 0.0
    """Elevation of the optical axis, up positive."""
    roll_deg: float = 0.0
    """Rotation about the optical axis, clockwise in the picture positive."""
    height_std_m: float = 0.0
    azimuth_std_deg: float = 0.0
    standoff_std_mm: float = 0.0
    tilt_std_deg: float = 0.0
    roll_std_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Lens:
    """What `highmast calibrate` measured, in pixels (pixel centres on whole numbers)."""

    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    distortion: tuple[float, float, float, float, float]
    """Brown-Conrady: OpenCV's k1, k2, p1, p2, k3."""


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """Pinhole intrinsics in pixels, as the camera reports them or as a calibration file gives them."""

    width_px: int
    height_px: int
    focal_px: float
    model: str = ""
    lens: Lens | None = None
    """None: not calibrated, so taken for an ideal pinhole with its axis in the middle of the picture."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One photograph with its pose. A frame is always an image; serial messages are packets."""

    seq: int
    taken_at: datetime
    """Aware UTC time of exposure."""
    image: npt.NDArray[np.uint8]
    """RGB, shape (height_px, width_px, 3)."""
    encoded: bytes
    """The file as the camera sent it (JPEG or PNG): this is what the record keeps."""
    pose: Pose
    mm_per_px: float
    """Scale at the nearest point of the surface."""
    camera: CameraInfo | None = None
    """The lens that took it; None where the photograph is of unknown origin."""


class ClimbState(IntEnum):
    """What the firmware is doing; `custom_mode` of its heartbeat."""

    DISARMED = 0
    """Standing, clamps closed, no motion until the arm challenge is answered."""
    HOLDING = 1
    """Armed and stationary: ready for a goal."""
    MOVING = 2
    DESCENDING = 3
    JOGGING = 4
    """Hold-to-run by hand; ends 0.3 s after the last jog message."""
    STOPPED = 5
    """Latched stop (host, lost heartbeat, limit): re-arm to move again."""
    FAULT = 6
    """Latched fault: see `faults`; re-arming is refused while its cause lasts."""
    ESTOPPED = 7
    """The hard-wired emergency stop is or was pressed: reset it, then re-arm."""


class Fault(IntFlag):
    """Why the firmware stopped, refuses or warns (`fault_flags`)."""

    HEARTBEAT_LOST = 1 << 0
    CLAMP_FORCE_LOW = 1 << 1
    SLIP = 1 << 2
    STALL = 1 << 3
    ENERGY_LOW = 1 << 4
    """Less than the descent needs with its margin: only down."""
    WIND_HIGH = 1 << 5
    """3 s gust above the limit: upward goals are refused."""
    TOP_LIMIT = 1 << 6
    BOTTOM_LIMIT = 1 << 7
    ESTOP = 1 << 8
    CAMERA_STUCK = 1 << 9
    STOP_COMMAND = 1 << 10
    """Somebody sent a stop."""


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The robot's latest word on itself, folded from its messages."""

    boot_id: int
    """Changes when the controller restarts."""
    time_boot_s: float
    """Controller clock of the newest status."""
    state: ClimbState
    height_m: float
    height_std_m: float
    encoder_height_m: float
    """Wheel encoders alone: drifts by slip."""
    azimuth_deg: float
    climb_rate_m_s: float
    pole_diameter_mm: float
    """Where the clamps hold."""
    battery_percent: float | None
    energy_now_j: float | None
    energy_descent_j: float | None
    """Needed to reach the ground from here."""
    clamp_forces_n: tuple[float, ...]
    """Empty until the first clamp status."""
    wind_m_s: float | None
    gust_m_s: float | None
    faults: Fault
    link_age_s: float
    """Since the last valid message from the robot."""
    received_s: float
    """Host monotonic clock when the newest status came."""
    goal_id: int = 0
    stop_category: int = 0
    """0 = none, 1 = braked with power removed, 2 = held under power."""
    slip_ratio: float = 0.0
    """Wheel travel not turned into climb, fraction."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answered on the line."""

    name: str
    """One line for people and the record: product, firmware version, serial number."""
    uid: int
    firmware: str
    is_simulator: bool
