"""One robot with its camera: open it, arm, go, photograph, come down. The only loop is the caller's.

Every motion is a generator: it sends, yields the latest Telemetry at least every 50 ms, keeps the host's heartbeat
going from that loop (a frozen host therefore stops the robot), and ends when the robot has done it.
"""

import math
import time
from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware_bridge.camera import Camera, Still, open_camera
from firmware_bridge.camera_messages import CameraInformation, CaptureStatus, ImageCaptured
from firmware_bridge.clock import ClockOffset, ask_clock
from firmware_bridge.discovery import AUTO, candidates, choose
from firmware_bridge.errors import CameraError, LinkError, Refused, RobotFault
from firmware_bridge.eye import STILL_S, Eye, reported_lens
from firmware_bridge.keys import signer_for
from firmware_bridge.link import Link
from firmware_bridge.messages import ArmChallenge, ClimbStatus, ManualControl, Version
from firmware_bridge.mount import Mount
from firmware_bridge.orders import Command, Refusal
from firmware_bridge.protocol import HOST_COMPONENT, HOST_SYSTEM, ROBOT_SYSTEM, Protocol
from firmware_bridge.ring import Member, members
from firmware_bridge.session import Motion, Session
from firmware_bridge.trace import Trace
from firmware_bridge.types import CameraInfo, ClimbState, Frame, Identity, Pose, Telemetry

PRODUCT_SIMULATOR = 0x5349
IN_MOTION = frozenset({ClimbState.MOVING, ClimbState.DESCENDING, ClimbState.JOGGING})
LATCHED = frozenset({ClimbState.STOPPED, ClimbState.FAULT, ClimbState.ESTOPPED})
EXPOSURE_STD_S = 0.005
"""How well the time of exposure is known on the controller's clock."""
JOG_EVERY_S = 0.08
"""The deadman is 0.3 s: two lost messages do no harm."""
STOP_TRIES = 3
STOP_S = 0.1


