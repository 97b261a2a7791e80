"""What the firmware says of itself, periodically and on request."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from firmware_bridge.camera_messages import (
    CameraInformation,
    CameraSettings,
    CaptureStatus,
    ImageCaptured,
    MountAttitude,
    MountInformation,
    MountStatus,
    Storage,
    VideoStatus,
    VideoStream,
)
from firmware_bridge.messages import (
    Attitude,
    Battery,
    ClampStatus,
    ClimbStatus,
    Energy,
    ExtendedState,
    Fence,
    Heartbeat,
    Imu,
    LocalPosition,
    SystemStatus,
    Version,
    Wind,
)
from firmware_bridge.protocol import HOST_SYSTEM
from firmware_bridge.simulator.firmware import ARMED, RESERVE_J, Firmware
from firmware_bridge.simulator.plant import (
    CLAMPS,
    ENERGY_FULL_J,
    GRAVITY_M_S2,
    HEIGHT_STD_M,
    IDLE_W,
    PACK_V,
)
from firmware_bridge.simulator.view import CameraView
from firmware_bridge.types import ClimbState, Fault
from firmware_bridge.wire import BY_CLASS

PRODUCT_SIMULATOR = 0x5349
FIRMWARE_VERSION = (0, 1, 0)
MAV_TYPE_GROUND_ROVER, MAV_AUTOPILOT_GENERIC = 10, 0
ARMED_FLAG, CUSTOM_FLAG = 128, 1
STANDBY, ACTIVE, CRITICAL = 3, 4, 5
NO_CELL_MV = 65535.0
CAN_TAKE_STILLS, CAN_STREAM = 2, 256
NO_STORAGE = 3
HAS_PITCH = 8
MOST_TILT_DEG = 30.0
STREAM_MJPEG = 4


def heartbeat(firmware: Firmware) -> Heartbeat:
    """10 Hz."""
    armed = firmware.state in ARMED
    trouble = firmware.state in (ClimbState.FAULT, ClimbState.ESTOPPED)
    return Heartbeat(
        MAV_TYPE_GROUND_ROVER,
        MAV_AUTOPILOT_GENERIC,
        CUSTOM_FLAG | (ARMED_FLAG if armed else 0),
        firmware.state,
        CRITICAL if trouble else ACTIVE if armed else STANDBY,
    )


def climb_status(firmware: Firmware) -> ClimbStatus:
    """50 Hz and at every change of state."""
    plant = firmware.plant
    return ClimbStatus(
        time_boot_s=firmware.time_boot_s,
        height_m=plant.measured_height_m,
        height_std_m=HEIGHT_STD_M,
        encoder_height_m=plant.encoder_m,
        pole_diameter_m=plant.pole.diameter_mm(plant.height_m) / 1000,
        goal_height_m=firmware.goal_m,
        climb_rate_m_s=plant.rate_m_s,
        azimuth_deg=plant.measured_azimuth_deg,
        goal_azimuth_deg=firmware.goal_deg,
        azimuth_rate_deg_s=plant.turn_deg_s,
        slip_ratio=plant.slip,
        faults=firmware.faults,
        goal_id=firmware.goal_id,
        boot_id=firmware.boot_id,
        state=firmware.state,
        limits=(1 if Fault.TOP_LIMIT in firmware.faults else 0) | (2 if Fault.BOTTOM_LIMIT in firmware.faults else 0),
        stop_category=firmware.stop_category,
    )


def clamp_status(firmware: Firmware) -> ClampStatus:
    """20 Hz."""
    least_n = firmware.parameters["LIM_FORCE"]
    forces_n = tuple(force + firmware.random.gauss(0.0, 1.0) for force in firmware.plant.clamps_n)
    engaged = 0 if firmware.clamps_open else (1 << CLAMPS) - 1
    return ClampStatus(firmware.time_boot_s, forces_n, (least_n,) * CLAMPS, (31.0,) * CLAMPS, CLAMPS, engaged)


def energy(firmware: Firmware) -> Energy:
    """1 Hz."""
    now_j, descent_j = firmware.plant.energy_j, firmware.energy_descent_j
    spare_j = now_j - descent_j * firmware.parameters["ENERGY_MARGIN"]
    margin = max(-100, min(100, round(100 * (now_j - descent_j) / ENERGY_FULL_J)))
    return Energy(now_j, descent_j, max(0.0, spare_j / IDLE_W), margin)


def battery(firmware: Firmware) -> Battery:
    """1 Hz."""
    plant = firmware.plant
    cells = (plant.battery_v * 1000, *[NO_CELL_MV] * 9)
    return Battery(
        id=0,
        cells_mv=cells,
        current_a=plant.power_w / PACK_V,
        energy_used_j=ENERGY_FULL_J - plant.energy_j,
        percent=firmware.energy_percent,
        temperature_c=24.0,
        time_left_s=max(1.0, (plant.energy_j - RESERVE_J) / IDLE_W),
    )


def system_status(firmware: Firmware) -> SystemStatus:
    """1 Hz."""
    plant = firmware.plant
    return SystemStatus(0, 0, 0, 0.1, plant.battery_v, plant.power_w / PACK_V, firmware.energy_percent, 0)


def wind(firmware: Firmware) -> Wind:
    """5 Hz: measured from the west."""
    mean_m_s = firmware.plant.wind_m_s
    gust_m_s = max(0.0, firmware.gust_m_s - mean_m_s)
    return Wind(firmware.time_boot_s, 0.0, mean_m_s, gust_m_s, firmware.plant.height_m)


def attitude(firmware: Firmware) -> Attitude:
    """10 Hz."""
    plant = firmware.plant
    yaw_deg = (plant.measured_azimuth_deg + 180) % 360 - 180
    return Attitude(firmware.time_boot_s, 0.0, 0.0, yaw_deg, 0.0, 0.0, plant.turn_deg_s)


def imu(firmware: Firmware) -> Imu:
    """10 Hz: noise of 0.02 m/s2 on gravity."""
    gauss = firmware.random.gauss
    noise = [gauss(0.0, 0.02) for _ in range(3)]
    turn_rad_s = math.radians(firmware.plant.turn_deg_s)
    return Imu(firmware.time_boot_s, noise[0], noise[1], noise[2] - GRAVITY_M_S2, 0.0, 0.0, turn_rad_s)


def local_position(firmware: Firmware) -> LocalPosition:
    """10 Hz: on the pole's surface."""
    plant = firmware.plant
    angle_rad = math.radians(plant.measured_azimuth_deg)
    radius_m = plant.pole.diameter_mm(plant.height_m) / 2000
    return LocalPosition(
        firmware.time_boot_s,
        radius_m * math.cos(angle_rad),
        radius_m * math.sin(angle_rad),
        -plant.measured_height_m,
        0.0,
        0.0,
        -plant.rate_m_s,
    )


