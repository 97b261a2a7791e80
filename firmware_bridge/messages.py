"""Every message of the link as a frozen dataclass in SI units and degrees.

Field names are ours; `wire` says which field of the dialect each comes from. Fields of a standard message that
the robot does not use go out as zero.
"""

from dataclasses import dataclass
from enum import IntEnum

from firmware_bridge.types import ClimbState, Fault
from firmware_bridge.wire import (
    angle,
    integer,
    member,
    message,
    number,
    numbers,
    optional,
    scaled,
    text,
)

MS = 1e-3


class Result(IntEnum):
    """MAV_RESULT: what became of a command."""

    ACCEPTED = 0
    TEMPORARILY_REJECTED = 1
    DENIED = 2
    UNSUPPORTED = 3
    FAILED = 4
    IN_PROGRESS = 5


class Severity(IntEnum):
    """MAV_SEVERITY of a status text."""

    EMERGENCY = 0
    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6
    DEBUG = 7


@message("HEARTBEAT")
@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Here I am, 10 Hz both ways. The robot's `mode` is its ClimbState; the host's is 0."""

    type: int = integer("type")
    autopilot: int = integer("autopilot")
    base_mode: int = integer("base_mode")
    mode: int = integer("custom_mode")
    system_status: int = integer("system_status")
    version: int = integer("mavlink_version", 3)


@message("SYS_STATUS")
@dataclass(frozen=True, slots=True)
class SystemStatus:
    """Load, battery and line errors, 1 Hz."""

    sensors_present: int = integer("onboard_control_sensors_present")
    sensors_enabled: int = integer("onboard_control_sensors_enabled")
    sensors_healthy: int = integer("onboard_control_sensors_health")
    load_fraction: float = scaled("load", 1e-3)
    battery_v: float | None = optional("voltage_battery", 65535, 1e-3)
    battery_a: float | None = optional("current_battery", -1, 0.01)
    battery_percent: float | None = optional("battery_remaining", -1)
    line_errors: int = integer("errors_comm")


@message("STATUSTEXT")
@dataclass(frozen=True, slots=True)
class StatusText:
    """One line of words, up to 50 bytes."""

    severity: Severity = member("severity", Severity)
    text: str = text("text", 50)


@message("TIMESYNC")
@dataclass(frozen=True, slots=True)
class TimeSync:
    """A clock question (`answer_ns` 0) or its answer."""

    answer_ns: int = integer("tc1")
    asked_ns: int = integer("ts1")


@message("AUTOPILOT_VERSION")
@dataclass(frozen=True, slots=True)
class Version:
    """Who the controller is."""

    capabilities: int = integer("capabilities")
    firmware: int = integer("flight_sw_version")
    """Major, minor, patch and type, a byte each from the top."""
    board: int = integer("board_version")
    vendor: int = integer("vendor_id")
    product: int = integer("product_id")
    uid: int = integer("uid")


@message("EXTENDED_SYS_STATE")
@dataclass(frozen=True, slots=True)
class ExtendedState:
    """1 = on the ground, 2 = aloft."""

    landed: int = integer("landed_state")


@message("ATTITUDE")
@dataclass(frozen=True, slots=True)
class Attitude:
    """Lean of the robot's body; its yaw is the azimuth."""

    time_boot_s: float = scaled("time_boot_ms", MS)
    roll_deg: float = angle("roll")
    pitch_deg: float = angle("pitch")
    yaw_deg: float = angle("yaw")
    roll_rate_deg_s: float = angle("rollspeed")
    pitch_rate_deg_s: float = angle("pitchspeed")
    yaw_rate_deg_s: float = angle("yawspeed")


