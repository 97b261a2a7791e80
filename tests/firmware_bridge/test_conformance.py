"""The simulator conforms; a robot that does not is found out."""

import subprocess
import sys
from pathlib import Path

import pytest

from firmware_bridge.conformance import CHECKS, Failed, conform
from firmware_bridge.keys import new_key
from firmware_bridge.robot import Robot
from tests.firmware_bridge.simulated import ROOT, simulator

WATCHFUL = "LINK_TIMEOUT=0.5"


@pytest.mark.slow
def test_the_simulator_conforms(tmp_path: Path) -> None:
    key = tmp_path / "robot.key"
    new_key(key)
    with simulator("tcp://127.0.0.1:0", "1", str(key), WATCHFUL) as simulated:
        done = subprocess.run(
            [sys.executable, "-m", "climber", "conformance", simulated.robot, "--may-move", "--key", str(key)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert "FAIL" not in done.stdout, done.stdout
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(CHECKS)} passed, 0 failed, 0 not run" in done.stdout


def test_without_leave_nothing_moves() -> None:
    with simulator("pty", "max", WATCHFUL) as simulated, Robot.open(simulated.robot) as robot:
        height_m = robot.telemetry.height_m
        findings = list(conform(robot, may_move=False))
        assert robot.telemetry.height_m == pytest.approx(height_m, abs=0.02)
    assert [one.name for one in findings if one.passed is False] == []
    assert {one.name for one in findings if one.passed is None} == {one.name for one in CHECKS if one.moves}


def test_a_robot_that_holds_too_late_is_found() -> None:
    (check,) = (one for one in CHECKS if "heartbeat is a latched" in one.name)
    with (
        simulator("pty", "1", "LINK_TIMEOUT=1.0") as simulated,
        Robot.open(simulated.robot) as robot,
        pytest.raises(Failed, match="held after"),
    ):
        check.run(robot)
