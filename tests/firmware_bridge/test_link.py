"""Ports, discovery, unplugging, clocks, back-pressure."""

import os
import select
import socket
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.discovery import Candidate, candidates, choose
from firmware_bridge.errors import LinkLost, PortError, Refused
from firmware_bridge.link import INBOX_PACKETS, Link
from firmware_bridge.messages import Heartbeat
from firmware_bridge.protocol import Protocol
from firmware_bridge.robot import Robot
from firmware_bridge.types import ClimbState
from tests.firmware_bridge.motions import aloft, run
from tests.firmware_bridge.simulated import simulator

BEAT = Heartbeat(10, 0, 1, 2, 4)


def test_the_port_with_a_heartbeat_is_chosen_and_said_why() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    silent = Candidate(os.ttyname(slave), "a modem")
    try:
        with simulator("pty", "1") as simulated:
            robot = Candidate(simulated.robot, "the robot")
            heard = choose([silent, robot])
            assert (heard.candidate, heard.words) == (robot, "a robot's heartbeat")
        with pytest.raises(PortError, match=r"a modem\): no heartbeat in 1\.5 s, 0 other bytes"):
            choose([silent])
        with pytest.raises(PortError, match="no ports at all"):
            choose([])
        assert all(one.url and one.about for one in candidates())
    finally:
        os.close(master)
        os.close(slave)


def test_a_robot_that_was_looked_for_says_where_it_is_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with simulator("pty", "1") as simulated:
        only = [Candidate(simulated.robot, "a USB cable")]
        monkeypatch.setattr("firmware_bridge.robot.candidates", lambda: only)  # as if the system had listed it
        with Robot.open("auto") as robot:
            assert robot.url == simulated.robot
            assert robot.chosen == "a robot's heartbeat on a USB cable"


def test_two_robots_are_not_guessed_between() -> None:
    with simulator("pty", "1") as one, simulator("pty", "1") as other, pytest.raises(PortError, match="more than one"):
        choose([Candidate(one.robot, "one"), Candidate(other.robot, "other")])


def test_an_unplugged_robot_comes_back_under_its_id_and_does_not_move(tmp_path: Path) -> None:
    by_id = tmp_path / "usb-climber"
    with simulator("pty", "1") as first:
        by_id.symlink_to(first.robot)
        robot = Robot.open(str(by_id))
        run(robot.arm())
        motion = robot.goto(5.0, 0.0, 0.3)
        next(motion)
        first.process.kill()
        with pytest.raises(LinkLost):
            run(motion)
        with pytest.raises(LinkLost, match=r"not back within 0\.5 s"):
            robot.reconnect(0.5)
    with robot, simulator("pty", "1") as second:
        by_id.unlink()
        by_id.symlink_to(second.robot)
        assert robot.reconnect(30.0).state == ClimbState.DISARMED
        run(robot.hold(0.5))
        assert abs(robot.telemetry.climb_rate_m_s) < 0.001
        with pytest.raises(Refused, match="not armed"):
            run(robot.goto(1.0, 0.0, 0.3))
        aloft(robot, 0.4)


def test_the_clock_offset_holds_within_its_uncertainty() -> None:
    with simulator("pty", "1") as simulated, Robot.open(simulated.robot) as robot:
        first = robot.ask_clock()
        run(robot.hold(1.0))
        second = robot.ask_clock()
    # the simulator's clock goes in steps of its loop, 10 ms, and falls back where the machine holds it up
    assert abs(second.offset_s - first.offset_s) < first.uncertainty_s + second.uncertainty_s + 0.3
    assert 0 < second.uncertainty_s < 1.0


@pytest.fixture
def rfc2217() -> Iterator[str]:
    """URL of a serial server in front of a simulator."""
    with simulator("tcp://127.0.0.1:0", "max") as simulated:
        server = subprocess.Popen(
            [
                sys.executable,
                str(Path(__file__).with_name("rfc2217_server.py")),
                simulated.robot.removeprefix("tcp://"),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.kill()
            server.wait()
            server.stdout.close()


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial's own
def test_a_robot_behind_a_serial_server_is_moved(rfc2217: str) -> None:
    with Robot.open(rfc2217) as robot:
        aloft(robot, 0.6)
        assert robot.telemetry.height_m == pytest.approx(0.6, abs=0.02)


def test_a_socket_url_is_the_same_as_tcp() -> None:
    with (
        simulator("tcp://127.0.0.1:0", "max") as simulated,
        Robot.open(simulated.robot.replace("tcp://", "socket://")) as robot,
    ):
        aloft(robot, 0.5)


def test_loop_urls_are_known_and_a_serial_server_that_is_away_is_said() -> None:
    link = Link("loop://", Protocol(1, 1))
    link.send(BEAT)
    got = []
    end_s = time.monotonic() + 30
    while not got and time.monotonic() < end_s:
        got = link.receive(0.1)
    link.close()
    assert [packet.message for packet in got] == [BEAT]
    with pytest.raises(PortError, match="cannot open rfc2217"):
        Link("rfc2217://127.0.0.1:9", Protocol(255, 190))


@pytest.mark.timeout(60)
def test_an_hour_of_heartbeats_on_a_port_that_cannot_be_waited_for_does_not_fill_anything() -> None:
    link = Link("loop://", Protocol(1, 1))
    for _ in range(70_000):  # more than a pipe holds
        link.send_bytes(b"")
    link.close()


def test_a_host_that_does_not_read_loses_the_oldest_and_stays_bounded() -> None:
    sender, count = Protocol(1, 1), INBOX_PACKETS + 500
    with socket.create_server(("127.0.0.1", 0)) as server:

        def flood() -> None:
            client, _ = server.accept()
            with client:
                client.recv(4096)  # opening throws away what was there; what is left unread resets the line
                for _ in range(count):
                    client.sendall(sender.encode(BEAT))

        thread = threading.Thread(target=flood)
        thread.start()
        link = Link(f"tcp://127.0.0.1:{server.getsockname()[1]}", Protocol(255, 190))
        link.send(BEAT)
        thread.join()
        end_s = time.monotonic() + 60
        while link.failure is None and time.monotonic() < end_s:
            threading.Event().wait(0.05)
        got = link.receive(0.0)
        link.close()
    assert len(got) == INBOX_PACKETS


def test_many_threads_may_send_at_once() -> None:
    each, ear = 200, Protocol(1, 1)
    master, slave = os.openpty()
    tty.setraw(slave)
    link = Link(os.ttyname(slave), Protocol(255, 190))

    def speak() -> None:
        for _ in range(each):
            link.send(BEAT)

    threads = [threading.Thread(target=speak) for _ in range(4)]
    for thread in threads:
        thread.start()
    heard: list[int] = []
    while len(heard) < 4 * each and select.select([master], [], [], 10)[0]:
        heard += [frame.seq for frame in ear.framer.feed(os.read(master, 4096), 0.0)]
    link.close()
    os.close(master)
    os.close(slave)
    assert heard == [number % 256 for number in range(4 * each)]  # none lost, none twice, none torn
    assert ear.framer.skipped_bytes == 0


def test_a_peer_that_does_not_read_does_not_hang_the_host() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    link = Link(os.ttyname(slave), Protocol(255, 190))
    began_s = time.monotonic()
    for _ in range(20_000):  # far more than the kernel keeps for a pty
        link.send(BEAT)
    assert time.monotonic() - began_s < 30
    link.close()
    assert time.monotonic() - began_s < 60
    os.close(master)
    os.close(slave)
