"""The emergency stop, tested before arming: pressed, seen in the robot's own words, released and reset."""

from collections.abc import Callable
from contextlib import suppress

from climber.errors import InputError, RobotError
from climber.record import PreflightCheck
from climber.safety import GROUND_M
from climber.saying import Saying
from firmware_bridge.errors import BridgeError, Refused, RobotFault
from firmware_bridge.orders import Command
from firmware_bridge.robot import Robot
from firmware_bridge.simulator.faults import Unit
from firmware_bridge.types import ClimbState

WAIT_S = 120.0
"""For a person to reach the button."""
ASK_RESET_S = 0.5


def check_stop(robot: Robot, say: Callable[[str], None]) -> PreflightCheck:
    """Have the button pressed and see the robot latch; a simulated button is pressed by command.

    A robot that hangs on the pole was tested before it went up. Raises InputError when nothing is seen in WAIT_S,
    RobotError when the link fails.
    """
    if robot.telemetry.height_m > GROUND_M:
        return _check("the robot is on the pole: tested before it went up")
    try:
        _button(robot, say, True)
        unheard = Saying("the robot did not report its emergency stop")
        _wait(robot, lambda: robot.telemetry.state == ClimbState.ESTOPPED, unheard)
    except BridgeError as error:
        raise RobotError(Saying("before arming: {error}", error=str(error))) from error
    _released(robot, say)
    return _check("pressed, latched by the robot, released and reset")


def free_stop(robot: Robot, say: Callable[[str], None]) -> None:
    """Have an emergency stop released that is still pressed, or was never reset, since whoever tested or used it went
    away. Raises like `check_stop`."""
    if robot.telemetry.state == ClimbState.ESTOPPED:
        _released(robot, say)


def _released(robot: Robot, say: Callable[[str], None]) -> None:
    try:
        _button(robot, say, False)
        _wait(robot, lambda: _reset(robot), Saying("the emergency stop was not released"))
    except BridgeError as error:
        raise RobotError(Saying("before arming: {error}", error=str(error))) from error


def _check(detail: str) -> PreflightCheck:
    return PreflightCheck(name="stop", source="measured", passed=True, detail=detail)


def _button(robot: Robot, say: Callable[[str], None], pressed: bool) -> None:
    if robot.is_simulator:
        for _ in robot.session.order(Command.INJECT_FAILURE, float(Unit.ESTOP), float(pressed), 0.0, float(pressed)):
            pass
    else:
        say(Saying("press the emergency stop now") if pressed else Saying("release the emergency stop"))


def _reset(robot: Robot) -> bool:
    """Ask for the reset; the robot refuses it while the button is pressed."""
    with suppress(Refused):
        for _ in robot.session.order(Command.ESTOP_RESET):
            pass
    return robot.telemetry.state != ClimbState.ESTOPPED


def _wait(robot: Robot, done: Callable[[], bool], trouble: str) -> None:
    rounds = int(WAIT_S / ASK_RESET_S)
    for _ in range(rounds):
        if done():
            return
        with suppress(RobotFault):  # the state changes: that is what is waited for
            for _ in robot.hold(ASK_RESET_S):
                pass
    late = Saying(
        "not armed: {trouble} within {wait_s:.0f} s. Check its wiring before anything climbs.",
        trouble=trouble,
        wait_s=WAIT_S,
    )
    raise InputError(late)
