"""A camera's calibration as a small TOML file: what `highmast calibrate` writes and the other commands read."""

import math
import os
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from firmware_bridge.errors import CameraError
from firmware_bridge.types import CameraInfo, Lens

COEFFICIENTS = 5
LARGEST_PX = 20_000
WHOLE = frozenset({"width_px", "height_px", "pictures"})


@dataclass(frozen=True, slots=True)
class Calibration:
    """Intrinsics of one camera at one resolution and focus, in pixels, and how well they are known."""

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    distortion: tuple[float, float, float, float, float]
    """Brown-Conrady: OpenCV's k1, k2, p1, p2, k3."""
    focal_std_px: float
    """One standard deviation of fx_px."""
    rms_px: float
    """Root mean square of what is left between board and pictures."""
    pictures: int
    """How many it rests on."""

    @property
    def info(self) -> CameraInfo:
        """As the camera's own report would have it."""
        lens = Lens(self.fx_px, self.fy_px, self.cx_px, self.cy_px, self.distortion)
        return CameraInfo(self.width_px, self.height_px, self.fx_px, "calibrated", lens)


NAMES = {one.name for one in fields(Calibration)}


def save_calibration(path: Path, calibration: Calibration, about: str) -> None:
    """Write the file anew; `about` is kept as its first line, a comment."""
    values = asdict(calibration)
    values["distortion"] = list(calibration.distortion)
    lines = [f"# {about}", *(f"{name} = {value}" for name, value in values.items())]
    partial = path.with_name(f".{path.name}.tmp")
    with partial.open("w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def load_calibration(path: Path) -> Calibration:
    """Read and check a file; CameraError that names the key."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CameraError(f"{path}: {error.strerror}; give a file written by `highmast calibrate`") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CameraError(f"{path}: {error}; give a file written by `highmast calibrate`") from None
    if wrong := sorted(NAMES ^ content.keys()):
        what = "unknown" if wrong[0] in content else "missing"
        raise CameraError(f"{path}: key `{wrong[0]}` is {what}; calibrate again")
    calibration = Calibration(**{name: _value(path, name, value) for name, value in content.items()})
    _check(path, calibration)
    return calibration


def _value(path: Path, name: str, value: Any) -> Any:
    """A finite number, whole where it counts; of the distortion, five."""
    if name == "distortion":
        if not isinstance(value, list) or len(value) != COEFFICIENTS:
            raise CameraError(f"{path}: distortion is {value!r}; it has {COEFFICIENTS} numbers. Calibrate again")
        return tuple(float(_value(path, "a coefficient of distortion", one)) for one in value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CameraError(f"{path}: {name} is {value!r}, not a finite number; calibrate again")
    if name in WHOLE and not isinstance(value, int):
        raise CameraError(f"{path}: {name} is {value}, not a whole number; calibrate again")
    return value


def _check(path: Path, calibration: Calibration) -> None:
    """The optical axis meets the picture, and lengths are positive."""
    for name, value, most in (
        ("width_px", calibration.width_px, LARGEST_PX),
        ("height_px", calibration.height_px, LARGEST_PX),
        ("fx_px", calibration.fx_px, 10 * LARGEST_PX),
        ("fy_px", calibration.fy_px, 10 * LARGEST_PX),
        ("cx_px", calibration.cx_px, calibration.width_px),
        ("cy_px", calibration.cy_px, calibration.height_px),
    ):
        if not 0 < value <= most:
            raise CameraError(f"{path}: {name} is {value}; it lies between 0 and {most}. Calibrate again")
