"""Checks that drive the robot: goals, stops, lost heartbeat, descent, restart. It rises at most two metres."""

import time
from collections.abc import Callable

from firmware_bridge.conformance.judge import (
    NONE,
    SPEED_M_S,
    armed,
    check,
    do,
    from_here,
    measured,
    need,
    refused,
    set_parameter,
    silence,
    until,
)
from firmware_bridge.messages import CommandLong, ManualControl
from firmware_bridge.orders import Command
from firmware_bridge.protocol import CONTROLLER, ROBOT_SYSTEM, Protocol
from firmware_bridge.robot import IN_MOTION, Robot
from firmware_bridge.types import ClimbState, Fault, Telemetry

HOLD_LIMIT_S = 0.6
MOVING_ON_S = 3.0
JOG_LIMIT_S = 10.0


@check("a repeated goal is acknowledged and not done again; an older one is refused", moves=True)
def repeated(robot: Robot) -> str:
    """Go; come back; repeat the last; repeat the first."""
    session, goal = armed(robot)
    start_m, away_m = robot.telemetry.height_m, from_here(robot)
    do(robot.goto(away_m, 0.0, SPEED_M_S))
    do(robot.goto(max(start_m, 0.3), 0.0, SPEED_M_S))
    do(robot.session.order(Command.GOTO, away_m, 0.0, SPEED_M_S, session, goal + 1))
    do(robot.hold(0.5))
    need(abs(robot.telemetry.height_m - max(start_m, 0.3)) < 0.05, "the repeated goal was done again")
    return refused(robot, Command.GOTO, away_m, 0.0, SPEED_M_S, session, goal)


@check("a stop works in every state, and latches", moves=True)
def stopping(robot: Robot) -> str:
    """From HOLDING, MOVING, DESCENDING and JOGGING, both categories; DISARMED it stays so."""
    armed(robot)
    do(robot.descend())
    do(robot.session.order(Command.STOP, 1.0))
    need(robot.telemetry.state == ClimbState.DISARMED, f"{robot.telemetry.state.name} after a stop when disarmed")
    for category in (1.0, 2.0):
        for begin in (_hold, _rise, _descend, _jog):
            armed(robot)
            begin(robot)
            _stop(robot, category)
    return "from HOLDING, MOVING, DESCENDING and JOGGING; latched"


def _hold(robot: Robot) -> None:
    next(robot.hold(5.0))


def _rise(robot: Robot) -> None:
    next(robot.goto(from_here(robot), 0.0, SPEED_M_S))


def _descend(robot: Robot) -> None:
    next(robot.descend(SPEED_M_S))


def _jog(robot: Robot) -> None:
    robot.session.link.send(ManualControl(ROBOT_SYSTEM, 0.2, 0.0))
    until(robot, lambda now: now.state == ClimbState.JOGGING, "jogging")


def _stop(robot: Robot, category: float) -> None:
    do(robot.session.order(Command.STOP, category))
    telemetry = until(robot, lambda now: now.state not in IN_MOTION, "stopped")
    if telemetry.state == ClimbState.DISARMED:
        return  # it had reached the ground
    need(telemetry.state == ClimbState.STOPPED, f"{telemetry.state.name} after a stop")
    need(telemetry.stop_category == category, f"category {telemetry.stop_category}, not {category:g}")
    refused(robot, Command.GOTO, 1.0, 0.0, SPEED_M_S, float(telemetry.boot_id), float(telemetry.goal_id + 1))


@check("the top limit blocks the way up only", moves=True)
def limits(robot: Robot) -> str:
    """With the limit at 0.8 m: a goal above, a jog into it, a jog down again."""
    armed(robot)
    do(robot.descend())
    top_m, before_m = 0.8, robot.parameters["LIM_HEIGHT"]
    set_parameter(robot, "LIM_HEIGHT", top_m)
    try:
        session, goal = armed(robot)
        refused(robot, Command.GOTO, top_m + 0.1, 0.0, SPEED_M_S, session, goal)
        do(robot.goto(top_m - 0.1, 0.0, SPEED_M_S))
        reached = _jog_until(robot, 0.3, lambda now: now.state == ClimbState.STOPPED)
        need(Fault.TOP_LIMIT in reached.faults, f"stopped by {reached.faults!r}, not by the limit")
        need(reached.height_m < top_m + 0.15, f"stopped at {reached.height_m:.2f} m, the limit is {top_m} m")
        armed(robot)
        _jog_until(robot, -0.3, lambda now: now.height_m < top_m - 0.05)
    finally:
        set_parameter(robot, "LIM_HEIGHT", before_m)
    return f"stopped at {reached.height_m:.2f} m of {top_m} m, and let down again"


