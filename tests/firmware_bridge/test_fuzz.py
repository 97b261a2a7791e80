"""Fuzz: damaged lines and wild orders raise nothing, and nothing wrong is believed."""

import contextlib
import subprocess
import sys
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.errors import ProtocolError
from firmware_bridge.messages import CommandAck, CommandLong, Heartbeat
from firmware_bridge.orders import Command
from firmware_bridge.protocol import Packet, Protocol
from firmware_bridge.robot import Robot
from firmware_bridge.simulator.commands import Commands
from firmware_bridge.simulator.firmware import BOTTOM_M, Firmware
from firmware_bridge.simulator.parameters import Parameters
from firmware_bridge.simulator.plant import Plant, Pole
from firmware_bridge.simulator.reports import climb_status
from firmware_bridge.simulator.view import CameraView
from firmware_bridge.soak import STATUS
from firmware_bridge.trace import RECORD, TIME, read_trace
from firmware_bridge.types import ClimbState
from tests.firmware_bridge.motions import aloft
from tests.firmware_bridge.simulated import ROOT, simulator

BEAT = Heartbeat(10, 0, 1, 2, 4)


@given(st.lists(st.tuples(st.integers(0, 399), st.integers(0, 7)), max_size=12), st.integers(1, 60))
def test_flipped_bits_never_make_another_message(flips: list[tuple[int, int]], size: int) -> None:
    sender, receiver = Protocol(1, 1), Protocol(255, 190)
    frames = [sender.encode(one) for one in (BEAT, STATUS, BEAT, STATUS)]
    stream = bytearray(b"".join(frames))
    for at, bit in flips:
        stream[at % len(stream)] ^= 1 << bit
    got = [
        packet.message
        for at in range(0, len(stream), size)
        for packet in receiver.receive(bytes(stream[at : at + size]), at * 1e-4)
    ]
    sent = Protocol(255, 190).receive(b"".join(frames), 0.0)
    assert all(message in [packet.message for packet in sent] for message in got)
    # each damaged byte costs at most the frame that it is in
    assert len(got) >= 4 - len({at % len(stream) for at, _ in flips})


@given(st.binary(max_size=300), st.sampled_from([".raw", ".tlog"]), st.integers(0, 40))
def test_a_trace_of_anything_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str, cut: int
) -> None:
    path = tmp_path_factory.mktemp("trace") / f"any{suffix}"
    head = RECORD.pack(1, 0, 21) if suffix == ".raw" else TIME.pack(1)
    path.write_bytes((head + Protocol(1, 1).encode(BEAT))[: 29 - cut] + data)
    with contextlib.suppress(ProtocolError):
        for record in read_trace(path):
            assert record.data


def firmware_on_the_ground() -> Firmware:
    """The same one each time."""
    random = Random(1)
    plant = Plant(Pole(15.0, 300.0, 150.0), random, height_m=BOTTOM_M, encoder_m=BOTTOM_M)
    return Firmware(plant, Parameters(LIM_HEIGHT=15.0), random, lambda pose, index, time_boot_s: True)


SESSION = float(firmware_on_the_ground().boot_id)
floats = st.floats(allow_nan=False, allow_infinity=False, width=32)
wild = st.one_of(st.none(), floats, st.sampled_from([0.0, 0.3, 1.0, 2.0, SESSION]))


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.sampled_from([*Command, 0, 65535]), st.tuples(*[wild] * 7), st.integers(0, 3)), max_size=12),
    st.booleans(),
)
def test_wild_orders_are_answered_each_and_leave_the_firmware_within_its_limits(
    orders: list[tuple[int, tuple[float | None, ...], int]], armed: bool
) -> None:
    firmware = firmware_on_the_ground()
    if armed:
        firmware.state, firmware.heard_wall_s = ClimbState.HOLDING, 0.0
    ear = Commands(firmware, CameraView(), lambda unit, kind, value: False)
    wall_s = 0.0
    for command, values, beats in orders:
        for _ in range(beats):
            ear.receive(Packet(BEAT, 255, 190, False, wall_s), wall_s)
        firmware.outbox.clear()
        ear.receive(Packet(CommandLong(1, 1, command, 0, *values), 255, 190, False, wall_s), wall_s)
        assert [one.command for one in firmware.outbox if isinstance(one, CommandAck)] == [command]
        wall_s += 0.1
        firmware.watch(wall_s)
        for _ in range(20):
            firmware.step()
        assert firmware.state in ClimbState
        assert 0 < firmware.plant.height_m < 15.1
        for message in (*firmware.outbox, climb_status(firmware)):
            Protocol(1, 1).encode(message)  # nothing that it says is out of range


def test_a_robot_that_was_fed_noise_still_obeys_its_host() -> None:
    noise = Random(5)
    with simulator("tcp://127.0.0.1:0", "max") as simulated, Robot.open(simulated.robot) as robot:
        for _ in range(200):
            robot.session.link.send_bytes(noise.randbytes(noise.randint(1, 400)))
            robot.session.tick(wait_s=0.0)
        aloft(robot, 0.6)


def test_the_soak_runs_and_finds_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "firmware_bridge.soak", "--seconds", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 by signature" in done.stdout