def fence(firmware: Firmware) -> Fence:
    """1 Hz."""
    breached = bool(firmware.faults & (Fault.TOP_LIMIT | Fault.BOTTOM_LIMIT))
    return Fence(int(breached), firmware.breaches, 2 if breached else 0, 0.0)


def extended_state(firmware: Firmware) -> ExtendedState:
    """1 Hz."""
    return ExtendedState(1 if firmware.on_ground else 2)


def version(firmware: Firmware, _: CameraView) -> Version:
    """On request."""
    major, minor, patch = FIRMWARE_VERSION
    return Version(0, major << 24 | minor << 16 | patch << 8, 1, 0, PRODUCT_SIMULATOR, firmware.uid)


@dataclass(frozen=True, slots=True)
class Period:
    """A message sent by itself."""

    kind: type[Any]
    make: Callable[[Firmware], Any]
    every_s: float


PERIODIC = (
    Period(Heartbeat, heartbeat, 0.1),
    Period(ClimbStatus, climb_status, 0.02),
    Period(ClampStatus, clamp_status, 0.05),
    Period(Attitude, attitude, 0.1),
    Period(Imu, imu, 0.1),
    Period(LocalPosition, local_position, 0.1),
    Period(Wind, wind, 0.2),
    Period(Energy, energy, 1.0),
    Period(Battery, battery, 1.0),
    Period(SystemStatus, system_status, 1.0),
    Period(Fence, fence, 1.0),
    Period(ExtendedState, extended_state, 1.0),
)


