"""Where poses, from the bridge or from a record, become the views that vision works with."""

from climber.record import Observation
from firmware_bridge.types import CameraInfo, Frame, Pose
from vision.types import Camera, View


def camera_of(info: CameraInfo) -> Camera:
    """The calibrated lens; without one, a pinhole without distortion, centred in the picture (pixel centres on whole
    numbers, as OpenCV has it)."""
    if (lens := info.lens) is not None:
        return Camera(info.width_px, info.height_px, lens.fx_px, lens.fy_px, lens.cx_px, lens.cy_px, lens.distortion)
    return Camera(
        width_px=info.width_px,
        height_px=info.height_px,
        fx_px=info.focal_px,
        fy_px=info.focal_px,
        cx_px=(info.width_px - 1) / 2,
        cy_px=(info.height_px - 1) / 2,
    )


def view_of(pose: Pose, camera: Camera) -> View:
    """The view of a camera at a pose."""
    return View(camera, pose.height_m, pose.azimuth_deg, pose.standoff_mm, pose.tilt_deg, pose.roll_deg)


def view_in(frame: Frame, camera: Camera) -> View:
    """The view of a frame; `camera` took it if it does not say."""
    return view_of(frame.pose, camera if frame.camera is None else camera_of(frame.camera))


def view_at(observation: Observation, camera: Camera) -> View:
    """The view of a recorded observation; `camera` is that of the climb's start."""
    own = observation.camera
    return View(
        camera if own is None else Camera(**own.model_dump()),
        observation.height_m,
        observation.azimuth_deg,
        observation.standoff_mm,
        observation.tilt_deg,
        observation.roll_deg,
    )
