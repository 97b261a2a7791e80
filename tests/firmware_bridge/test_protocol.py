"""Framing, checking and conversion, byte by byte."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.camera_messages import CameraInformation
from firmware_bridge.errors import ProtocolError
from firmware_bridge.framing import LONGEST_BYTES
from firmware_bridge.messages import ClimbStatus, CommandLong, Heartbeat, Severity, StatusText
from firmware_bridge.orders import Command
from firmware_bridge.protocol import Protocol
from firmware_bridge.types import ClimbState, Fault

BEAT = Heartbeat(10, 0, 1, 2, 4)
STATUS = ClimbStatus(
    time_boot_s=1.5,
    height_m=2.25,
    height_std_m=0.5,
    encoder_height_m=2.0,
    pole_diameter_m=0.25,
    goal_height_m=4.0,
    climb_rate_m_s=-0.125,
    azimuth_deg=90.0,
    goal_azimuth_deg=45.0,
    azimuth_rate_deg_s=0.0,
    slip_ratio=0.0,
    faults=Fault.SLIP | Fault.WIND_HIGH,
    goal_id=3,
    boot_id=77,
    state=ClimbState.MOVING,
    limits=0,
    stop_category=0,
)


def robot() -> Protocol:
    return Protocol(1, 1)


def host() -> Protocol:
    return Protocol(255, 190)


def test_a_status_comes_back_in_si_units() -> None:
    (packet,) = host().receive(robot().encode(STATUS), 0.0)
    got = packet.message
    assert got.azimuth_deg == pytest.approx(90.0, abs=1e-5)
    assert (got.height_m, got.faults, got.state) == (2.25, Fault.SLIP | Fault.WIND_HIGH, ClimbState.MOVING)
    assert (packet.system, packet.component) == (1, 1)


def test_texts_in_bytes_and_in_chars_come_back() -> None:
    camera = CameraInformation(0.0, "maker", "model é", 1, 3.0, 4.4, 3.3, 1280, 960, 2)
    sent = robot().encode(camera) + robot().encode(StatusText(Severity.WARNING, "wind"))
    first, second = host().receive(sent, 0.0)
    assert (first.message.vendor, first.message.model) == ("maker", "model é")
    assert second.message == StatusText(Severity.WARNING, "wind")


def test_frames_arrive_from_any_split_of_the_stream() -> None:
    sent = robot().encode(STATUS) + robot().encode(BEAT)
    for size in (1, 2, 7, 50):
        receiver = host()
        got = [
            packet.message
            for at in range(0, len(sent), size)
            for packet in receiver.receive(sent[at : at + size], at * 1e-4)
        ]
        assert got[1] == BEAT
        assert len(got) == 2


def test_a_damaged_length_byte_costs_one_heartbeat() -> None:
    sender, receiver, got = robot(), host(), 0
    for beat in range(20):
        frame = bytearray(sender.encode(BEAT))
        if beat == 5:
            frame[1] = 0xFF
        got += len(receiver.receive(bytes(frame), beat * 0.1))
    assert got == 19


def test_a_started_frame_that_stays_incomplete_does_not_hold_up_the_next() -> None:
    receiver = host()
    half = robot().encode(STATUS)[:40]
    assert receiver.receive(half, 0.0) == []
    assert len(receiver.receive(robot().encode(BEAT), 0.1)) == 1


def test_mavlink_1_is_never_taken() -> None:
    from pymavlink.dialects.v10 import common

    old = common.MAVLink(None, 1, 1)
    frame = common.MAVLink_heartbeat_message(10, 0, 1, 2, 4, 3).pack(old)
    assert frame[0] == 0xFE
    assert host().receive(bytes(frame) * 5, 0.0) == []


def test_unknown_message_ids_are_dropped() -> None:
    from pymavlink.dialects.v20 import common

    mav = common.MAVLink(None, 1, 1)
    stranger = common.MAVLink_rc_channels_message(1, 18, *[1500] * 18, 100).pack(mav)
    receiver = host()
    (packet,) = receiver.receive(bytes(stranger) + robot().encode(BEAT), 0.0)
    assert packet.message == BEAT
    assert receiver.framer.skipped_bytes == len(stranger)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_floats_that_are_no_numbers_are_refused_both_ways(bad: float) -> None:
    import struct
    from dataclasses import replace

    with pytest.raises(ProtocolError, match="not a finite number"):
        robot().encode(replace(STATUS, height_m=bad))
    from firmware_bridge.dialect import highmast

    mav = highmast.MAVLink(None, 1, 1)
    wire = highmast.MAVLink_climb_status_message(1, bad, *[0.0] * 9, 0, 0, 0, 0, 0, 0).pack(mav)
    assert struct.unpack_from("<f", wire, 14)[0] != 0
    receiver = host()
    assert receiver.receive(bytes(wire), 0.0) == []
    assert receiver.bad_values == 1


def test_a_parameter_that_was_not_given_is_none() -> None:
    sent = CommandLong(1, 1, Command.GOTO, 0, 1.0, None, 0.0, 0.0, 0.0, 0.0, 0.0)
    (packet,) = robot().receive(host().encode(sent), 0.0)
    assert packet.message == sent


def test_values_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ProtocolError, match="does not fit HEARTBEAT"):
        robot().encode(Heartbeat(300, 0, 1, 2, 4))
    with pytest.raises(ProtocolError, match="50 bytes of text"):
        robot().encode(StatusText(Severity.INFO, "x" * 51))


def test_the_environment_cannot_switch_the_checksum_off() -> None:
    code = (
        "from firmware_bridge.protocol import Protocol\n"
        "from firmware_bridge.messages import Heartbeat\n"
        "frame = bytearray(Protocol(1, 1).encode(Heartbeat(1, 2, 3, 4, 5))); frame[-1] ^= 1\n"
        "print(len(Protocol(255, 190).receive(bytes(frame), 0.0)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "MAV_IGNORE_CRC": "1"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "0"


def test_reads_that_always_end_inside_a_frame_keep_back_less_than_one() -> None:
    sender, receiver, got = robot(), host(), 0
    stream = b"".join(sender.encode(STATUS) for _ in range(2000))
    size = len(stream) // 2000 - 1  # never a whole number of frames
    for at in range(0, len(stream), size):
        got += len(receiver.receive(stream[at : at + size], 0.0))
        assert receiver.framer.kept_bytes < LONGEST_BYTES
    assert got == 2000


@given(st.lists(st.binary(max_size=400), max_size=20))
def test_no_bytes_raise_or_pile_up(chunks: list[bytes]) -> None:
    receiver = host()
    for number, chunk in enumerate(chunks):
        receiver.receive(chunk, number * 0.01)
        assert receiver.framer.kept_bytes < LONGEST_BYTES


@given(st.binary(max_size=600), st.binary(max_size=600))
def test_whole_frames_are_found_in_any_garbage(before: bytes, after: bytes) -> None:
    receiver = host()
    receiver.receive(before, 0.0)
    got = receiver.receive(b"", 1.0) + receiver.receive(robot().encode(BEAT) + after, 1.01)
    assert BEAT in [packet.message for packet in got]
