"""Before arming: what is measured, the emergency stop tested, what the crew answers. Nothing moves here."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import click

from climber import preflight
from climber.errors import InputError, RobotError
from climber.pole import Pole
from climber.record import PreflightCheck
from climber.safety import Limits
from climber.saying import Saying, in_language
from climber.shots import TRIES
from climber.stop_check import check_stop, free_stop
from climber.views import camera_of, view_in
from firmware_bridge.errors import BridgeError, CameraError
from firmware_bridge.robot import Robot
from firmware_bridge.types import Frame
from vision.strip import pole_strip
from vision.types import ModelInfo

LISTEN_S = 5.0


@dataclass(frozen=True, slots=True)
class AtTheTerminal:
    """The crew answers here, in their language."""

    language: str
    source: Literal["crew", "script"] = "crew"

    def say(self, words: str) -> None:
        """Tell the crew what to do."""
        click.echo(in_language(words, self.language))

    def confirm(self, statement: str) -> bool:
        """Ask; Ctrl-C and no are the same."""
        return click.confirm(in_language(statement, self.language))

    def enter(self, question: str) -> str:
        """Ask for a few words."""
        return str(click.prompt(in_language(question, self.language)))


def is_scripted(robot: Robot, yes: bool) -> bool:
    """Whether nobody answers: --yes, or no terminal. InputError where a real robot would have nobody's answers."""
    if yes and not robot.is_simulator:
        raise InputError(Saying("--yes is for simulators: this robot is real, so the crew answers the checklist."))
    return robot.is_simulator and (yes or not sys.stdin.isatty())


def make_ready(
    robot: Robot, pole: Pole, limits: Limits, folder: Path, planned: int, model: ModelInfo, answers: preflight.Answers
) -> tuple[PreflightCheck, ...]:
    """Measure, test the emergency stop, then ask the crew; raises InputError when anything is not right."""
    free_stop(robot, answers.say)
    try:
        _hear_everything(robot)
        frames = _test_photographs(robot)
    except BridgeError as error:
        raise RobotError(Saying("before arming: {error}", error=str(error))) from error
    now, camera = datetime.now(UTC), camera_of(robot.camera_info)
    poles = [frame.image[:, pole_strip(pole.shape, view_in(frame, camera))].copy() for frame in frames]
    name = f"{model.name} ({model.sha256[:12]})"
    latched = preflight.latched_faults(robot.telemetry)
    checks = preflight.measured(robot.telemetry, limits, poles, folder, planned, now, name)
    preflight.require(checks)
    stop = check_stop(robot, answers.say)
    given = preflight.answered(answers, latched)
    preflight.require(given)
    return (*checks, stop, *given)


def _hear_everything(robot: Robot) -> None:
    """Listen until the slow reports came in too (energy is told once a second), at most LISTEN_S."""
    for telemetry in robot.hold(LISTEN_S):
        if telemetry.energy_now_j is not None:
            return


def _test_photographs(robot: Robot) -> list[Frame]:
    """One of each camera, tried as often as at a station; CameraError if one has none."""
    for attempt in range(1, TRIES + 1):
        shots = _shots(robot)
        missing = [shot for shot in shots if isinstance(shot, CameraError)]
        if not missing:
            break
        if attempt == TRIES:
            raise missing[0]
    return [shot for shot in shots if isinstance(shot, Frame)]


def _shots(robot: Robot) -> tuple[Frame | CameraError, ...]:
    motion = robot.capture_ring(trial=True)
    while True:
        try:
            next(motion)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
