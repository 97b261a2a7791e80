"""The firmware's parameters: name, value, bounds. A set outside the bounds is refused and answered with what holds."""

from dataclasses import dataclass

REAL32 = 9
"""MAV_PARAM_TYPE of every parameter here."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Default and bounds, in the unit that `about` names."""

    default: float
    least: float
    most: float
    about: str


TABLE = {
    "CAM_STANDOFF": Parameter(600.0, 100.0, 5000.0, "mm, optical centre to the pole's surface"),
    "CAM_STANDOFF_SD": Parameter(3.0, 0.0, 500.0, "mm, one standard deviation"),
    "CAM_TILT": Parameter(0.0, -90.0, 90.0, "deg, optical axis above the horizontal"),
    "CAM_TILT_SD": Parameter(0.2, 0.0, 45.0, "deg, one standard deviation of tilt and roll"),
    "POSE_AZ_SD": Parameter(0.25, 0.0, 90.0, "deg, one standard deviation of the azimuth"),
    "LIM_HEIGHT": Parameter(15.0, 0.5, 200.0, "m, highest goal"),
    "LIM_SPEED": Parameter(0.5, 0.01, 2.0, "m/s, fastest climb"),
    "LIM_TURN": Parameter(60.0, 1.0, 180.0, "deg/s, fastest turn"),
    "LIM_GUST": Parameter(12.5, 1.0, 40.0, "m/s, 3 s gust above which upward goals are refused"),
    "LIM_FORCE": Parameter(250.0, 10.0, 5000.0, "N, clamp force below which motion stops"),
    "LIM_SLIP": Parameter(0.3, 0.01, 1.0, "fraction of wheel travel lost, above which motion stops"),
    "LINK_TIMEOUT": Parameter(0.5, 0.1, 5.0, "s without a host heartbeat until the hold"),
    "ENERGY_MARGIN": Parameter(1.5, 1.0, 5.0, "times the descent's energy kept in the battery"),
    "PWR_IDLE": Parameter(25.0, 0.0, 5000.0, "W, always, for the host's plan"),
    "PWR_MOVE": Parameter(30.0, 0.0, 5000.0, "W more while moving, for the host's plan"),
    "PWR_UP": Parameter(446.0, 0.0, 50000.0, "J more for each metre up, for the host's plan"),
    "AUTO_DESCENT": Parameter(0.0, 0.0, 1.0, "1 = may come down alone when the link is lost and the battery is low"),
}


class Parameters:
    """The values that hold now."""

    def __init__(self, **given: float) -> None:
        self._values = {name: given.get(name, one.default) for name, one in TABLE.items()}

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def set(self, name: str, value: float) -> bool:
        """Take the value if it is within bounds; say whether it was."""
        bounds = TABLE[name]
        if not bounds.least <= value <= bounds.most:
            return False
        self._values[name] = value
        return True


NAMES = tuple(TABLE)
