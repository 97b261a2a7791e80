"""The robot's interface against a real simulator process behind a real pty or TCP."""

import signal

import pytest

from firmware_bridge.errors import CameraError, LinkLost, PortError, Refused
from firmware_bridge.robot import Robot
from firmware_bridge.types import ClimbState, Frame
from tests.firmware_bridge.motions import run
from tests.firmware_bridge.simulated import simulator


@pytest.mark.parametrize("serial", ["pty", "tcp://127.0.0.1:0"])
def test_a_climb_photographs_where_it_stands_and_comes_down(serial: str) -> None:
    with simulator(serial) as simulated, Robot.open(simulated.robot, simulated.camera) as robot:
        assert robot.is_simulator
        assert robot.standoff_mm == 600
        assert (robot.camera_info.width_px, robot.camera_info.height_px) == (1280, 960)
        run(robot.arm())
        for height_m, azimuth_deg in ((1.0, 0.0), (2.5, 120.0), (2.0, 240.0)):
            seen, _ = run(robot.goto(height_m, azimuth_deg, 0.4))
            assert seen[-1].state == ClimbState.HOLDING
            _, frame = run(robot.capture())
            assert isinstance(frame, Frame)
            red, green, _ = frame.image[480, 640].astype(float)
            assert frame.pose.height_m == pytest.approx(height_m, abs=0.02)
            assert green / 10 == pytest.approx(height_m, abs=0.3)  # where it truly stood
            assert abs((red * 2 - azimuth_deg + 180) % 360 - 180) < 8
            assert frame.encoded.startswith(b"\xff\xd8")
        run(robot.descend())
        assert robot.telemetry.state == ClimbState.DISARMED
        assert robot.telemetry.height_m < 0.4


def test_motion_yields_telemetry_at_every_tick() -> None:
    with simulator(speed="1") as simulated, Robot.open(simulated.robot) as robot:
        run(robot.arm())
        heights_m = [telemetry.height_m for telemetry in robot.goto(0.6, 10.0, 0.3)]
        assert sum(0.3 < height_m < 0.57 for height_m in heights_m) > 3, "told on the way, not only at its end"
        assert heights_m[-1] == pytest.approx(0.6, abs=0.02)


def test_goals_outside_the_limits_are_refused_and_said_why() -> None:
    with simulator() as simulated, Robot.open(simulated.robot) as robot:
        with pytest.raises(Refused, match="not armed"):
            run(robot.goto(1.0, 0.0, 0.2))
        run(robot.arm())
        for goal in ((16.0, 0.0, 0.2), (1.0, 360.0, 0.2), (1.0, 0.0, 3.0), (0.1, 0.0, 0.2)):
            with pytest.raises(Refused, match="outside the robot's limits"):
                run(robot.goto(*goal))
        assert robot.telemetry.state == ClimbState.HOLDING


def test_killing_the_robot_in_motion_is_a_lost_link_and_not_a_hang() -> None:
    with simulator(speed="1") as simulated, Robot.open(simulated.robot, simulated.camera) as robot:
        run(robot.arm())
        motion = robot.goto(5.0, 0.0, 0.3)
        for _ in range(10):
            next(motion)
        simulated.process.kill()
        with pytest.raises(LinkLost):
            run(motion)
        robot.stop(reason="test")  # never raises on a dead link


def test_a_frozen_robot_is_a_lost_link_and_not_a_hang() -> None:
    with simulator(speed="1") as simulated, Robot.open(simulated.robot) as robot:
        run(robot.arm())
        motion = robot.goto(5.0, 0.0, 0.3)
        while robot.telemetry.climb_rate_m_s <= 0:  # an order that is not yet acknowledged has an error of its own
            next(motion)
        simulated.process.send_signal(signal.SIGSTOP)
        with pytest.raises(LinkLost, match="nothing valid for"):
            run(motion)


def test_a_camera_that_dies_is_an_error_and_the_robot_stays_under_control() -> None:
    with simulator() as simulated, Robot.open(simulated.robot, simulated.camera + "/preview") as robot:
        run(robot.arm())
        with pytest.raises(CameraError, match="did not come within"):
            run(robot.capture())  # a preview never carries the still that was triggered
        run(robot.goto(1.0, 0.0, 0.3))


def test_stop_latches_until_armed_again() -> None:
    with simulator(speed="1") as simulated, Robot.open(simulated.robot) as robot:
        run(robot.arm())
        motion = robot.goto(5.0, 0.0, 0.3)
        for _ in range(10):
            next(motion)
        robot.stop(category=1, reason="test")
        assert robot.telemetry.state == ClimbState.STOPPED
        assert robot.telemetry.stop_category == 1
        with pytest.raises(Refused, match="not armed"):
            run(robot.goto(1.0, 0.0, 0.3))
        run(robot.arm())
        run(robot.goto(0.5, 0.0, 0.3))


def test_wrong_urls_say_what_to_do() -> None:
    with pytest.raises(PortError, match="cannot open /dev/no-such-port"):
        Robot.open("/dev/no-such-port")
    with simulator() as simulated, pytest.raises(CameraError, match="neither a folder"):
        Robot.open(simulated.robot, "no-such-folder")
    with simulator() as simulated, pytest.raises(CameraError, match="cannot open camera"):
        Robot.open(simulated.robot, "http://127.0.0.1:9")
