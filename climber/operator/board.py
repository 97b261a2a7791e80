"""The notice board between the climb's threads and the page: each side leaves its latest, nobody waits."""

from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import cv2
import numpy as np

from climber.mission import State
from climber.modes import Mode
from climber.saying import ENGLISH, in_language
from climber.time_left import TimeLeft
from firmware_bridge.types import Telemetry
from vision.types import Image, Mask

HISTORY = 600
"""Points kept for each strip chart; one a second is ten minutes."""
MESSAGES = 50
SHOWN_GAPS = 20


@dataclass(slots=True)
class Board:
    """The newest of everything. The lock is held for assignments only, never while drawing."""

    pole: str
    planned_frames: int
    mode: Mode
    left: TimeLeft
    state: State = State.IDLE
    frames: int = 0
    telemetry: Telemetry | None = None
    messages: deque[str] = field(default_factory=lambda: deque(maxlen=MESSAGES))
    history: deque[dict[str, float | None]] = field(default_factory=lambda: deque(maxlen=HISTORY))
    unseen: tuple[str, ...] = ()
    """Gaps before coming down."""
    ended: str = ""
    _picture: tuple[Image, Mask | None] | None = None
    _version: int = 0
    _lock: Lock = field(default_factory=Lock)

    def tick(self, state: State, telemetry: Telemetry, frames: int) -> None:
        """Keep a control tick; the strip charts get one point a second."""
        with self._lock:
            self.state, self.telemetry, self.frames = state, telemetry, frames
            if not self.history or telemetry.received_s - (self.history[-1]["t"] or 0) >= 1:
                self.history.append(_point(telemetry))

    def say(self, message: str) -> None:
        """Keep a message."""
        with self._lock:
            self.messages.append(message)

    def gaps(self, gaps: tuple[str, ...]) -> None:
        """Keep what is not seen."""
        with self._lock:
            self.unseen = gaps

    def show(self, image: Image, mask: Mask | None) -> None:
        """Keep the newest photograph with its mask; None where it could not be graded."""
        with self._lock:
            self._picture = (image, mask)
            self._version += 1

    def snapshot(self, language: str = ENGLISH) -> dict[str, Any]:
        """Everything but the pictures, ready for JSON; what the climb says in one of `saying.LANGUAGES`."""
        with self._lock:
            telemetry = self.telemetry
            document: dict[str, Any] = {
                "pole": self.pole,
                "state": self.state.value,
                "frames": self.frames,
                "planned_frames": self.planned_frames,
                "mode": self.mode.value,
                "left_s": None if telemetry is None else self.left.left_s(telemetry.received_s, self.frames),
                "messages": [in_language(message, language) for message in list(self.messages)[-8:]],
                "gaps": [in_language(gap, language) for gap in self.unseen[:SHOWN_GAPS]],
                "gap_count": len(self.unseen),
                "history": list(self.history),
                "ended": in_language(self.ended, language),
                "picture": self._version,
            }
        document["now"] = None if telemetry is None else _now(telemetry)
        return document

    def photograph(self, width_px: int) -> bytes | None:
        """The newest photograph with rust outlined, as JPEG at most `width_px` wide; None before the first."""
        with self._lock:
            picture = self._picture
        return None if picture is None else _overlaid(*picture, width_px)


def _point(telemetry: Telemetry) -> dict[str, float | None]:
    return {
        "t": telemetry.received_s,
        "height_m": telemetry.height_m,
        "battery_percent": telemetry.battery_percent,
        "gust_m_s": telemetry.gust_m_s,
        "clamp_n": min(telemetry.clamp_forces_n, default=None),
    }


def _now(telemetry: Telemetry) -> dict[str, Any]:
    margin = None
    if telemetry.energy_now_j is not None and telemetry.energy_descent_j is not None:
        margin = telemetry.energy_now_j - telemetry.energy_descent_j
    return {
        **_point(telemetry),
        "azimuth_deg": telemetry.azimuth_deg,
        "climb_rate_m_s": telemetry.climb_rate_m_s,
        "link_age_s": telemetry.link_age_s,
        "wind_m_s": telemetry.wind_m_s,
        "energy_above_descent_j": margin,
        "energy_now_j": telemetry.energy_now_j,
        "energy_descent_j": telemetry.energy_descent_j,
        "robot": telemetry.state.name,
        "faults": [fault.name for fault in type(telemetry.faults) if fault in telemetry.faults],
    }


def _overlaid(image: Image, mask: Mask | None, width_px: int) -> bytes:
    """Outline rust in a blue that colour-blind people tell from rust, paint and sky; smaller first, for speed."""
    scale = min(1.0, width_px / image.shape[1])
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if mask is not None:
        label = cv2.resize(mask.label, size, interpolation=cv2.INTER_NEAREST)
        small[cv2.morphologyEx(label, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0] = (0, 114, 255)
    encoded: bytes = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))[1].tobytes()
    return encoded
