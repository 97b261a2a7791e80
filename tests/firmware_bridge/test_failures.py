"""The failure matrix: each fault in a real simulator process behind a real pty or TCP, and who acts on it."""

from itertools import pairwise

import pytest

from firmware_bridge.errors import CameraError, LinkLost, Refused, RobotFault
from firmware_bridge.orders import Command
from firmware_bridge.robot import Robot
from firmware_bridge.session import LOST_S
from firmware_bridge.simulator.faults import Unit
from firmware_bridge.types import ClimbState, Fault
from tests.firmware_bridge.motions import TAKE_AWAY, aloft, inject, listen, run, wait_for
from tests.firmware_bridge.simulated import simulator

WATCHFUL = "LINK_TIMEOUT=0.5"
"""That the robot holds soon enough is what `highmast conformance` measures."""


def test_lost_heartbeat_is_a_latched_hold() -> None:
    with simulator("pty", "1", WATCHFUL) as simulated, Robot.open(simulated.robot) as robot:
        run(robot.arm())
        motion = robot.goto(5.0, 0.0, 0.3)
        for _ in range(20):
            next(motion)
        telemetry = listen(robot, lambda now: now.state == ClimbState.STOPPED)
        assert telemetry.stop_category == 2
        assert Fault.HEARTBEAT_LOST in telemetry.faults
        # the heartbeat comes back: nothing resumes
        height_m = wait_for(robot, lambda now: abs(now.climb_rate_m_s) < 0.001).height_m
        run(robot.hold(1.0))
        assert robot.telemetry.state == ClimbState.STOPPED
        assert robot.telemetry.height_m == pytest.approx(height_m, abs=0.01)
        with pytest.raises(Refused, match="not armed"):
            run(robot.goto(5.0, 0.0, 0.3))


def test_a_frozen_host_is_a_lost_heartbeat() -> None:
    with simulator("pty", "1", WATCHFUL) as simulated, Robot.open(simulated.robot) as robot:
        run(robot.arm())
        motion = robot.goto(5.0, 0.0, 0.3)
        next(motion)
        listen(robot, lambda now: now.state == ClimbState.STOPPED)  # the I/O thread lives on, the motion does not
        with pytest.raises(RobotFault, match="HEARTBEAT_LOST"):
            run(motion)


def test_link_lost_long_and_battery_low_comes_down_alone_where_that_is_allowed() -> None:
    with simulator("pty", "max", "AUTO_DESCENT=1") as simulated, Robot.open(simulated.robot) as robot:
        aloft(robot, 3.0)
        inject(robot, Unit.BATTERY, 3.0)
        telemetry = listen(robot, lambda now: now.state == ClimbState.DISARMED)
        assert telemetry.height_m < 0.4
        assert any("coming down alone" in words for words in robot.words)


def test_link_lost_long_and_battery_low_stays_where_that_is_not_allowed() -> None:
    with simulator("pty", "max") as simulated, Robot.open(simulated.robot) as robot:
        aloft(robot, 3.0)
        inject(robot, Unit.BATTERY, 3.0)
        listen(robot, lambda now: now.state == ClimbState.STOPPED)
        run(robot.hold(1.0))
        assert robot.telemetry.height_m > 2.9


def test_a_restarted_controller_is_a_new_session_and_disarmed() -> None:
    with simulator("tcp://127.0.0.1:0", "1") as simulated:
        with Robot.open(simulated.robot) as robot:
            aloft(robot, 0.5)
            before = robot.telemetry.boot_id
            motion = robot.goto(5.0, 0.0, 0.3)
            next(motion)
            robot.session.send_order(Command.INJECT_FAILURE, float(Unit.CONTROLLER), 1.0, 0.0, 1.0)
            with pytest.raises(RobotFault, match="restarted"):
                run(motion)
        with Robot.open(simulated.robot) as robot:
            assert robot.telemetry.boot_id != before
            assert robot.telemetry.state == ClimbState.DISARMED
            clamped = wait_for(robot, lambda now: bool(now.clamp_forces_n))
            assert min(clamped.clamp_forces_n) > 400