def _jog_until(robot: Robot, up: float, found: Callable[[Telemetry], bool]) -> Telemetry:
    end_s = time.monotonic() + JOG_LIMIT_S
    while not found(telemetry := robot.session.tick()):
        robot.session.link.send(ManualControl(ROBOT_SYSTEM, up, 0.0))
        need(time.monotonic() < end_s, f"a jog by {up:g} had no end in {JOG_LIMIT_S:g} s: {telemetry.height_m:.2f} m")
    return telemetry


@check("a stranger's stop is obeyed", moves=True)
def strangers_stop(robot: Robot) -> str:
    """Unsigned, from another system."""
    armed(robot)
    next(robot.goto(from_here(robot), 0.0, SPEED_M_S))
    stop = CommandLong(ROBOT_SYSTEM, CONTROLLER, Command.STOP, 0, 1.0, *NONE[:6])
    robot.session.link.send_bytes(Protocol(99, 1).encode(stop))
    until(robot, lambda now: now.state == ClimbState.STOPPED, "stopped")
    return "stopped"


@check("a lost heartbeat is a latched hold within 0.6 s", moves=True)
def heartbeat_loss(robot: Robot) -> str:
    """Fall silent in motion."""
    return measured(lambda: _fall_silent(robot))


def _fall_silent(robot: Robot) -> tuple[str, str, float]:
    armed(robot)
    motion = robot.goto(from_here(robot), 0.0, 0.05)
    for _ in range(10):
        next(motion)
    began_s = looked_s = robot.session.beat_s
    asleep_s = 0.0
    while robot.telemetry.state == ClimbState.MOVING:
        robot.session.poll(0.005)
        before_s, looked_s = looked_s, time.monotonic()
        asleep_s = max(asleep_s, looked_s - before_s, looked_s - robot.session.fold.heard_s)
        need(looked_s - began_s < MOVING_ON_S, f"still moving after {MOVING_ON_S:g} s of silence")
    held_s = time.monotonic() - began_s
    telemetry = robot.telemetry
    need(telemetry.state == ClimbState.STOPPED and telemetry.stop_category == 2, f"{telemetry.state.name}")
    silence(robot, 0.5)
    for _ in range(20):
        need(robot.session.tick().state == ClimbState.STOPPED, "it went on when the heartbeat came back")
    words = f"held after {held_s:.2f} s"
    return f"{words}, latched", words if held_s > HOLD_LIMIT_S else "", asleep_s


@check("descent ends on the ground, disarmed", moves=True)
def descent(robot: Robot) -> str:
    """Come down."""
    armed(robot)
    do(robot.descend())
    return f"at {robot.telemetry.height_m:.2f} m"


@check("a restart aloft is refused; on the ground it is a new session", moves=True)
def restart(robot: Robot) -> str:
    """Reboot by command 246."""
    armed(robot)
    if from_here(robot) > robot.telemetry.height_m:
        do(robot.goto(from_here(robot), 0.0, SPEED_M_S))
    refused(robot, Command.REBOOT, 1.0)
    do(robot.descend())
    before = robot.telemetry.boot_id
    robot.session.send_order(Command.REBOOT, 1.0)
    end_s = time.monotonic() + 10.0
    while robot.telemetry.boot_id == before:
        robot.session.poll(0.05)
        need(time.monotonic() < end_s, "no new boot id within 10 s")
    need(robot.telemetry.state == ClimbState.DISARMED, f"{robot.telemetry.state.name} after the restart")
    return f"boot id {before} -> {robot.telemetry.boot_id}, disarmed"
