"""A crew at a real terminal: they answer the checklist, lead by keys, and stop. And a lid that closes."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from climber.recording import RECORD, Record, read_record
from firmware_bridge.orders import Command
from firmware_bridge.robot import Robot
from firmware_bridge.simulator.faults import Unit
from firmware_bridge.types import ClimbState
from tests.climber.programs import Simulator, simulator, wait_for_lines, wait_for_words

ANSWERS = b"y\ny\ny\ny\nlight wind, dry\nAB\n"


@pytest.fixture(scope="module")
def robot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with simulator(tmp_path_factory.mktemp("pole"), "--speed", "max") as running:
        yield running


class Terminal:
    """A climb whose standard input is a terminal."""

    def __init__(self, process: "subprocess.Popen[str]", keyboard: int, told: Path, folder: Path) -> None:
        self.process, self.keyboard, self.told, self.folder = process, keyboard, told, folder

    def press(self, keys: bytes) -> None:
        os.write(self.keyboard, keys)

    def ended(self) -> Record:
        self.process.wait(120)
        return read_record(self.folder)


@contextmanager
def at_the_terminal(robot: Simulator, folder: Path, *options: str, **environment: str) -> Iterator[Terminal]:
    """Start a climb, answer the checklist, and yield when keys are listened for."""
    keyboard, terminal = pty.openpty()
    told = folder / "told.txt"
    command = robot.climb("--out", str(folder / "climb"), *options)
    with told.open("w") as out:
        process = subprocess.Popen(
            command, stdin=terminal, stdout=out, stderr=out, text=True, env=os.environ | environment
        )
    os.close(terminal)
    try:
        os.write(keyboard, ANSWERS)
        wait_for_words(told, r"http://127\.0\.0\.1:\d+/", process)
        yield Terminal(process, keyboard, told, folder / "climb")
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)


def state_of(robot: Simulator) -> ClimbState:
    with Robot.open(robot.robot) as looked_at:
        return looked_at.telemetry.state


def test_a_key_stops_and_down_brings_the_robot_down(robot: Simulator, tmp_path: Path) -> None:
    with at_the_terminal(robot, tmp_path) as crew:
        wait_for_lines(crew.folder / RECORD, 3, crew.process)
        crew.press(b" ")
        record = crew.ended()
        assert crew.process.returncode == 3
    assert record.stop is not None
    assert record.stop.outcome == "stopped"
    assert "stopped by the operator (key)" in record.stop.reason
    assert state_of(robot) == ClimbState.STOPPED
    answered = {check.name: check for check in record.start.preflight}
    assert answered["weather entry"].detail == "light wind, dry"
    assert answered["signed"].detail == "AB"
    assert answered["clamps"].source == "crew"
    assert answered["stop"].source == "measured"
    assert f"highmast down --robot {robot.robot}" in crew.told.read_text()
    keyboard, terminal = pty.openpty()
    os.write(keyboard, b"y\n")
    down = [sys.executable, "-m", "climber", "down", "--robot", robot.robot]
    done = subprocess.run(down, stdin=terminal, capture_output=True, text=True, check=False)
    os.close(terminal)
    os.close(keyboard)
    assert done.returncode == 0, done.stderr
    assert "Nobody stands in the exclusion zone" in done.stdout
    assert "the robot stands on the ground, disarmed" in done.stderr
    assert state_of(robot) == ClimbState.DISARMED


def test_semi_in_chinese_comes_down_on_a_key(robot: Simulator, tmp_path: Path) -> None:
    with at_the_terminal(robot, tmp_path, "--mode", "semi", "--language", "zh-Hant") as crew:
        wait_for_words(crew.told, "下一站", crew.process)
        crew.press(b"n")
        wait_for_lines(crew.folder / RECORD, 3, crew.process)
        crew.press(b"d")
        record = crew.ended()
        assert crew.process.returncode == 3
    assert record.stop is not None
    assert record.stop.reason == "the operator asked to come down (key)"
    assert "正在下降：操作員要求下降（按鍵）" in crew.told.read_text()
    assert state_of(robot) == ClimbState.DISARMED


def test_a_closed_lid_leaves_the_robot_in_a_latched_hold(robot: Simulator, tmp_path: Path) -> None:
    with at_the_terminal(robot, tmp_path) as crew:
        wait_for_lines(crew.folder / RECORD, 2, crew.process)
        crew.process.send_signal(signal.SIGSTOP)  # what a suspended laptop does to every program
        with pytest.raises(subprocess.TimeoutExpired):
            crew.process.wait(timeout=6)  # longer than LINK_TIMEOUT: this silence is what is tested
        crew.process.send_signal(signal.SIGCONT)
        record = crew.ended()
        assert crew.process.returncode == 3
    assert record.stop is not None
    assert record.stop.outcome == "failed"
    assert "HEARTBEAT_LOST" in record.stop.reason or "link lost" in record.stop.reason
    assert state_of(robot) == ClimbState.STOPPED


def test_a_closed_terminal_stops_the_climb_in_order(robot: Simulator, tmp_path: Path) -> None:
    with at_the_terminal(robot, tmp_path) as crew:
        wait_for_lines(crew.folder / RECORD, 2, crew.process)
        crew.process.send_signal(signal.SIGHUP)
        record = crew.ended()
    assert record.stop is not None
    assert "SIGHUP" in record.stop.reason


def test_a_no_on_the_checklist_arms_nothing_and_a_pressed_stop_is_let_go_at_the_next_start(
    robot: Simulator, tmp_path: Path
) -> None:
    for folder in (tmp_path / "first", tmp_path / "second"):
        keyboard, terminal = pty.openpty()
        os.write(keyboard, b"y\nn\n")
        done = subprocess.run(
            robot.climb("--out", str(folder)), stdin=terminal, capture_output=True, text=True, check=False
        )
        os.close(terminal)
        os.close(keyboard)
        assert done.returncode == 2
        assert "not armed, because of clamps" in done.stderr
        assert not (folder / RECORD).exists()
        with Robot.open(robot.robot) as pressing:  # and the program that would have it released is gone
            press = (float(Unit.ESTOP), 1.0, 0.0, 1.0)
            for _ in pressing.session.order(Command.INJECT_FAILURE, *press):
                pass
            while pressing.session.tick().state != ClimbState.ESTOPPED:
                pass