@message("SCALED_IMU")
@dataclass(frozen=True, slots=True)
class Imu:
    """Acceleration and rates in the body's axes (x out from the pole, y clockwise, z down)."""

    time_boot_s: float = scaled("time_boot_ms", MS)
    x_m_s2: float = scaled("xacc", 9.80665e-3)
    y_m_s2: float = scaled("yacc", 9.80665e-3)
    z_m_s2: float = scaled("zacc", 9.80665e-3)
    x_rate_rad_s: float = scaled("xgyro", 1e-3)
    y_rate_rad_s: float = scaled("ygyro", 1e-3)
    z_rate_rad_s: float = scaled("zgyro", 1e-3)


@message("LOCAL_POSITION_NED")
@dataclass(frozen=True, slots=True)
class LocalPosition:
    """For stock ground stations: north and east of the pole's axis, down is minus the height."""

    time_boot_s: float = scaled("time_boot_ms", MS)
    north_m: float = number("x")
    east_m: float = number("y")
    down_m: float = number("z")
    north_m_s: float = number("vx")
    east_m_s: float = number("vy")
    down_m_s: float = number("vz")


@message("BATTERY_STATUS")
@dataclass(frozen=True, slots=True)
class Battery:
    """Pack voltage, current and what was used."""

    id: int = integer("id")
    cells_mv: tuple[float, ...] = numbers("voltages", 10, 1.0)
    """65535 = no such cell; one entry may be the pack."""
    current_a: float | None = optional("current_battery", -1, 0.01)
    energy_used_j: float | None = optional("energy_consumed", -1, 100.0)
    percent: float | None = optional("battery_remaining", -1)
    temperature_c: float | None = optional("temperature", 32767, 0.01)
    time_left_s: float | None = optional("time_remaining", 0)


@message("WIND_COV")
@dataclass(frozen=True, slots=True)
class Wind:
    """Mean wind and its spread over 3 s."""

    time_boot_s: float = scaled("time_usec", 1e-6)
    north_m_s: float = number("wind_x")
    east_m_s: float = number("wind_y")
    gust_m_s: float = number("var_horiz")
    """Highest of the last 3 s above the mean, m/s (the standard's variance field)."""
    height_m: float = number("wind_alt")


@message("FENCE_STATUS")
@dataclass(frozen=True, slots=True)
class Fence:
    """Limits of travel: breached or not, how often, when last."""

    breached: int = integer("breach_status")
    count: int = integer("breach_count")
    kind: int = integer("breach_type")
    breached_boot_s: float = scaled("breach_time", MS)


@message("COMMAND_LONG")
@dataclass(frozen=True, slots=True)
class CommandLong:
    """An order. NaN parameters (MAVLink's `not given`) are None."""

    target_system: int = integer("target_system")
    target_component: int = integer("target_component")
    command: int = integer("command")
    confirmation: int = integer("confirmation")
    p1: float | None = optional("param1", float("nan"))
    p2: float | None = optional("param2", float("nan"))
    p3: float | None = optional("param3", float("nan"))
    p4: float | None = optional("param4", float("nan"))
    p5: float | None = optional("param5", float("nan"))
    p6: float | None = optional("param6", float("nan"))
    p7: float | None = optional("param7", float("nan"))


@message("COMMAND_ACK")
@dataclass(frozen=True, slots=True)
class CommandAck:
    """What became of a command; `reason` is a Refusal when it was not accepted."""

    command: int = integer("command")
    result: Result = member("result", Result)
    progress_percent: int = integer("progress")
    reason: int = integer("result_param2")
    target_system: int = integer("target_system")
    target_component: int = integer("target_component")


@message("MESSAGE_INTERVAL")
@dataclass(frozen=True, slots=True)
class MessageInterval:
    """How often a message is sent: microseconds, 0 = default, -1 = off."""

    message_id: int = integer("message_id")
    interval_us: int = integer("interval_us")


@message("MANUAL_CONTROL")
@dataclass(frozen=True, slots=True)
class ManualControl:
    """Hold-to-run jog at 10 Hz: up and turn in thousandths of the full rate; 300 ms deadman."""

    target: int = integer("target")
    up: float = scaled("z", 1e-3)
    turn: float = scaled("r", 1e-3)


