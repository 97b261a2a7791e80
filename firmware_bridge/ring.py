"""Several cameras around the pole: a TOML file names each with its azimuth offset and its calibration.

[[camera]]
url = "rtsp://10.0.0.11/live"
azimuth_deg = 0.0             # from the robot's azimuth, clockwise seen from above
calibration = "left.toml"     # of `highmast calibrate`, relative to this file; without one, as the robot reports
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware_bridge.calibration_file import load_calibration
from firmware_bridge.errors import CameraError
from firmware_bridge.types import CameraInfo

RING_FILE = ".toml"
MOST = 8
KEYS = frozenset({"url", "azimuth_deg", "calibration"})
APART_DEG = 5.0
"""Cameras nearer than this look at the same place: a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Member:
    """One camera of the ring."""

    url: str
    azimuth_deg: float = 0.0
    """Offset from the robot's azimuth, [0, 360), clockwise seen from above."""
    info: CameraInfo | None = None
    """None: not calibrated; the robot's own report holds."""


def members(camera_url: str | None, calibration: Path | None = None) -> tuple[Member, ...]:
    """The cameras that are asked for: none, one, or those of a ring file."""
    if camera_url is None:
        return ()
    if not camera_url.endswith(RING_FILE):
        return (Member(camera_url, 0.0, None if calibration is None else load_calibration(calibration).info),)
    if calibration is not None:
        raise CameraError(f"{camera_url} names a calibration for each camera; leave {calibration} out")
    return load_ring(Path(camera_url))


def load_ring(path: Path) -> tuple[Member, ...]:
    """Read a ring file; CameraError that names the camera and the key."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CameraError(f"{path}: {error.strerror}; give a file with [[camera]] tables") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CameraError(f"{path}: {error}; give a file with [[camera]] tables") from None
    cameras = content.get("camera")
    if content.keys() != {"camera"} or not isinstance(cameras, list) or not 1 <= len(cameras) <= MOST:
        raise CameraError(f"{path}: give 1 to {MOST} [[camera]] tables and nothing else")
    ring = tuple(_member(path, number, one) for number, one in enumerate(cameras, 1))
    _apart(path, ring)
    return ring


def _member(path: Path, number: int, one: Any) -> Member:
    where = f"{path}: camera {number}"
    if not isinstance(one, dict) or (wrong := sorted(one.keys() - KEYS)):
        raise CameraError(f"{where}: unknown key `{wrong[0]}`; known keys are {', '.join(sorted(KEYS))}")
    url, azimuth_deg, calibration = one.get("url"), one.get("azimuth_deg"), one.get("calibration")
    if not isinstance(url, str) or not url:
        raise CameraError(f"{where}: `url` is {url!r}; give a stream's address or a folder")
    if isinstance(azimuth_deg, bool) or not isinstance(azimuth_deg, int | float) or not 0 <= azimuth_deg < 360:
        raise CameraError(f"{where}: `azimuth_deg` is {azimuth_deg!r}; give degrees from 0 to below 360")
    if not isinstance(calibration, str | None):
        raise CameraError(f"{where}: `calibration` is {calibration!r}; give the name of a file")
    info = None if calibration is None else load_calibration(path.parent / calibration).info
    return Member(url, float(azimuth_deg), info)


def _apart(path: Path, ring: tuple[Member, ...]) -> None:
    azimuths = sorted(one.azimuth_deg for one in ring)
    for here, there in zip(azimuths, [*azimuths[1:], azimuths[0] + 360], strict=True):
        if there - here < APART_DEG:
            raise CameraError(
                f"{path}: two cameras stand {there - here:g} degrees apart (at least {APART_DEG:g}); "
                "`azimuth_deg` is where each stands, from the robot's azimuth"
            )