PERIODIC_IDS = tuple(BY_CLASS[period.kind].message_id for period in PERIODIC)


def camera_information(firmware: Firmware, view: CameraView) -> CameraInformation:
    """Lens and sensor."""
    return CameraInformation(
        time_boot_s=firmware.time_boot_s,
        vendor="highmast",
        model="simulated camera",
        firmware=1,
        focal_length_mm=view.focal_px * view.pixel_mm,
        sensor_width_mm=view.width_px * view.pixel_mm,
        sensor_height_mm=view.height_px * view.pixel_mm,
        width_px=view.width_px,
        height_px=view.height_px,
        flags=CAN_TAKE_STILLS | CAN_STREAM,
    )


def camera_settings(firmware: Firmware, _: CameraView) -> CameraSettings:
    """Stills; no zoom."""
    return CameraSettings(firmware.time_boot_s, 0, None, firmware.focus_percent)


def capture_status(firmware: Firmware, _: CameraView) -> CaptureStatus:
    """Idle; how many stills so far."""
    return CaptureStatus(firmware.time_boot_s, 0, 0, 0.0, firmware.stills)


def storage(firmware: Firmware, _: CameraView) -> Storage:
    """None: stills go out at once."""
    return Storage(firmware.time_boot_s, 1, 0, NO_STORAGE, 0.0, 0.0)


def video_stream(_: Firmware, view: CameraView) -> VideoStream:
    """The one stream."""
    across_deg = math.degrees(2 * math.atan2(view.width_px / 2, view.focal_px))
    return VideoStream(
        1, 1, STREAM_MJPEG, 1, 0.0, view.width_px, view.height_px, 0, round(across_deg), "pole", view.url
    )


def video_status(_: Firmware, view: CameraView) -> VideoStatus:
    """Always on: a still for each trigger."""
    return VideoStatus(1, 1, 0.0, view.width_px, view.height_px)


def mount_information(firmware: Firmware, _: CameraView) -> MountInformation:
    """Tilts, does not pan."""
    return MountInformation(firmware.time_boot_s, HAS_PITCH, 1, -MOST_TILT_DEG, MOST_TILT_DEG, 0.0, 0.0)


def mount_status(firmware: Firmware, _: CameraView) -> MountStatus:
    """The host steers."""
    return MountStatus(firmware.time_boot_s, 0, 1, HOST_SYSTEM)


def mount_attitude(firmware: Firmware, _: CameraView) -> MountAttitude:
    """The tilt, as a quaternion about the horizontal axis."""
    half_rad = math.radians(firmware.tilt_deg) / 2
    return MountAttitude(firmware.time_boot_s, 0, (math.cos(half_rad), 0.0, math.sin(half_rad), 0.0), 0)


ON_REQUEST: dict[type[Any], Callable[[Firmware, CameraView], Any]] = {
    Version: version,
    CameraInformation: camera_information,
    CameraSettings: camera_settings,
    CaptureStatus: capture_status,
    Storage: storage,
    VideoStream: video_stream,
    VideoStatus: video_status,
    MountInformation: mount_information,
    MountStatus: mount_status,
    MountAttitude: mount_attitude,
}
CAMERA_MESSAGES = frozenset({CameraInformation, CameraSettings, CaptureStatus, ImageCaptured, Storage, VideoStream})
"""Sent as component 100."""


def on_request(message_id: int, firmware: Firmware, view: CameraView) -> Any:
    """The message of that id as it is now; None if it is not one that can be asked for."""
    for kind, make in ON_REQUEST.items():
        if BY_CLASS[kind].message_id == message_id:
            return make(firmware, view)
    for period in PERIODIC:
        if BY_CLASS[period.kind].message_id == message_id:
            return period.make(firmware)
    return None
