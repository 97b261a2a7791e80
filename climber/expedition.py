"""Everything around one climb: open, plan, check, climb, grade, sign. Read it top to bottom."""

import socket
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from climber import __version__, preflight
from climber.errors import InputError, RobotError
from climber.forecast import forecast, require_energy
from climber.grader import Grader
from climber.ids import uuid7
from climber.keys import TerminalKeys
from climber.operator.app import OperatorPage, app_of
from climber.operator.board import Board
from climber.operator.pole_picture import pole_picture
from climber.plan import Station, plan_stations, remaining
from climber.pole import Pole, load_pole
from climber.record import CameraDescription, ClimbStart, PreflightCheck
from climber.recording import Record, Recorder, read_record, refuse_overwriting
from climber.results import write_results
from climber.run import Climb, Ended
from climber.safety import Limits
from climber.screen import Both, TerminalScreen, plain_console
from climber.seen import Seen
from climber.signing import laptop_key, sign
from climber.stopping import StopButton
from climber.views import camera_of, view_at, view_in
from firmware_bridge.errors import BridgeError, CameraError
from firmware_bridge.robot import Robot
from firmware_bridge.types import Frame
from vision.segmenter import Segmenter
from vision.strip import pole_strip
from vision.surface import SurfaceMap
from vision.types import Camera

