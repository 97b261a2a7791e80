"""Run motions and inject faults in tests."""

import time
from collections.abc import Callable, Generator
from typing import Any

from firmware_bridge.orders import Command
from firmware_bridge.robot import Robot
from firmware_bridge.simulator.faults import Unit
from firmware_bridge.types import ClimbState, Telemetry

INJECT, TAKE_AWAY = 1.0, 0.0


def run(motion: Generator[Telemetry, None, Any]) -> tuple[list[Telemetry], Any]:
    """Run a motion to its end: what it yielded, what it returned."""
    seen = []
    while True:
        try:
            seen.append(next(motion))
        except StopIteration as end:
            return seen, end.value


def inject(robot: Robot, unit: Unit, value: float = 1.0, kind: float = INJECT) -> None:
    """Order a fault and wait for the acknowledgement."""
    run(robot.session.order(Command.INJECT_FAILURE, float(unit), kind, 0.0, value))


def wait_for(robot: Robot, found: Callable[[Telemetry], bool], limit_s: float = 60.0) -> Telemetry:
    """Tick (heartbeat on) until the telemetry says so; AssertionError after the limit."""
    until_s = time.monotonic() + limit_s
    while time.monotonic() < until_s:
        telemetry = robot.session.tick()
        if found(telemetry):
            return telemetry
    raise AssertionError(f"not within {limit_s} s: {robot.telemetry}")


def listen(robot: Robot, found: Callable[[Telemetry], bool], limit_s: float = 60.0) -> Telemetry:
    """Listen without sending a heartbeat until the telemetry says so."""
    until_s = time.monotonic() + limit_s
    while time.monotonic() < until_s:
        robot.session.poll(0.02)
        telemetry = robot.telemetry
        if found(telemetry):
            return telemetry
    raise AssertionError(f"not within {limit_s} s: {robot.telemetry}")


def aloft(robot: Robot, height_m: float = 1.0) -> None:
    """Arm and go up."""
    run(robot.arm())
    run(robot.goto(height_m, 0.0, 0.5))
    assert robot.telemetry.state == ClimbState.HOLDING
