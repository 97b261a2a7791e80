"""Everything around one climb: open, plan, check, climb, grade, sign. Read it top to bottom."""

import shlex
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial, reduce
from pathlib import Path

from rich.console import Console

from climber import __version__
from climber.crew import Crew
from climber.errors import InputError, RobotError
from climber.forecast import forecast, require_energy
from climber.grader import Grader
from climber.ids import uuid7
from climber.keys import KEYS, TerminalKeys
from climber.laptop import Claim, claimed, remember
from climber.modes import Mode
from climber.operator.app import OperatorPage, app_of
from climber.operator.board import Board
from climber.operator.pole_picture import pole_picture
from climber.panel import Panels
from climber.plan import Path as PlanPath
from climber.plan import Station, plan_stations, remaining
from climber.pole import Pole, load_pole
from climber.preflight import Scripted
from climber.ready import AtTheTerminal, is_scripted, make_ready
from climber.record import CameraDescription, ClimbStart, PreflightCheck
from climber.recording import Record, Recorder, read_record, refuse_overwriting
from climber.results import write_results
from climber.run import Climb, Ended
from climber.safety import Limits
from climber.saying import ENGLISH, Saying, in_language
from climber.screen import Both, TerminalScreen, plain_console
from climber.seen import Seen
from climber.signing import laptop_key, sign
from climber.stopping import StopButton
from climber.time_left import TimeLeft
from climber.views import camera_of, view_at
from climber.watch import Watch
from firmware_bridge.errors import BridgeError
from firmware_bridge.ring import members
from firmware_bridge.robot import Robot
from vision.segmenter import Segmenter
from vision.surface import SurfaceMap
from vision.types import Camera


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
    mode: Mode = Mode.AUTO
    path: PlanPath = PlanPath.RINGS
    language: str = ENGLISH


def climb_pole(settings: Settings, console: Console | None = None) -> Ended:
    """Climb, leave the record with its grades in `settings.folder`, and say how it ended.

    Raises InputError before anything moves when a file or a check is wrong or something is in use by another climb,
    RobotError when the robot cannot be reached at all.
    """
    console = console or plain_console(stderr=True)
    pole = load_pole(settings.pole)
    with claimed(_claims(settings), f"the climb of {pole.description.code} into {settings.folder.absolute()}"):
        earlier = _earlier(settings, pole)
        segmenter = _model(settings.model)
        with StopButton() as button, _opened(settings) as robot:
            return _climb(settings, pole, earlier, segmenter, button, robot, console)


def _climb(
    settings: Settings,
    pole: Pole,
    earlier: Record | None,
    segmenter: Segmenter,
    button: StopButton,
    robot: Robot,
    console: Console,
) -> Ended:
    scripted = is_scripted(robot, settings.yes)
    camera = camera_of(robot.camera_info)
    _same_camera(earlier, camera)
    stations = _stations(settings, pole, camera, robot, earlier)
    before = earlier.observations if earlier else ()
    limits = Limits(reach_m=pole.description.height_m, link_age_s=robot.parameters["LINK_TIMEOUT"])
    expected = forecast(
        pole.shape, camera, robot.standoff_mm, stations, settings.speed_m_s, robot.parameters, robot.offsets_deg
    )
    if robot.chosen:
        console.print(f"{robot.url}: {robot.chosen}")
    who = Saying("{robot} on {pole}", robot=robot.identity, pole=pole.description.code)
    for line in (who, expected.line()):
        console.print(in_language(line, settings.language))
    answers = Scripted() if scripted else AtTheTerminal(settings.language)
    checks = make_ready(robot, pole, limits, settings.folder, expected.frames, segmenter.info, answers)
    require_energy(expected, robot.telemetry, limits)
    seen, surface = Seen(pole.shape, camera), SurfaceMap(pole.shape, settings.mm_per_px)
    crew, planned = Crew(present=not scripted), len(before) + expected.frames
    left = TimeLeft(expected.frames, expected.up_s)
    board = Board(pole.description.code, planned, settings.mode, left)
    grader = Grader(settings.folder, segmenter, surface, camera, board.show)
    panels = Panels(pole.description.code, planned, limits, settings.language, KEYS[settings.mode])
    with OperatorPage(app_of(board, button.press, crew, partial(pole_picture, surface)), settings.page_port) as page:
        with (
            _recorder(settings, pole, camera, robot, planned, checks, earlier) as recorder,
            TerminalScreen(panels, left, console, settings.language) as screen,
            TerminalKeys(button.press, crew),
        ):
            remember(settings.folder)
            screen.say(Saying("operator page: {url}   stop: space bar, page, or Ctrl-C", url=page.url))
            for observation in before:
                seen.add(view_at(observation, camera))
            grader.add_late(before)
            watch = Watch(robot, Both(screen, board), limits, crew, settings.mode, partial(getattr, button, "reason"))
            ended = Climb(watch, stations, recorder, grader, seen, settings.speed_m_s, settings.mode).run()
            board.ended = ended.reason
            screen.say(_where_time_went(watch, grader.waiting))
        sign(settings.folder, recorder.last_sha256, laptop_key())
        write_results(read_record(settings.folder), grader, segmenter.info, console, settings.language)
    _say_how_it_ended(ended, settings, console)
    return ended