LISTEN_S = 5.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What the crew asked for."""

    robot_url: str
    camera_url: str
    pole: Path
    folder: Path
    resume: bool
    model: Path | None
    mm_per_px: float
    speed_m_s: float
    yes: bool
    page_port: int = 0
    calibration: Path | None = None
    key: Path | None = None
    trace: Path | None = None


def climb_pole(settings: Settings, console: Console | None = None) -> Ended:
    """Climb, leave the record with its grades in `settings.folder`, and say how it ended.

    Raises InputError before anything moves when a file or a check is wrong, RobotError when the robot cannot be
    reached at all.
    """
    console = console or plain_console(stderr=True)
    pole = load_pole(settings.pole)
    earlier = _earlier(settings, pole)
    segmenter = _model(settings.model)
    with StopButton() as button, _opened(settings) as robot:
        camera = camera_of(robot.camera_info)
        _same_camera(earlier, camera)
        stations = _stations(pole, camera, robot, earlier)
        planned = len(stations) * len(robot.eyes)
        limits = Limits(reach_m=pole.description.height_m)
        speed_m_s, offsets_deg = settings.speed_m_s, robot.offsets_deg
        expected = forecast(pole.shape, camera, robot.standoff_mm, stations, speed_m_s, robot.parameters, offsets_deg)
        if robot.chosen:
            console.print(f"{robot.url}: {robot.chosen}")
        console.print(f"{robot.identity} on {pole.description.code}\n{expected.line()}")
        checks = _preflight(robot, settings, limits, pole, planned)
        require_energy(expected, robot.telemetry, limits)
        seen = Seen(pole.shape, camera)
        surface = SurfaceMap(pole.shape, settings.mm_per_px)
        board = Board(pole.description.code, planned)
        grader = Grader(settings.folder, segmenter, surface, camera, board.show)
        with (
            _recorder(settings, pole, camera, robot, planned, checks, earlier) as recorder,
            OperatorPage(app_of(board, button.press, partial(pole_picture, surface)), settings.page_port) as page,
            TerminalScreen(planned, console) as screen,
            TerminalKeys(button.press),
        ):
            screen.say(f"operator page: {page.url}   stop: space bar, page, or Ctrl-C")
            for observation in earlier.observations if earlier else ():
                seen.add(view_at(observation, camera))
            grader.add_late(earlier.observations if earlier else ())
            reason = partial(getattr, button, "reason")
            both = Both(screen, board)
            climb = Climb(robot, stations, recorder, grader, seen, both, limits, settings.speed_m_s, reason)
            ended = climb.run()
            board.ended = ended.reason
    sign(settings.folder, recorder.last_sha256, laptop_key())
    write_results(read_record(settings.folder), grader, segmenter.info, console)
    _say_how_it_ended(ended, settings, console)
    return ended


def _model(path: Path | None) -> Segmenter:
    try:
        return Segmenter.load(path)
    except ValueError as error:
        raise InputError(str(error)) from error


def _opened(settings: Settings) -> Robot:
    try:
        return Robot.open(
            settings.robot_url,
            settings.camera_url,
            key=settings.key,
            trace=settings.trace,
            calibration=settings.calibration,
        )
    except BridgeError as error:
        raise RobotError(str(error)) from error
    except OSError as error:
        raise InputError(
            f"--trace {settings.trace}: {error.strerror}; give a new name in a folder that exists"
        ) from None


def _earlier(settings: Settings, pole: Pole) -> Record | None:
    """The record to go on with, if that was asked for; a new climb needs a folder without one."""
    if not settings.resume:
        refuse_overwriting(settings.folder)
        return None
    record = read_record(settings.folder)
    if record.start.pole != pole.description:
        raise InputError(
            f"{settings.folder} is a climb of {record.start.pole.code} as its pole file was then; "
            f"{settings.pole} describes another pole ({pole.description.code}). Give the pole file of that climb."
        )
    return record


def _same_camera(earlier: Record | None, camera: Camera) -> None:
    """One record, one lens: its photographs are laid on the pole with it."""
    if earlier is not None and Camera(**earlier.start.camera.model_dump()) != camera:
        raise InputError(
            f"{earlier.folder} was photographed with another camera or calibration; resume with that one, "
            "or begin a new climb with --out"
        )


def _stations(pole: Pole, camera: Camera, robot: Robot, earlier: Record | None) -> tuple[Station, ...]:
    stations = plan_stations(pole.shape, camera, robot.standoff_mm, robot.offsets_deg)
    if earlier is None:
        return stations
    taken = [(o.height_m, o.azimuth_deg) for o in earlier.observations]
    return remaining(stations, taken, robot.offsets_deg)


def _preflight(
    robot: Robot, settings: Settings, limits: Limits, pole: Pole, planned: int
) -> tuple[PreflightCheck, ...]:
    """Measure, then ask the crew; raises InputError when anything is not right."""
    if settings.yes and not robot.is_simulator:
        raise InputError("--yes is for simulators: this robot is real, so the crew answers the checklist themselves.")
    try:
        _hear_everything(robot)
        frames = _test_photographs(robot)
    except BridgeError as error:
        raise RobotError(f"before arming: {error}") from error
    now, camera = datetime.now(UTC), camera_of(robot.camera_info)
    poles = [frame.image[:, pole_strip(pole.shape, view_in(frame, camera))].copy() for frame in frames]
    checks = preflight.measured(robot.telemetry, limits, poles, settings.folder, planned, now)
    preflight.require(checks)
    scripted = robot.is_simulator and (settings.yes or not sys.stdin.isatty())
    answers = preflight.answered((lambda _: True) if scripted else click.confirm, "script" if scripted else "crew")
    preflight.require(answers)
    return checks + answers


def _hear_everything(robot: Robot) -> None:
    """Listen until the slow reports came in too (energy is told once a second), at most LISTEN_S."""
    for telemetry in robot.hold(LISTEN_S):
        if telemetry.energy_now_j is not None:
            return


def _test_photographs(robot: Robot) -> list[Frame]:
    """One of each camera; CameraError if one has none."""
    motion = robot.capture_ring(trial=True)
    while True:
        try:
            next(motion)
        except StopIteration as end:
            shots: tuple[Frame | CameraError, ...] = end.value
            break
    for shot in shots:
        if isinstance(shot, CameraError):
            raise shot
    return [shot for shot in shots if isinstance(shot, Frame)]


def _recorder(
    settings: Settings,
    pole: Pole,
    camera: Camera,
    robot: Robot,
    planned: int,
    checks: tuple[PreflightCheck, ...],
    earlier: Record | None,
) -> Recorder:
    now = datetime.now(UTC)
    who = f"{robot.identity} at {robot.url}"
    if earlier is not None:
        return Recorder.resume(earlier, who, now)
    start = ClimbStart(
        climb_id=uuid7(now),
        started_at=now,
        pole=pole.description,
        camera=CameraDescription(**asdict(camera)),
        robot=who[:200],
        simulated=robot.is_simulator,
        device=socket.gethostname()[:200],
        software=f"highmast {__version__}",
        planned_frames=planned,
        preflight=checks,
    )
    return Recorder.begin(settings.folder, start)


def _say_how_it_ended(ended: Ended, settings: Settings, console: Console) -> None:
    if ended.outcome == "completed":
        console.print(f"completed: {settings.folder}")
        return
    console.print(
        f"{ended.outcome}: {ended.reason}\n"
        f"Everything photographed until then is in {settings.folder}. Once the robot is safe, go on with\n"
        f"  highmast climb --robot {settings.robot_url} --camera {settings.camera_url} "
        f"--pole {settings.pole} --resume {settings.folder}",
    )
