"""Bringing a robot down that hangs on a pole: no plan, no camera, no record. What a climb refuses may still do this."""

from pathlib import Path

from rich.console import Console

from climber.crew import Crew
from climber.errors import RobotError
from climber.keys import ONLY_STOP, TerminalKeys
from climber.laptop import Claim, claimed
from climber.mission import Event
from climber.modes import Mode
from climber.panel import Panels
from climber.preflight import Scripted, answered_for_descent, latched_faults, require
from climber.ready import AtTheTerminal, is_scripted
from climber.safety import Limits
from climber.saying import Saying
from climber.screen import TerminalScreen, plain_console
from climber.stop_check import free_stop
from climber.stopping import StopButton
from climber.time_left import TimeLeft
from climber.watch import Interrupt, Watch
from firmware_bridge.errors import BridgeError
from firmware_bridge.robot import Robot


def bring_down(robot_url: str, key: Path | None, language: str, yes: bool, console: Console | None = None) -> None:
    """Arm and descend to the ground; a stop holds the robot where it is.

    Raises InputError when the crew says no or the robot is in use, RobotError when it is stopped, refuses or is lost.
    """
    console = console or plain_console(stderr=True)
    with claimed((Claim("robot", robot_url),), "a descent"), StopButton() as button:
        try:
            with Robot.open(robot_url, key=key) as robot:
                _ask(robot, language, yes)
                _descend(robot, button, console, language)
        except BridgeError as error:
            raise RobotError(str(error)) from error


def _ask(robot: Robot, language: str, yes: bool) -> None:
    answers = Scripted() if is_scripted(robot, yes) else AtTheTerminal(language)
    free_stop(robot, answers.say)
    require(answered_for_descent(answers, latched_faults(robot.telemetry)))


def _descend(robot: Robot, button: StopButton, console: Console, language: str) -> None:
    crew, limits, left = Crew(), Limits(link_age_s=robot.parameters["LINK_TIMEOUT"]), TimeLeft(0, 0.0)
    panels = Panels(robot.identity, 0, limits, language, ONLY_STOP)
    with TerminalScreen(panels, left, console, language) as screen, TerminalKeys(button.press, crew):
        watch = Watch(robot, screen, limits, crew, Mode.AUTO, lambda: button.reason)
        screen.say(Saying("coming down from {height_m:.2f} m", height_m=robot.telemetry.height_m))
        try:
            watch.happened(Event.CHECK)
            watch.follow(robot.arm())
            watch.happened(Event.ARM)
            watch.happened(Event.DESCEND)
            watch.follow(robot.descend())
        except Interrupt as stop:
            robot.stop(category=2, reason=stop.verdict.reason)
            why, height_m = stop.verdict.reason, robot.telemetry.height_m
            said = Saying("stopped at {height_m:.2f} m: {reason}", height_m=height_m, reason=why)
            raise RobotError(said) from None
        screen.say(Saying("the robot stands on the ground, disarmed"))
