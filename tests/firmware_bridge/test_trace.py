"""A trace holds every byte; what was recorded can be read and climbed again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_bridge.errors import PortError, ProtocolError
from firmware_bridge.framing import Framer
from firmware_bridge.keys import new_key
from firmware_bridge.messages import ClimbStatus
from firmware_bridge.protocol import Protocol
from firmware_bridge.robot import Robot
from firmware_bridge.simulator.faults import Unit
from firmware_bridge.trace import Direction, Trace, read_raw, read_tlog, read_trace
from firmware_bridge.types import ClimbState, Frame
from tests.firmware_bridge.full_disk import full_disk
from tests.firmware_bridge.motions import aloft, inject, run, wait_for
from tests.firmware_bridge.simulated import ROOT, simulator

STATIONS = ((1.0, 0.0), (1.5, 120.0), (2.0, 240.0))


def climb(robot: Robot) -> list[Frame]:
    """A small climb; what it photographed."""
    run(robot.arm())
    frames = []
    for height_m, azimuth_deg in STATIONS:
        run(robot.goto(height_m, azimuth_deg, 0.4))
        frames.append(run(robot.capture())[1])
    run(robot.descend())
    return frames


def heights_of(frames: list[Frame]) -> list[float]:
    """Where they were taken."""
    return [frame.pose.height_m for frame in frames]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    """A recorded climb: base name of the trace, heights. Its photographs lie beside it."""
    folder = tmp_path_factory.mktemp("trace")
    with (
        simulator("pty", "max") as simulated,
        Robot.open(simulated.robot, simulated.camera, trace=folder / "climb") as robot,
    ):
        frames = climb(robot)
    (folder / "frames").mkdir()
    for frame in frames:
        (folder / "frames" / f"{frame.seq:06}.jpg").write_bytes(frame.encoded)
    return folder / "climb", heights_of(frames)


def test_both_files_hold_both_sides(recorded: tuple[Path, list[float]]) -> None:
    base, heights_m = recorded
    for records in (list(read_raw(base.with_suffix(".raw"))), list(read_tlog(base.with_suffix(".tlog")))):
        assert {record.direction for record in records} == set(Direction)
        ear = Protocol(255, 190)
        said = [
            packet.message
            for record in records
            if record.direction == Direction.ROBOT
            for packet in ear.receive(record.data, record.time_us / 1e6)
        ]
        reached = max(one.height_m for one in said if isinstance(one, ClimbStatus))
        assert reached == pytest.approx(max(heights_m), abs=0.02)
        assert ear.framer.skipped_bytes == 0


def test_replay_decodes_a_trace(recorded: tuple[Path, list[float]]) -> None:
    base, _ = recorded
    done = subprocess.run(
        [sys.executable, "-m", "climber", "replay", str(base.with_suffix(".raw")), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"ClimbStatus", "CLIMB_STATUS"} & {line["message"] for line in lines}
    assert {line["from"] for line in lines} == {"robot", "host"}
    assert "0 bytes belonged to no good frame" in done.stderr


def test_a_recorded_robot_can_be_climbed_again(recorded: tuple[Path, list[float]]) -> None:
    base, heights_m = recorded
    player = subprocess.Popen(
        [sys.executable, "-m", "climber", "replay", str(base.with_suffix(".raw")), "--serve", "pty"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert player.stdout is not None
    try:
        url = json.loads(player.stdout.readline())["robot"]
        with Robot.open(url, str(base.parent / "frames")) as robot:
            assert heights_of(climb(robot)) == pytest.approx(heights_m, abs=0.02)
            assert robot.telemetry.state == ClimbState.DISARMED
    finally:
        player.terminate()
        player.wait()
        player.stdout.close()


def test_bytes_of_no_frame_are_kept_in_the_raw_trace(tmp_path: Path) -> None:
    with simulator("pty", "max") as simulated, Robot.open(simulated.robot, trace=tmp_path / "noisy") as robot:
        aloft(robot, 0.5)
        inject(robot, Unit.LINE_FLIP, 0.01)
        wait_for(robot, lambda _: robot.session.link.protocol.framer.skipped_bytes > 0)
        framer = robot.session.link.protocol.framer
    said = [record.data for record in read_raw(tmp_path / "noisy.raw") if record.direction == Direction.ROBOT]
    garbage = [data for data in said if not Framer().feed(data, 0.0)]
    assert sum(map(len, garbage)) == framer.skipped_bytes


def test_a_full_disk_ends_the_trace_and_neither_the_line_nor_a_stop_on_it(tmp_path: Path) -> None:
    key = tmp_path / "robot.key"
    new_key(key)
    with (
        simulator("pty", "max", str(key)) as simulated,
        Robot.open(simulated.robot, key=key, trace=tmp_path / "t") as robot,
    ):
        with full_disk():
            aloft(robot, 3.0)
            run(robot.hold(1.5))  # both sides want to write again by then
            robot.stop(reason="the disk is full")
            wait_for(robot, lambda now: now.state == ClimbState.STOPPED)
        trace = robot.session.link.protocol.trace
        assert trace is not None
        assert "File too large" in str(trace.failure)
    assert list(read_raw(tmp_path / "t.raw")), "what came before is kept"


def test_a_port_that_cannot_be_opened_leaves_no_trace(tmp_path: Path) -> None:
    with pytest.raises(PortError):
        Robot.open(str(tmp_path / "no-port"), trace=tmp_path / "climb")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_trace_is_said(tmp_path: Path) -> None:
    wrong = tmp_path / "notes.raw"
    wrong.write_bytes(b"these are no records at all, but words")
    with pytest.raises(ProtocolError, match="no record at byte 0"):
        list(read_trace(wrong))
    with pytest.raises(ProtocolError, match="no such trace"):
        list(read_trace(tmp_path / "none.raw"))
    (tmp_path / "notes.tlog").write_bytes(b"")
    with pytest.raises(FileExistsError):
        Trace(tmp_path / "notes")
