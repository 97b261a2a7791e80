"""One camera of the robot: its place on the ring, its lens, and what it sent last."""

from dataclasses import replace
from datetime import datetime

from firmware_bridge.camera import Camera, FolderCamera, Still, decode
from firmware_bridge.camera_messages import CameraInformation
from firmware_bridge.errors import CameraError
from firmware_bridge.ring import Member
from firmware_bridge.types import CameraInfo, Frame, Pose

STILL_S = 5.0
"""From trigger to picture at most; the robot stands meanwhile."""
MOVED_M, MOVED_DEG = 0.02, 2.0
"""Beyond the wander of the measured pose."""


class Eye:
    """Makes frames of a camera's stills, and refuses a picture that did not change although the camera moved."""

    def __init__(self, camera: Camera, member: Member, described: CameraInformation) -> None:
        self.camera = camera
        self.azimuth_deg = member.azimuth_deg
        """Offset from the robot's azimuth."""
        self.info = member.info or _fitting(camera, reported_lens(described))
        self._before: tuple[int, Pose] | None = None

    def take(self, index: int) -> Still | CameraError | None:
        """The still of this trigger, if it has come; or why none will."""
        try:
            return self.camera.take(index)
        except CameraError as error:
            return error

    def outcome(
        self, seq: int, still: Still | CameraError | None, robot: Pose, taken_at: datetime, trial: bool
    ) -> Frame | CameraError:
        """The still as a frame, with the robot's pose turned by the offset; or why there is none.

        A trial photograph is given back to the camera, and not compared with others.
        """
        if still is None:
            why = self.camera.trouble or "check the camera"
            return CameraError(f"still {seq} did not come within {STILL_S:g} s of its trigger: {why}")
        try:
            return still if isinstance(still, CameraError) else self._frame(seq, still, robot, taken_at, trial)
        except CameraError as error:
            return error

    def _frame(self, seq: int, still: Still, robot: Pose, taken_at: datetime, trial: bool) -> Frame:
        image = decode(still)
        if image.shape[:2] != (self.info.height_px, self.info.width_px):
            raise CameraError(
                f"{still.name} is {image.shape[1]}x{image.shape[0]} pixels, this camera's pictures are "
                f"{self.info.width_px}x{self.info.height_px}; give photographs of one size"
            )
        pose = replace(robot, azimuth_deg=(robot.azimuth_deg + self.azimuth_deg) % 360)
        scale = robot.standoff_mm / self.info.focal_px
        frame = Frame(seq, taken_at, image, still.encoded, pose, scale, self.info)
        if trial:
            self.camera.put_back(still)
        else:
            self._fresh(frame)
        return frame

    def _fresh(self, frame: Frame) -> None:
        seen = hash(frame.image.tobytes())
        before, self._before = self._before, (seen, frame.pose)
        if before is None or before[0] != seen:
            return
        turned_deg = abs((frame.pose.azimuth_deg - before[1].azimuth_deg + 180) % 360 - 180)
        if abs(frame.pose.height_m - before[1].height_m) > MOVED_M or turned_deg > MOVED_DEG:
            raise CameraError(
                f"still {frame.seq} at {frame.pose.height_m:.2f} m is the same picture as the one at "
                f"{before[1].height_m:.2f} m: the camera is frozen; restart it"
            )


def _fitting(camera: Camera, reported: CameraInfo) -> CameraInfo:
    """The reported lens; on a folder's photographs of another size, the field of view stays across the width."""
    if not isinstance(camera, FolderCamera):
        return reported
    width_px, height_px = camera.size_px
    return CameraInfo(width_px, height_px, reported.focal_px * width_px / reported.width_px, reported.model)


def reported_lens(camera: CameraInformation) -> CameraInfo:
    """What the robot says of its camera; CameraError if it does not know the focal length."""
    if camera.sensor_width_mm <= 0 or camera.focal_length_mm <= 0:
        raise CameraError("the robot does not know its camera's focal length; calibrate it")
    focal_px = camera.focal_length_mm / camera.sensor_width_mm * camera.width_px
    return CameraInfo(camera.width_px, camera.height_px, focal_px, f"{camera.vendor} {camera.model}".strip())
