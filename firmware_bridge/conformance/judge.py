"""What a check of a firmware is, how it is run, and what checks have in common."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from firmware_bridge.errors import BridgeError, Refused
from firmware_bridge.messages import ParameterSet, ParameterValue
from firmware_bridge.protocol import CONTROLLER, ROBOT_SYSTEM
from firmware_bridge.robot import Robot
from firmware_bridge.types import ClimbState, Telemetry

ASLEEP_S, MEASUREMENTS = 0.05, 4
"""A host that did not look, or heard nothing, for this long cannot have measured; it measures again."""
SETTLE_S = 2.0
SPEED_M_S = 0.2
RISE_M = 0.5
NONE = [0.0] * 7


class Failed(Exception):
    """What the firmware did instead."""


@dataclass(frozen=True, slots=True)
class Check:
    """One requirement."""

    name: str
    moves: bool
    run: Callable[[Robot], str]


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one check."""

    name: str
    passed: bool | None
    """None = not run."""
    words: str


CHECKS: list[Check] = []


def check(name: str, moves: bool = False) -> Callable[[Callable[[Robot], str]], Callable[[Robot], str]]:
    """Register a check; `moves` marks those that drive the robot."""

    def register(run: Callable[[Robot], str]) -> Callable[[Robot], str]:
        CHECKS.append(Check(name, moves, run))
        return run

    return register


def conform(robot: Robot, may_move: bool) -> Generator[Finding, None, None]:
    """Run every check in order; those that move only if that is allowed."""
    for one in CHECKS:
        if one.moves and not may_move:
            yield Finding(one.name, None, "not run: it moves the robot")
            continue
        try:
            yield Finding(one.name, True, one.run(robot))
        except (Failed, BridgeError) as error:
            yield Finding(one.name, False, f"{error}")


def do(motion: Generator[Telemetry, None, Any]) -> Any:
    """Run a motion to its end."""
    while True:
        try:
            next(motion)
        except StopIteration as end:
            return end.value


def refused(robot: Robot, command: int, *parameters: float | None) -> str:
    """The words of the refusal; Failed if it was accepted."""
    try:
        do(robot.session.order(command, *parameters))
    except Refused as refusal:
        return str(refusal)
    raise Failed(f"command {command} with {parameters} was accepted")


def until(robot: Robot, found: Callable[[Telemetry], bool], what: str, limit_s: float = SETTLE_S) -> Telemetry:
    """Tick until the telemetry says so; Failed after the limit."""
    end_s = time.monotonic() + limit_s
    while time.monotonic() < end_s:
        if found(telemetry := robot.session.tick()):
            return telemetry
    raise Failed(f"not {what} within {limit_s:g} s: {robot.telemetry.state.name}")


def need(fact: bool, words: str) -> None:
    """Fail with these words unless it is so."""
    if not fact:
        raise Failed(words)


def armed(robot: Robot) -> tuple[float, float]:
    """Arm; return session and next goal number."""
    do(robot.arm())
    telemetry = until(robot, lambda now: now.state == ClimbState.HOLDING, "armed")
    return float(telemetry.boot_id), float(telemetry.goal_id + 1)


def from_here(robot: Robot) -> float:
    """A goal a little above, or below when high."""
    height_m = robot.telemetry.height_m
    top_m = robot.parameters.get("LIM_HEIGHT", 2.0)
    return height_m + RISE_M if height_m + RISE_M < min(top_m, 1.6) else height_m - RISE_M


def measured(measure: Callable[[], tuple[str, str, float]]) -> str:
    """The words of a measurement: (words, complaint or "", longest time without a look or a word, s)."""
    for left in reversed(range(MEASUREMENTS)):
        words, complaint, asleep_s = measure()
        if complaint and (asleep_s <= ASLEEP_S or not left):
            raise Failed(complaint)
        if not complaint:
            break
    return words


def silence(robot: Robot, seconds: float) -> None:
    """Listen without a heartbeat."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        robot.session.poll(0.02)


def set_parameter(robot: Robot, name: str, value: float) -> float:
    """What the robot says that holds after a set."""
    session = robot.session
    session.replies(ParameterValue)
    got = session.wait_for(
        lambda: session.link.send(ParameterSet(ROBOT_SYSTEM, CONTROLLER, name, value, 9)),
        lambda: next((one for one in session.replies(ParameterValue) if one.name == name), None),
        f"answer to {name}",
    )
    return got.value
