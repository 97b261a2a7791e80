"""The camera's mount, lens and lights, as orders to the robot."""

import math

from firmware_bridge.camera_messages import CameraSettings, MountAttitude
from firmware_bridge.orders import Command
from firmware_bridge.session import Motion, Session

RANGE = 2.0
"""ZOOM_TYPE_RANGE and FOCUS_TYPE_RANGE: percent of the range."""


class Mount:
    """Each order is a motion, as those of the robot are: it yields telemetry and ends when acknowledged."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.tilt_deg = 0.0
        """Of the optical axis above the mount's zero, as the robot reports it."""

    def point(self, tilt_deg: float, pan_deg: float = 0.0) -> Motion:
        """Tilt (up positive) and pan; Refused beyond the mount's range."""
        yield from self._session.order(Command.GIMBAL, tilt_deg, pan_deg)
        w, _, y, _ = self._session.ask(MountAttitude).attitude
        self.tilt_deg = math.degrees(2 * math.atan2(y, w))

    def light(self, percent: float) -> Motion:
        """Set the lights' strength, 0 to 100 %."""
        yield from self._session.order(Command.LIGHT_CONFIGURE, 0.0, percent)

    def zoom(self, percent: float) -> Motion:
        """Zoom to a part of the range; Refused by a fixed lens. Calibrate again afterwards."""
        yield from self._session.order(Command.ZOOM, RANGE, percent)

    def focus(self, percent: float) -> Motion:
        """Focus to a part of the range."""
        yield from self._session.order(Command.FOCUS, RANGE, percent)

    def settings(self) -> CameraSettings:
        """Zoom and focus as the camera reports them."""
        return self._session.ask(CameraSettings)
