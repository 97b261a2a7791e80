"""Trouble on every pole of a night: the robot ends on the ground or in a latched hold, and the record says why."""

import os
import subprocess
import time
from pathlib import Path

from climber.recording import RECORD, Record, read_record
from firmware_bridge.errors import LinkError
from firmware_bridge.robot import Robot
from firmware_bridge.types import ClimbState
from tests.climber.programs import Simulator, simulator

POLE = """
code = "{code}"
height_m = 2.0
base_diameter_mm = 220
top_diameter_mm = 180
seed = 5
"""


Fault = tuple[float, str, float]
"""Height at which it strikes (m), what, value: a height does not depend on how long the climb waited before."""


def climb_with(tmp_path: Path, code: str, *faults: Fault, lasts_s: float = 0) -> tuple[Record, str, int, ClimbState]:
    """Climb a pole while faults strike; returns record, what the crew saw, exit status and the robot's state then."""
    script = tmp_path / "faults.toml"
    lines = [f'[[fault]]\nat_m = {at_m}\nwhat = "{what}"\nvalue = {value}\n' for at_m, what, value in faults]
    script.write_text("".join(f"{line}lasts_s = {lasts_s}\n" if lasts_s else line for line in lines))
    with simulator(tmp_path, "--speed", "max", "--faults", str(script), pole=POLE.format(code=code)) as robot:
        command = robot.climb("--out", str(tmp_path / code))
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        keep_transcript(code, done.stderr, done.returncode)
        assert (tmp_path / code / RECORD).exists(), done.stderr
        return read_record(tmp_path / code), done.stderr, done.returncode, state_of(robot)


def keep_transcript(code: str, seen: str, status: int) -> None:
    """For people who want to read what a crew sees on such a day: HIGHMAST_TRANSCRIPTS=FOLDER."""
    if folder := os.environ.get("HIGHMAST_TRANSCRIPTS"):
        Path(folder, f"{code}.txt").write_text(f"{seen}exit status {status}\n")


def state_of(robot: Simulator) -> ClimbState:
    """What the robot is doing now; a line that is still disturbed is tried again."""
    give_up_s = time.monotonic() + 60
    while True:
        try:
            with Robot.open(robot.robot) as looked_at:
                return looked_at.telemetry.state
        except LinkError:
            if time.monotonic() > give_up_s:
                raise


def told_by_either(reason: str, by_laptop: str, by_robot: str, by_refusal: str) -> bool:
    """Laptop and robot watch the same limits; whoever sees it first names the reason, and both come down."""
    return any(words in reason for words in (by_laptop, by_robot, by_refusal))


def test_low_battery_comes_down(tmp_path: Path) -> None:
    record, seen, status, state = climb_with(tmp_path, "LOW", (1.0, "battery", 0.2))
    assert status == 3
    assert record.stop is not None
    assert record.stop.outcome == "stopped"
    assert told_by_either(record.stop.reason, "kJ to descend", "ENERGY_LOW", "needed for the descent")
    assert f"coming down: {record.stop.reason}" in seen
    assert state == ClimbState.DISARMED
    assert 0 < len(record.observations) < record.start.planned_frames


def test_gust_comes_down(tmp_path: Path) -> None:
    record, seen, status, state = climb_with(tmp_path, "GUST", (1.0, "wind", 19.0))
    assert status == 3
    assert record.stop is not None
    assert record.stop.outcome == "stopped"
    assert told_by_either(record.stop.reason, "m/s is above 12.5 m/s", "WIND_HIGH", "above LIM_GUST")
    assert f"coming down: {record.stop.reason}" in seen
    assert state == ClimbState.DISARMED


def test_stuck_camera_comes_down_with_gaps_told(tmp_path: Path) -> None:
    record, seen, status, state = climb_with(tmp_path, "STUCK", (1.0, "camera", 1))
    assert status == 3
    assert record.stop is not None
    assert "no good photograph at 2 stations in a row" in record.stop.reason
    assert "try 3" in seen
    assert "not graded:" in seen
    assert state == ClimbState.DISARMED


def test_camera_that_recovers_leaves_no_gap(tmp_path: Path) -> None:
    record, seen, status, _ = climb_with(tmp_path, "BRIEF", (1.0, "camera", 1), lasts_s=6)
    assert status == 0, seen
    assert "try 1" in seen
    assert record.stop is not None
    assert "not seen:" not in seen


def test_lost_link_holds(tmp_path: Path) -> None:
    record, seen, status, state = climb_with(tmp_path, "LINK", (1.0, "line_drop", 1.0), lasts_s=12)
    assert status == 3
    assert state == ClimbState.STOPPED
    assert record.stop is not None
    assert record.stop.outcome == "failed"
    assert "link lost" in record.stop.reason
    assert "stopped at" in seen


def test_slip_latches(tmp_path: Path) -> None:
    record, _, status, state = climb_with(tmp_path, "SLIP", (1.0, "grip", 0.05))
    assert status == 3
    assert record.stop is not None
    assert "SLIP" in record.stop.reason
    assert state == ClimbState.FAULT


def test_emergency_stop_latches(tmp_path: Path) -> None:
    record, _, status, state = climb_with(tmp_path, "ESTOP", (1.0, "estop", 1))
    assert status == 3
    assert record.stop is not None
    assert "ESTOP" in record.stop.reason
    assert state == ClimbState.ESTOPPED
