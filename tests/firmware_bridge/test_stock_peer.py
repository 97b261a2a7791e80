"""pymavlink's mavutil, in a process of its own, understands the robot and reads our tlog."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.robot import Robot
from tests.firmware_bridge.motions import aloft
from tests.firmware_bridge.simulated import simulator

PEER = Path(__file__).with_name("stock_peer.py")


def peer(what: str, where: str) -> Any:
    """Run the stock peer; its findings."""
    done = subprocess.run(
        [sys.executable, str(PEER), what, where], capture_output=True, text=True, timeout=120, check=True
    )
    return json.loads(done.stdout)


def test_a_stock_ground_station_sees_the_robot() -> None:
    with simulator("tcp://127.0.0.1:0", "1") as simulated:
        found = peer("live", simulated.robot.removeprefix("tcp://"))
    seen = found["seen"]
    assert seen["HEARTBEAT"]["system"] == 1
    assert seen["BATTERY_STATUS"]["battery_remaining"] == 100
    assert 40_000 < seen["BATTERY_STATUS"]["voltages"][0] < 52_000
    assert seen["LOCAL_POSITION_NED"]["z"] == pytest.approx(-0.25, abs=0.05)
    assert abs(seen["ATTITUDE"]["roll"]) < 0.1
    assert seen["CAMERA_INFORMATION"]["resolution_h"] == 1280
    assert seen["COMMAND_ACK"]["result"] == 0
    assert found["parameters"]["CAM_STANDOFF"] == 600


def test_stock_tools_read_our_tlog(tmp_path: Path) -> None:
    with simulator("pty", "1") as simulated, Robot.open(simulated.robot, trace=tmp_path / "climb") as robot:
        aloft(robot, 0.4)
    counts = peer("tlog", str(tmp_path / "climb.tlog"))
    assert counts["HEARTBEAT"] > 10
    assert counts["COMMAND_LONG"] >= 3
    assert counts["ATTITUDE"] > 5
    assert counts.get("BAD_DATA", 0) == 0
