"""Checks of arming and of what a goal must be. None moves the robot."""

import time

from firmware_bridge.conformance.judge import (
    SETTLE_S,
    SPEED_M_S,
    Failed,
    armed,
    check,
    do,
    need,
    refused,
    silence,
    until,
)
from firmware_bridge.dialect import highmast as dialect
from firmware_bridge.messages import ArmChallenge
from firmware_bridge.orders import FORCE_ARM, Command
from firmware_bridge.protocol import CONTROLLER, HOST_COMPONENT, HOST_SYSTEM, ROBOT_SYSTEM
from firmware_bridge.robot import Robot
from firmware_bridge.types import ClimbState, Fault


@check("disarmed, goals are refused")
def disarmed(robot: Robot) -> str:
    """Disarm, then ask to go."""
    do(robot.session.order(Command.ARM, 0.0))
    telemetry = until(robot, lambda now: now.state == ClimbState.DISARMED, "disarmed")
    goal = (telemetry.height_m + 0.1, 0.0, SPEED_M_S, float(telemetry.boot_id), float(telemetry.goal_id + 1))
    return refused(robot, Command.GOTO, *goal)


@check("arming takes a challenge and the right answer")
def arming(robot: Robot) -> str:
    """Forced arming, a wrong nonce, a used nonce; then the right one."""
    refused(robot, Command.ARM, 1.0, float(FORCE_ARM))
    nonce = _challenge(robot)
    refused(robot, Command.ARM_CONFIRM, float(nonce & 0xFFFF), float((nonce >> 16) ^ 1))
    refused(robot, Command.ARM_CONFIRM, float(nonce & 0xFFFF), float(nonce >> 16))
    need(robot.telemetry.state == ClimbState.DISARMED, f"{robot.telemetry.state.name} after wrong answers")
    need(_challenge(robot) != nonce, "the nonce repeats")
    do(robot.arm())
    return "forced, wrong and used answers refused; right answer armed"


def _challenge(robot: Robot) -> int:
    session = robot.session
    session.replies(ArmChallenge)
    do(session.order(Command.ARM, 1.0))
    got = session.wait_for(lambda: None, lambda: next(iter(session.replies(ArmChallenge)), None), "challenge")
    return got.nonce


@check("arming without a heartbeat is refused")
def arming_silent(robot: Robot) -> str:
    """Fall silent, ask to arm without a heartbeat."""
    do(robot.session.order(Command.ARM, 0.0))
    session = robot.session
    silence(robot, 1.0)
    session.replies(ArmChallenge)
    session.send_order(Command.ARM, 1.0)
    end_s = time.monotonic() + SETTLE_S
    while time.monotonic() < end_s:
        session.poll(0.05)
        for challenge in session.replies(ArmChallenge):
            need(Fault.HEARTBEAT_LOST in challenge.failed, "a challenge was given to a silent host")
            return "challenge says HEARTBEAT_LOST"
    raise Failed("no challenge at all")


@check("goals that are no numbers or outside the limits are refused")
def wild_goals(robot: Robot) -> str:
    """Every parameter in turn: NaN, infinite, beyond."""
    session, goal = armed(robot)
    good = [robot.telemetry.height_m, 0.0, SPEED_M_S, session, goal]
    tried = 0
    for place in range(5):
        for value in (None, 1e9, -1e9):
            bad: list[float | None] = [*good]
            bad[place] = value
            refused(robot, Command.GOTO, *bad)
            tried += 1
        robot.session.link.send_bytes(_infinite_goal(good, place))
    do(robot.hold(0.3))
    need(robot.telemetry.state == ClimbState.HOLDING, "an infinite goal was obeyed")
    return f"{tried} refused, infinities ignored"


def _infinite_goal(good: list[float], place: int) -> bytes:
    values = [*good, 0.0, 0.0]
    values[place] = float("inf")
    raw = dialect.MAVLink(None, HOST_SYSTEM, HOST_COMPONENT)
    order = dialect.MAVLink_command_long_message(ROBOT_SYSTEM, CONTROLLER, Command.GOTO, 0, *values)
    return bytes(order.pack(raw))


@check("goals of another session are refused")
def old_session(robot: Robot) -> str:
    """As if recorded before a restart."""
    session, goal = armed(robot)
    return refused(robot, Command.GOTO, robot.telemetry.height_m, 0.0, SPEED_M_S, (session + 1) % 65536, goal)
