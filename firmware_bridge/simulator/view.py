"""The simulated camera's lens and sensor."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CameraView:
    """Resolution and pinhole, and where its stream is."""

    width_px: int = 1280
    height_px: int = 960
    focal_px: float = 860.0
    """At 600 mm standoff: 0.7 mm a pixel."""
    pixel_mm: float = 0.00345
    url: str = ""