@pytest.mark.parametrize(
    ("unit", "value", "fault"),
    [(Unit.CLAMP, 2.0, Fault.CLAMP_FORCE_LOW), (Unit.GRIP, 0.1, Fault.SLIP), (Unit.MOTOR, 1.0, Fault.STALL)],
)
def test_a_failing_machine_brakes_and_locks_motion_out(unit: Unit, value: float, fault: Fault) -> None:
    with simulator("pty", "1") as simulated, Robot.open(simulated.robot) as robot:
        aloft(robot, 0.5)
        motion = robot.goto(8.0, 0.0, 0.3)
        next(motion)
        robot.session.send_order(Command.INJECT_FAILURE, float(unit), 1.0, 0.0, value)
        with pytest.raises(RobotFault, match=fault.name):
            run(motion)
        assert robot.telemetry.state == ClimbState.FAULT
        assert robot.telemetry.stop_category == 1
        if fault != Fault.SLIP:  # slip ends with the motion; the others last
            with pytest.raises(Refused, match=fault.name):
                run(robot.arm())
        with pytest.raises(Refused, match="fault lasts"):
            run(robot.goto(0.5, 0.0, 0.3))


def test_a_leaking_clamp_never_opens_the_others() -> None:
    with simulator("pty", "1") as simulated, Robot.open(simulated.robot) as robot:
        aloft(robot, 0.5)
        inject(robot, Unit.CLAMP, 2.0)
        telemetry = wait_for(robot, lambda now: now.state == ClimbState.FAULT)
        assert min(telemetry.clamp_forces_n[1:]) > 400


def test_a_low_battery_refuses_up_and_brings_the_robot_down() -> None:
    with simulator("pty", "1") as simulated, Robot.open(simulated.robot) as robot:
        aloft(robot, 0.6)
        motion = robot.goto(8.0, 0.0, 0.3)
        next(motion)
        robot.session.send_order(Command.INJECT_FAILURE, float(Unit.BATTERY), 1.0, 0.0, 2.0)
        with pytest.raises(RobotFault, match=r"DESCENDING.*ENERGY_LOW"):
            run(motion)
        wait_for(robot, lambda now: now.state == ClimbState.DISARMED)
        run(robot.arm())
        with pytest.raises(Refused, match="battery"):
            run(robot.goto(3.0, 0.0, 0.3))


def test_wind_refuses_up_and_allows_down() -> None:
    with simulator("pty", "max") as simulated, Robot.open(simulated.robot) as robot:
        aloft(robot, 2.0)
        inject(robot, Unit.WIND, 20.0)
        wait_for(robot, lambda now: Fault.WIND_HIGH in now.faults)
        with pytest.raises(Refused, match="gust"):
            run(robot.goto(3.0, 0.0, 0.3))
        run(robot.goto(1.0, 0.0, 0.3))
        inject(robot, Unit.WIND, kind=TAKE_AWAY)
        wait_for(robot, lambda now: Fault.WIND_HIGH not in now.faults)
        run(robot.goto(1.5, 0.0, 0.3))


def test_a_gust_in_motion_brings_the_robot_down() -> None:
    with simulator("pty", "1") as simulated, Robot.open(simulated.robot) as robot:
        aloft(robot, 0.5)
        motion = robot.goto(8.0, 0.0, 0.3)
        next(motion)
        robot.session.send_order(Command.INJECT_FAILURE, float(Unit.WIND), 1.0, 0.0, 20.0)
        with pytest.raises(RobotFault, match=r"DESCENDING.*WIND_HIGH"):
            run(motion)


def test_limits_block_the_jog_beyond_them_only() -> None:
    from firmware_bridge.messages import ManualControl

    with simulator("pty", "max", "LIM_HEIGHT=1.0") as simulated, Robot.open(simulated.robot) as robot:
        aloft(robot, 0.9)

        def jog(up: float) -> None:
            robot.session.link.send(ManualControl(1, up, 0.0))

        jog(1.0)
        assert Fault.TOP_LIMIT in wait_for(robot, lambda now: now.state == ClimbState.STOPPED).faults
        run(robot.arm())
        jog(-0.3)
        wait_for(robot, lambda now: now.height_m < 0.95)


def test_a_jog_ends_with_its_messages() -> None:
    from firmware_bridge.messages import ManualControl

    with simulator("pty", "1") as simulated, Robot.open(simulated.robot) as robot:
        aloft(robot, 0.5)
        robot.session.link.send(ManualControl(1, 0.5, 0.0))
        wait_for(robot, lambda now: now.state == ClimbState.JOGGING)
        wait_for(robot, lambda now: now.state == ClimbState.HOLDING)


