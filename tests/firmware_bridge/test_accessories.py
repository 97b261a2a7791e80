"""Camera mount, lights, lens, datum, clamps and message rates, over the line."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from firmware_bridge.camera_messages import (
    MountInformation,
    MountStatus,
    Storage,
    VideoStatus,
    VideoStream,
)
from firmware_bridge.errors import LinkLost, Refused
from firmware_bridge.messages import ArmChallenge, Attitude, ClampStatus, MessageInterval
from firmware_bridge.orders import Command
from firmware_bridge.robot import Robot
from tests.firmware_bridge.motions import aloft, run, wait_for
from tests.firmware_bridge.simulated import ROOT, simulator


def test_the_camera_tilts_and_the_frame_says_so() -> None:
    with simulator("pty", "max") as simulated, Robot.open(simulated.robot, simulated.camera) as robot:
        aloft(robot, 1.0)
        run(robot.mount.point(12.0))
        _, frame = run(robot.capture())
        assert frame.pose.tilt_deg == pytest.approx(12.0, abs=0.01)
        for wrong in ((45.0, 0.0), (0.0, 10.0)):
            with pytest.raises(Refused, match="outside"):
                run(robot.mount.point(*wrong))


def test_lights_and_lens() -> None:
    with simulator("pty", "max") as simulated, Robot.open(simulated.robot) as robot:
        run(robot.mount.light(60.0))
        with pytest.raises(Refused, match="outside"):
            run(robot.mount.light(101.0))
        run(robot.mount.focus(35.0))
        assert robot.mount.settings().focus_percent == 35.0
        with pytest.raises(Refused, match="camera"):
            run(robot.mount.zoom(50.0))
        assert robot.session.ask(VideoStream).url == simulated.camera
        assert robot.session.ask(MountInformation).most_tilt_deg == pytest.approx(30.0)
        for kind in (MountStatus, Storage, VideoStatus):
            robot.session.ask(kind)


def test_the_datum_is_set_on_the_ground_only() -> None:
    with simulator("pty", "max") as simulated, Robot.open(simulated.robot) as robot:
        run(robot.session.order(Command.SET_DATUM, 0.3, 90.0))
        moved = wait_for(robot, lambda now: now.height_m > 0.28)
        assert moved.azimuth_deg == pytest.approx(90.0, abs=1.0)
        with pytest.raises(Refused, match="outside"):
            run(robot.session.order(Command.SET_DATUM, 3.0, 0.0))
        aloft(robot, 1.0)
        with pytest.raises(Refused, match="ground"):
            run(robot.session.order(Command.SET_DATUM, 1.0, 0.0))


def test_clamps_open_on_the_ground_with_a_nonce_only() -> None:
    with simulator("pty", "max") as simulated, Robot.open(simulated.robot) as robot:
        with pytest.raises(Refused, match="challenge"):
            run(robot.session.order(Command.CLAMP_RELEASE, 1.0, 1.0))
        session = robot.session
        run(session.order(Command.ARM, 1.0))
        nonce = session.wait_for(lambda: None, lambda: next(iter(session.replies(ArmChallenge)), None), "it").nonce
        run(session.order(Command.CLAMP_RELEASE, float(nonce & 0xFFFF), float(nonce >> 16)))
        wait_for(robot, lambda _: any(one.engaged == 0 for one in session.replies(ClampStatus)))
        aloft(robot, 1.0)
        with pytest.raises(Refused, match="ground"):
            run(session.order(Command.CLAMP_RELEASE, 1.0, 1.0))


def test_message_rates_can_be_asked_for_but_not_those_that_safety_needs() -> None:
    with simulator("pty", "1") as simulated, Robot.open(simulated.robot) as robot:
        run(robot.session.order(Command.SET_INTERVAL, 30.0, -1.0))
        assert robot.session.replies(MessageInterval) == [MessageInterval(30, -1)]
        robot.session.replies(Attitude)
        run(robot.hold(0.5))
        assert robot.session.replies(Attitude) == []
        run(robot.session.order(Command.SET_INTERVAL, 30.0, 20_000.0))
        times_s: list[float] = []
        while len(times_s) < 15:
            robot.session.tick()
            times_s += [one.time_boot_s for one in robot.session.replies(Attitude)]
        assert median(b - a for a, b in pairwise(times_s)) < 0.05  # by the robot's clock; 0.1 before
        for refused in ((0.0, 1e6), (30.0, 19_000.0), (30.0, 2.0**31)):
            with pytest.raises(Refused, match="outside"):
                run(robot.session.order(Command.SET_INTERVAL, *refused))


def test_a_robot_takes_its_first_key_over_the_cable(tmp_path: Path) -> None:
    key = tmp_path / "robot.key"
    with simulator("pty", "max") as simulated:
        done = subprocess.run(
            [sys.executable, "-m", "climber", "key", str(key), "--give", simulated.robot],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "took it" in done.stdout, done.stderr
        with Robot.open(simulated.robot, key=key) as robot:
            aloft(robot, 0.5)
        with pytest.raises(LinkLost):
            Robot.open(simulated.robot)