@message("PARAM_REQUEST_READ")
@dataclass(frozen=True, slots=True)
class ParameterRead:
    """Ask for one parameter, by name (`index` -1) or by index."""

    target_system: int = integer("target_system")
    target_component: int = integer("target_component")
    name: str = text("param_id", 16)
    index: int = integer("param_index")


@message("PARAM_REQUEST_LIST")
@dataclass(frozen=True, slots=True)
class ParameterList:
    """Ask for all parameters."""

    target_system: int = integer("target_system")
    target_component: int = integer("target_component")


@message("PARAM_VALUE")
@dataclass(frozen=True, slots=True)
class ParameterValue:
    """One parameter as it stands."""

    name: str = text("param_id", 16)
    value: float = number("param_value")
    type: int = integer("param_type")
    count: int = integer("param_count")
    index: int = integer("param_index")


@message("PARAM_SET")
@dataclass(frozen=True, slots=True)
class ParameterSet:
    """Set one parameter; the answer is a ParameterValue with what now holds."""

    target_system: int = integer("target_system")
    target_component: int = integer("target_component")
    name: str = text("param_id", 16)
    value: float = number("param_value")
    type: int = integer("param_type")


@message("SETUP_SIGNING")
@dataclass(frozen=True, slots=True)
class SetupSigning:
    """Give the robot its key: over the cable, on the ground, and only if it has none."""

    target_system: int = integer("target_system")
    target_component: int = integer("target_component")
    key: tuple[float, ...] = numbers("secret_key", 32, 1.0)
    ticks: int = integer("initial_timestamp")


@message("CLIMB_STATUS")
@dataclass(frozen=True, slots=True)
class ClimbStatus:
    """Where the robot is and what it does, 20 to 50 Hz."""

    time_boot_s: float = scaled("time_boot_ms", MS)
    height_m: float = number("height")
    height_std_m: float = number("height_std")
    encoder_height_m: float = number("encoder_height")
    pole_diameter_m: float = number("pole_diameter")
    goal_height_m: float = number("goal_height")
    climb_rate_m_s: float = number("climb_rate")
    azimuth_deg: float = angle("azimuth")
    goal_azimuth_deg: float = angle("goal_azimuth")
    azimuth_rate_deg_s: float = angle("azimuth_rate")
    slip_ratio: float = number("slip_ratio")
    faults: Fault = member("fault_flags", Fault)
    goal_id: int = integer("goal_id")
    boot_id: int = integer("boot_id")
    state: ClimbState = member("state", ClimbState)
    limits: int = integer("limit_flags")
    stop_category: int = integer("stop_category")


@message("CLIMB_CLAMP_STATUS")
@dataclass(frozen=True, slots=True)
class ClampStatus:
    """Clamp forces and temperatures, 20 Hz."""

    time_boot_s: float = scaled("time_boot_ms", MS)
    forces_n: tuple[float, ...] = numbers("force", 4)
    least_n: tuple[float, ...] = numbers("force_min", 4)
    temperatures_c: tuple[float, ...] = numbers("temperature", 4, 0.01)
    count: int = integer("count")
    engaged: int = integer("engaged_bitmask")


@message("CLIMB_ENERGY")
@dataclass(frozen=True, slots=True)
class Energy:
    """What is left and what the way down needs, 1 Hz."""

    now_j: float = scaled("energy_now", 100.0)
    descent_j: float = scaled("energy_descent", 100.0)
    hold_s: float = scaled("hold_time", 1.0)
    margin_percent: int = integer("margin")


@message("CLIMB_ARM_CHALLENGE")
@dataclass(frozen=True, slots=True)
class ArmChallenge:
    """Confirm with this nonce in time, or mend the failed checks."""

    nonce: int = integer("nonce")
    ttl_s: float = scaled("ttl", MS)
    failed: Fault = member("failed_checks", Fault)