def test_emergency_stop_latches_and_its_reset_is_no_restart() -> None:
    with simulator("pty", "1") as simulated, Robot.open(simulated.robot) as robot:
        aloft(robot, 0.5)
        motion = robot.goto(8.0, 0.0, 0.3)
        next(motion)
        robot.session.send_order(Command.INJECT_FAILURE, float(Unit.ESTOP), 1.0, 0.0, 1.0)
        with pytest.raises(RobotFault, match="ESTOPPED"):
            run(motion)
        with pytest.raises(Refused):
            run(robot.session.order(Command.ESTOP_RESET))  # still pressed
        with pytest.raises(Refused, match="ESTOP"):
            run(robot.arm())
        inject(robot, Unit.ESTOP, kind=TAKE_AWAY)
        assert robot.telemetry.state == ClimbState.ESTOPPED
        run(robot.session.order(Command.ESTOP_RESET))
        wait_for(robot, lambda now: now.state == ClimbState.STOPPED)
        run(robot.arm())
        run(robot.goto(0.6, 0.0, 0.3))


def test_a_stuck_camera_is_found_and_the_robot_keeps_station() -> None:
    with simulator("pty", "max") as simulated, Robot.open(simulated.robot, simulated.camera) as robot:
        aloft(robot, 1.0)
        run(robot.capture())
        inject(robot, Unit.CAMERA, 1.0)
        with pytest.raises(CameraError, match="did not come"):
            run(robot.capture())
        assert robot.telemetry.state == ClimbState.HOLDING
        inject(robot, Unit.CAMERA, kind=TAKE_AWAY)
        run(robot.capture())


def test_a_robot_that_falls_silent_is_a_lost_link() -> None:
    with simulator("pty", "1") as simulated, Robot.open(simulated.robot) as robot:
        aloft(robot, 0.5)
        motion = robot.goto(8.0, 0.0, 0.3)
        next(motion)
        robot.session.send_order(Command.INJECT_FAILURE, float(Unit.LINE_MUTE), 1.0, 0.0, 1.0)
        with pytest.raises(LinkLost, match="nothing valid"):
            run(motion)


def test_one_percent_of_bytes_damaged_leaves_no_heartbeat_gap_and_motion_goes_on() -> None:
    from firmware_bridge.messages import Heartbeat

    with simulator("pty", "1") as simulated, Robot.open(simulated.robot) as robot:
        aloft(robot, 0.5)
        inject(robot, Unit.LINE_FLIP, 0.005)
        inject(robot, Unit.LINE_DROP, 0.005)
        beats: list[float] = []
        add = robot.session.fold.add

        def noting(packet: object) -> None:
            if isinstance(packet.message, Heartbeat):  # type: ignore[attr-defined]
                beats.append(packet.received_s)  # type: ignore[attr-defined]
            add(packet)  # type: ignore[arg-type]

        robot.session.fold.add = noting  # type: ignore[method-assign,assignment]
        for height_m in (1.5, 0.5):
            run(robot.goto(height_m, 0.0, 0.3))
        assert len(beats) > 40
        assert max(b - a for a, b in pairwise(beats)) < LOST_S  # to 0.5 s, in virtual time: test_damaged_line.py
        assert robot.session.link.protocol.framer.skipped_bytes > 100  # the line was really damaged


def test_a_late_line_is_slow_and_not_lost() -> None:
    with simulator("pty", "max") as simulated, Robot.open(simulated.robot) as robot:
        aloft(robot, 0.5)
        inject(robot, Unit.LINE_DELAY, 0.15)
        run(robot.goto(1.0, 0.0, 0.3))
        assert robot.telemetry.height_m == pytest.approx(1.0, abs=0.02)


def test_a_descent_right_after_a_goal_is_no_repetition_of_it() -> None:
    with simulator("pty", "1") as simulated, Robot.open(simulated.robot) as robot:
        aloft(robot, 0.5)
        inject(robot, Unit.LINE_DELAY, 0.15)
        next(robot.goto(8.0, 0.0, 0.3))  # the order is out; the robot's status still tells the goal before
        for telemetry in robot.descend():
            assert telemetry.height_m < 1.5, "the robot climbs although it was told to come down"
        assert robot.telemetry.state == ClimbState.DISARMED


def test_encoders_that_lie_are_told_from_the_height() -> None:
    with simulator("pty", "max") as simulated, Robot.open(simulated.robot) as robot:
        aloft(robot, 0.5)
        inject(robot, Unit.ENCODER, 0.1)
        run(robot.goto(5.5, 0.0, 0.3))
        telemetry = robot.telemetry
        assert telemetry.height_m == pytest.approx(5.5, abs=0.02)
        assert telemetry.encoder_height_m - telemetry.height_m == pytest.approx(0.5, abs=0.05)
