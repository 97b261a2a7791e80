"""What crosses the bridge, in SI units and degrees: poses, telemetry and frames.

Heights run from the ground datum to the camera axis. Azimuth is where the camera stands around the pole:
[0, 360), clockwise seen from above, zero at the pole's tag.
"""

from dataclasses import dataclass
from datetime import datetime

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
class CameraInfo:
    """Pinhole intrinsics in pixels, as the camera reports them or as a calibration file gives them."""

    width_px: int
    height_px: int
    focal_px: float
    model: str = ""


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
