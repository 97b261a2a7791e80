"""Errors of the bridge: what failed, the value and the limit with units, and what to do next.

BridgeError
    LinkError           the line to the robot
        PortError       the port cannot be opened or written
        LinkLost        nothing valid came from the robot for too long
    Refused             the robot understood a command and said no
    RobotFault          the robot stopped by itself: fault, limit, e-stop, reboot
    CameraError         the camera cannot be opened, is frozen or sent no frame in time
    ProtocolError       a value cannot be put on the wire, or a trace cannot be read
"""


class BridgeError(Exception):
    """The robot, its line or its camera failed; the message says what to do next."""


class LinkError(BridgeError):
    """The line to the robot failed."""


class PortError(LinkError):
    """The port cannot be opened or written."""


class LinkLost(LinkError):
    """Nothing valid came from the robot for too long. Motion never resumes by itself."""


class Refused(BridgeError):
    """The robot understood a command and said no."""

    def __init__(self, message: str, reason: int | None = None) -> None:
        """`reason` is the robot's word for it (`orders.Refusal`), where it gave one."""
        super().__init__(message)
        self.reason = reason


class RobotFault(BridgeError):
    """The robot stopped by itself: fault, limit, e-stop or reboot."""


class CameraError(BridgeError):
    """The camera cannot be opened, is frozen, or sent no frame in time."""


class ProtocolError(BridgeError):
    """A value cannot be put on the wire, or a trace cannot be read."""
