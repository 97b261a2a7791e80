"""The camera's messages (component 100), in SI units."""

from dataclasses import dataclass

from firmware_bridge.messages import MS
from firmware_bridge.wire import angle, integer, message, number, numbers, octets, optional, scaled, text


@message("CAMERA_INFORMATION")
@dataclass(frozen=True, slots=True)
class CameraInformation:
    """Lens and sensor: what makes pixels into millimetres."""

    time_boot_s: float = scaled("time_boot_ms", MS)
    vendor: str = octets("vendor_name", 32)
    model: str = octets("model_name", 32)
    firmware: int = integer("firmware_version")
    focal_length_mm: float = number("focal_length")
    sensor_width_mm: float = number("sensor_size_h")
    sensor_height_mm: float = number("sensor_size_v")
    width_px: int = integer("resolution_h")
    height_px: int = integer("resolution_v")
    flags: int = integer("flags")


@message("CAMERA_SETTINGS")
@dataclass(frozen=True, slots=True)
class CameraSettings:
    """Mode (0 = stills), zoom and focus in percent of their range."""

    time_boot_s: float = scaled("time_boot_ms", MS)
    mode: int = integer("mode_id")
    zoom_percent: float | None = optional("zoomLevel", float("nan"))
    focus_percent: float | None = optional("focusLevel", float("nan"))


@message("STORAGE_INFORMATION")
@dataclass(frozen=True, slots=True)
class Storage:
    """The camera's card; status 3 = not supported."""

    time_boot_s: float = scaled("time_boot_ms", MS)
    id: int = integer("storage_id")
    count: int = integer("storage_count")
    status: int = integer("status")
    total_mib: float = number("total_capacity")
    free_mib: float = number("available_capacity")


@message("CAMERA_CAPTURE_STATUS")
@dataclass(frozen=True, slots=True)
class CaptureStatus:
    """Idle or busy, and how many stills so far."""

    time_boot_s: float = scaled("time_boot_ms", MS)
    image_status: int = integer("image_status")
    video_status: int = integer("video_status")
    free_mib: float = number("available_capacity")
    images: int = integer("image_count")


@message("CAMERA_IMAGE_CAPTURED")
@dataclass(frozen=True, slots=True)
class ImageCaptured:
    """One still was exposed: its number and when on the controller's clock."""

    time_boot_s: float = scaled("time_boot_ms", MS)
    height_m: float = scaled("relative_alt", 1e-3)
    attitude: tuple[float, ...] = numbers("q", 4)
    index: int = integer("image_index")
    taken: int = integer("capture_result")
    """1 = taken, 0 = failed."""
    url: str = text("file_url", 205)


@message("VIDEO_STREAM_INFORMATION")
@dataclass(frozen=True, slots=True)
class VideoStream:
    """Where to see the camera."""

    id: int = integer("stream_id")
    count: int = integer("count")
    type: int = integer("type")
    """0 = RTSP, 4 = MJPEG over HTTP by this dialect's use."""
    flags: int = integer("flags")
    frame_rate_hz: float = number("framerate")
    width_px: int = integer("resolution_h")
    height_px: int = integer("resolution_v")
    bitrate: int = integer("bitrate")
    field_of_view_deg: int = integer("hfov")
    name: str = text("name", 32)
    url: str = text("uri", 160)


@message("VIDEO_STREAM_STATUS")
@dataclass(frozen=True, slots=True)
class VideoStatus:
    """Whether the stream runs (flag 1)."""

    id: int = integer("stream_id")
    flags: int = integer("flags")
    frame_rate_hz: float = number("framerate")
    width_px: int = integer("resolution_h")
    height_px: int = integer("resolution_v")


@message("GIMBAL_MANAGER_INFORMATION")
@dataclass(frozen=True, slots=True)
class MountInformation:
    """How far the camera mount turns."""

    time_boot_s: float = scaled("time_boot_ms", MS)
    capabilities: int = integer("cap_flags")
    device: int = integer("gimbal_device_id")
    least_tilt_deg: float = angle("pitch_min")
    most_tilt_deg: float = angle("pitch_max")
    least_pan_deg: float = angle("yaw_min")
    most_pan_deg: float = angle("yaw_max")


@message("GIMBAL_MANAGER_STATUS")
@dataclass(frozen=True, slots=True)
class MountStatus:
    """Who steers the mount."""

    time_boot_s: float = scaled("time_boot_ms", MS)
    flags: int = integer("flags")
    device: int = integer("gimbal_device_id")
    in_control: int = integer("primary_control_sysid")


@message("GIMBAL_DEVICE_ATTITUDE_STATUS")
@dataclass(frozen=True, slots=True)
class MountAttitude:
    """Where the mount points: a quaternion w, x, y, z."""

    time_boot_s: float = scaled("time_boot_ms", MS)
    flags: int = integer("flags")
    attitude: tuple[float, ...] = numbers("q", 4)
    failures: int = integer("failure_flags")


@message("GIMBAL_MANAGER_SET_PITCHYAW")
@dataclass(frozen=True, slots=True)
class MountSet:
    """Point the mount; the standard message beside command 1000."""

    target_system: int = integer("target_system")
    target_component: int = integer("target_component")
    flags: int = integer("flags")
    device: int = integer("gimbal_device_id")
    tilt_deg: float = angle("pitch")
    pan_deg: float = angle("yaw")