class Robot:
    """A pole-climbing robot on a serial line, with its camera. Make it with `Robot.open`."""

    def __init__(self, session: Session, cameras: Sequence[tuple[Camera, Member]]) -> None:
        """Take over an open session and cameras; asks who is there (LinkLost)."""
        self.session = session
        self.chosen = ""
        """Why this port, where the robot was looked for."""
        session.wait_for(lambda: None, lambda: session.fold.status, "status")
        self.mount = Mount(session)
        self.about = _identity(session.ask(Version))
        self.parameters = session.ask_parameters()
        self._described = session.ask(CameraInformation)
        self.eyes = tuple(Eye(camera, member, self._described) for camera, member in cameras)
        """The cameras, in the order of the ring file."""
        self._still = session.ask(CaptureStatus).images
        self._goal = 0

    @classmethod
    def open(
        cls,
        robot_url: str,
        camera_url: str | None = None,
        *,
        key: Path | None = None,
        trace: Path | None = None,
        calibration: Path | None = None,
    ) -> Self:
        """Open port and camera and wait for status and identity; PortError, LinkLost, CameraError.

        `robot_url` "auto" takes the one serial port on which a robot's heartbeat is heard.
        `key` is a file made by `highmast key`: with it everything is signed, and unsigned words are not believed.
        `trace` is the base name of two new files that keep every byte (see `trace`).
        `calibration` is a file made by `highmast calibrate`; without one the robot says what its lens is.
        `camera_url` may also be a ring file (`ring`), which names several cameras and their calibrations.
        """
        ring = members(camera_url, calibration)
        signer = None if key is None else signer_for(key)
        chosen = ""
        if robot_url == AUTO:
            heard = choose(candidates())
            robot_url, chosen = heard.candidate.url, f"{heard.words} on {heard.candidate.about}"
        kept = None if trace is None else Trace(trace)
        try:
            link = Link(robot_url, Protocol(HOST_SYSTEM, HOST_COMPONENT, signer, trace=kept))
        except LinkError:
            if kept is not None:
                kept.discard()
            raise
        cameras: list[tuple[Camera, Member]] = []
        try:
            for member in ring:
                cameras.append((open_camera(member.url, link.nudge), member))
            robot = cls(Session(link), cameras)
            robot.chosen = chosen
            return robot
        except BaseException:
            link.close()
            for camera, _ in cameras:
                camera.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop if in motion, then release port and camera. Never raises on a dead link."""
        if self.telemetry.state in IN_MOTION:
            self.stop(category=2, reason="the host closed the link")
        self.session.link.close()
        for eye in self.eyes:
            eye.camera.close()

    @property
    def url(self) -> str:
        """The port it is on."""
        return self.session.link.url

    @property
    def identity(self) -> str:
        """One line for people and the record."""
        return self.about.name

    @property
    def is_simulator(self) -> bool:
        """Whether it says that it is a simulated robot."""
        return self.about.is_simulator

    @property
    def camera_info(self) -> CameraInfo:
        """The first camera's lens; without a camera, as the robot reports it. CameraError if it does not know."""
        return self.eyes[0].info if self.eyes else reported_lens(self._described)

    @property
    def offsets_deg(self) -> tuple[float, ...]:
        """Azimuths of the cameras against the robot's."""
        return tuple(eye.azimuth_deg for eye in self.eyes)

    @property
    def standoff_mm(self) -> float:
        """Optical centre to the pole's surface, kept by the rollers (parameter CAM_STANDOFF)."""
        return self.parameters["CAM_STANDOFF"]

    @property
    def telemetry(self) -> Telemetry:
        """The latest word of the robot; how old it is stands in `link_age_s`."""
        self.session.poll(wait_s=0.0)
        return self.session.fold.telemetry(time.monotonic())

    @property
    def words(self) -> tuple[str, ...]:
        """The robot's latest status texts, oldest first."""
        return tuple(self.session.words)

    def arm(self) -> Motion:
        """Ask, answer the challenge, and end when armed. Ends at once if it is."""
        session = self.session
        if session.tick(wait_s=0.0).state == ClimbState.HOLDING:
            return
        session.replies(ArmChallenge)
        try:
            yield from session.order(Command.ARM, 1.0)
        except Refused as refusal:
            failed = [challenge.failed for challenge in session.replies(ArmChallenge) if challenge.failed]
            raise Refused(f"{refusal} ({failed[0].name})" if failed else str(refusal)) from None
        challenge = session.wait_for(
            lambda: None, lambda: next(iter(session.replies(ArmChallenge)), None), "arm challenge"
        )
        yield from session.order(Command.ARM_CONFIRM, float(challenge.nonce & 0xFFFF), float(challenge.nonce >> 16))
        yield from self._until(lambda telemetry: telemetry.state == ClimbState.HOLDING, lambda _: True)

    def goto(self, height_m: float, azimuth_deg: float, speed_m_s: float) -> Motion:
        """Go to a station: camera axis at `height_m`, `azimuth_deg` in [0, 360). Ends when standing there.

        Refused (limits, wind, energy, not armed), RobotFault (stopped on the way), LinkLost.
        """
        status = self._status()
        goal_id = self._next_goal(status)
        yield from self.session.order(
            Command.GOTO, height_m, azimuth_deg, speed_m_s, float(status.boot_id), float(goal_id)
        )
        yield from self._until(
            lambda telemetry: telemetry.goal_id == goal_id and telemetry.state == ClimbState.HOLDING,
            lambda telemetry: (
                telemetry.state not in LATCHED
                and (telemetry.goal_id != goal_id or telemetry.state == ClimbState.MOVING)
            ),
        )

    def descend(self, speed_m_s: float = 0.0) -> Motion:
        """Come down to the ground, where the robot disarms; speed 0 is the robot's own. Ends at once if it is down."""
        status = self._status()
        if status.state == ClimbState.DISARMED:
            return
        try:
            yield from self.session.order(
                Command.DESCEND, speed_m_s, 0.0, 0.0, float(status.boot_id), float(self._next_goal(status))
            )
        except Refused as refusal:
            if refusal.reason != Refusal.NOT_ARMED:
                raise  # NOT_ARMED: it came down by itself meanwhile, as its next status will say
        yield from self._until(
            lambda telemetry: telemetry.state == ClimbState.DISARMED,
            lambda telemetry: telemetry.state not in LATCHED,
        )

    def hold(self, seconds: float) -> Motion:
        """Keep station with the heartbeat on; RobotFault if the robot stops itself meanwhile."""
        until_s = time.monotonic() + seconds
        first = self.session.tick(wait_s=0.0).state
        yield from self._until(
            lambda _: time.monotonic() >= until_s, lambda telemetry: telemetry.state == first, refusable=False
        )

    def jog(self, wanted: Callable[[], tuple[float, float] | None]) -> Motion:
        """Run by hand while `wanted`, asked at each tick, gives rates: fractions (-1 to 1) of LIM_SPEED, up positive,
        and of LIM_TURN, clockwise positive. Ends when it gives None and the robot holds. RobotFault, LinkLost.
        """
        sent_s = -math.inf
        while (rates := wanted()) is not None:
            if time.monotonic() - sent_s >= JOG_EVERY_S:
                sent_s = time.monotonic()
                self.session.link.send(ManualControl(ROBOT_SYSTEM, *rates))
            yield self._checked(self.session.tick(), ClimbState.HOLDING)
        jogging = (ClimbState.JOGGING, ClimbState.HOLDING)
        yield from self._until(
            lambda telemetry: telemetry.state == ClimbState.HOLDING, lambda telemetry: telemetry.state in jogging
        )

    def capture(self, trial: bool = False) -> Generator[Telemetry, None, Frame]:
        """Trigger one photograph and return it with the pose at its exposure; CameraError, Refused.

        A robot that was latched before may still take one; RobotFault if it latches meanwhile. A trial photograph is
        for looking only: a folder keeps it for the next trigger, and no later one is compared with it. Of a ring, the
        first camera's.
        """
        first, *_ = yield from self.capture_ring(trial)
        if isinstance(first, CameraError):
            raise first
        return first

    def capture_ring(self, trial: bool = False) -> Generator[Telemetry, None, tuple[Frame | CameraError, ...]]:
        """Trigger all cameras at once; for each, in the ring's order, its frame or why it has none.

        CameraError only if there is no camera; else as `capture`.
        """
        if not self.eyes:
            raise CameraError("no camera was opened; give its URL")
        before = self.session.tick(wait_s=0.0).state
        taken = yield from self._trigger()
        stills: dict[Eye, Still | CameraError] = {}
        give_up_s = time.monotonic() + STILL_S
        while self._collect(taken.index, stills) and time.monotonic() < give_up_s:
            yield self._checked(self.session.tick(), before)
        pose, taken_at = self._exposed(taken)
        return tuple(eye.outcome(taken.index, stills.get(eye), pose, taken_at, trial) for eye in self.eyes)

    def _collect(self, index: int, stills: dict[Eye, Still | CameraError]) -> bool:
        """Take what has come; whether some has not."""
        for eye in self.eyes:
            if eye not in stills and (still := eye.take(index)) is not None:
                stills[eye] = still
        return len(stills) < len(self.eyes)

    def reconnect(self, limit_s: float = 10.0) -> Telemetry:
        """Open the line again after LinkLost, by the same name, and listen; never moves or arms by itself."""
        return self.session.reconnect(limit_s)

    def ask_clock(self) -> ClockOffset:
        """The controller's clock against the host's monotonic one, with its uncertainty."""
        return ask_clock(self.session)

    def stop(self, category: int = 1, reason: str = "") -> None:
        """Stop at once: 1 brakes and removes power, 2 holds under power. Never raises on a dead link."""
        session = self.session
        try:
            for again in range(STOP_TRIES):
                session.send_order(Command.STOP, float(category), again=again)
                until_s = time.monotonic() + STOP_S
                while (left_s := until_s - time.monotonic()) > 0:
                    session.poll(left_s)
                    if session.acknowledged(Command.STOP):
                        session.words.append(f"stopped by the host: {reason}")
                        return
        except (LinkError, Refused):
            return  # without a heartbeat the robot stops by itself

    def _status(self) -> ClimbStatus:
        self.session.tick(wait_s=0.0)
        status = self.session.fold.status
        assert status is not None
        return status

    def _next_goal(self, status: ClimbStatus) -> int:
        """Above every goal that the robot told or was sent: one that it has not told yet is not to be repeated."""
        self._goal = max(self._goal, status.goal_id) + 1
        return self._goal

    def _until(
        self, done: Callable[[Telemetry], bool], expected: Callable[[Telemetry], bool], refusable: bool = True
    ) -> Motion:
        """Tick until `done`; what is not `expected` on the way is a fault."""
        while True:
            telemetry = self.session.tick()
            yield telemetry
            if done(telemetry):
                return
            if not expected(telemetry):
                raise self._fault(telemetry)
            if refusable:
                self._refused()

    def _refused(self) -> None:
        """A late no to an order that was repeated."""
        for command in (Command.GOTO, Command.DESCEND):
            self.session.acknowledged(command)

    def _checked(self, telemetry: Telemetry, before: ClimbState) -> Telemetry:
        if telemetry.state in LATCHED and telemetry.state != before:
            raise self._fault(telemetry)
        return telemetry

    def _fault(self, telemetry: Telemetry) -> RobotFault:
        cause = telemetry.faults.name if telemetry.faults else "no cause given"
        words = f"; it says: {self.session.words[-1]}" if self.session.words else ""
        what = f"the robot is {telemetry.state.name} at {telemetry.height_m:.2f} m by itself ({cause}){words}"
        if telemetry.state in LATCHED:
            return RobotFault(f"{what}. Mend the cause, then arm again")
        return RobotFault(f"{what}. Let it come down")

    def _trigger(self) -> Generator[Telemetry, None, ImageCaptured]:
        """Order one still until its exposure is reported."""
        self._still += 1
        while True:
            yield from self.session.order(Command.CAPTURE_START, 0.0, 0.0, 1.0, float(self._still))
            for taken in self.session.replies(ImageCaptured):
                if taken.index == self._still:
                    return taken

    def _exposed(self, taken: ImageCaptured) -> tuple[Pose, datetime]:
        """The robot's pose at the exposure, and when that was."""
        fold = self.session.fold
        height_m, azimuth_deg, height_std_m = fold.at(taken.time_boot_s)
        telemetry = self.telemetry
        age_s = time.monotonic() - fold.received_s + max(0.0, telemetry.time_boot_s - taken.time_boot_s)
        pose = Pose(
            height_m=height_m,
            azimuth_deg=azimuth_deg,
            standoff_mm=self.standoff_mm,
            tilt_deg=self.parameters["CAM_TILT"] + self.mount.tilt_deg,
            height_std_m=math.hypot(height_std_m, telemetry.climb_rate_m_s * EXPOSURE_STD_S),
            azimuth_std_deg=self.parameters["POSE_AZ_SD"],
            standoff_std_mm=self.parameters["CAM_STANDOFF_SD"],
            tilt_std_deg=self.parameters["CAM_TILT_SD"],
            roll_std_deg=self.parameters["CAM_TILT_SD"],
        )
        return pose, datetime.now(UTC) - timedelta(seconds=age_s)


def _identity(version: Version) -> Identity:
    simulated = version.product == PRODUCT_SIMULATOR
    numbers = ".".join(str(version.firmware >> shift & 0xFF) for shift in (24, 16, 8))
    kind = "highmast simulator" if simulated else "highmast robot"
    return Identity(f"{kind} {numbers} ({version.uid:012x})", version.uid, numbers, simulated)