def _where_time_went(watch: Watch, waiting: int) -> Saying:
    """Seconds by phase. Vision has a thread of its own; what it has left when the robot is down is graded then."""
    phases = reduce(
        lambda said, phase: Saying("{said}, {phase} {seconds:.0f} s", said=said, phase=phase[0], seconds=phase[1]),
        [(phase, seconds) for phase, seconds in watch.spent_s.items() if seconds >= 0.5],
        Saying("time"),
    )
    return Saying(
        "{phases}; waiting for vision {vision_s:.2f} s, {waiting} photographs left to grade",
        phases=phases,
        vision_s=watch.vision_s,
        waiting=waiting,
    )


def _claims(settings: Settings) -> tuple[Claim, ...]:
    """Robot, every camera, folder."""
    try:
        cameras = [member.url for member in members(settings.camera_url, settings.calibration)]
    except BridgeError as error:
        raise InputError(str(error)) from error
    names = (("robot", settings.robot_url), *(("camera", one) for one in cameras), ("folder", str(settings.folder)))
    return tuple(Claim(kind, name) for kind, name in names)


def _model(path: Path | None) -> Segmenter:
    try:
        return Segmenter.load_fastest(path)
    except ValueError as error:
        raise InputError(str(error)) from error


def _opened(settings: Settings) -> Robot:
    try:
        return Robot.open(
            settings.robot_url,
            settings.camera_url,
            key=settings.key,
            trace=settings.trace or _trace(settings.folder),
            calibration=settings.calibration,
        )
    except BridgeError as error:
        raise RobotError(str(error)) from error
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}; give a new name in a folder that exists") from None


def _trace(folder: Path) -> Path:
    """Where every byte of this run's link is kept, for whoever must find out later what happened."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"link-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"


def _earlier(settings: Settings, pole: Pole) -> Record | None:
    """The record to go on with, if that was asked for; a new climb needs a folder without one."""
    if not settings.resume:
        refuse_overwriting(settings.folder)
        return None
    record = read_record(settings.folder)
    if record.start.pole != pole.description:
        other = Saying(
            "{folder} is a climb of {code} as its pole file was then; {file} describes another pole ({other}). "
            "Give the pole file of that climb.",
            folder=settings.folder,
            code=record.start.pole.code,
            file=settings.pole,
            other=pole.description.code,
        )
        raise InputError(other)
    return record


def _same_camera(earlier: Record | None, camera: Camera) -> None:
    """One record, one lens: its photographs are laid on the pole with it."""
    if earlier is not None and Camera(**earlier.start.camera.model_dump()) != camera:
        other = Saying(
            "{folder} was photographed with another camera or calibration; resume with that one, or begin a new climb "
            "with --out",
            folder=earlier.folder,
        )
        raise InputError(other)


def _stations(
    settings: Settings, pole: Pole, camera: Camera, robot: Robot, earlier: Record | None
) -> tuple[Station, ...]:
    if settings.mode is Mode.HAND:
        return ()
    stations = plan_stations(pole.shape, camera, robot.standoff_mm, robot.offsets_deg, settings.path)
    if earlier is None:
        return stations
    taken = [(o.height_m, o.azimuth_deg) for o in earlier.observations]
    return remaining(stations, taken, robot.offsets_deg)


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
        said: tuple[Saying, ...] = (Saying("completed: {folder}", folder=settings.folder),)
    else:
        kept = Saying(
            "Everything photographed until then is in {folder}. Once the robot is safe, go on with\n  {again}\n"
            "or only bring it down, with\n  {down}",
            folder=settings.folder,
            again=_again(settings),
            down=_command("down", ("--robot", settings.robot_url), ("--key", settings.key)),
        )
        said = (Saying("{outcome}: {reason}", outcome=ended.outcome, reason=ended.reason), kept)
    for one in said:
        console.print(in_language(one, settings.language))


def _again(settings: Settings) -> str:
    """What to type to go on: with all that the climb must be told again."""
    return _command(
        "climb",
        ("--robot", settings.robot_url),
        ("--camera", settings.camera_url),
        ("--pole", settings.pole),
        ("--calibration", settings.calibration),
        ("--key", settings.key),
        ("--model", settings.model),
        ("--mode", None if settings.mode is Mode.AUTO else settings.mode.value),
        ("--path", None if settings.path is PlanPath.RINGS else settings.path.value),
        ("--resume", settings.folder),
    )


def _command(name: str, *options: tuple[str, object]) -> str:
    given = [str(one) for option in options if option[1] is not None for one in option]
    return shlex.join(["highmast", name, *given])
