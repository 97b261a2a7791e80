"""One percent of bytes flipped or dropped, in virtual time: what is intact is never lost, and beats come in time."""

from itertools import pairwise
from random import Random

import pytest

from firmware_bridge.framing import STALE_S
from firmware_bridge.messages import Heartbeat
from firmware_bridge.protocol import Protocol
from firmware_bridge.session import HEARTBEAT_S
from firmware_bridge.soak import STATUS

BEAT = Heartbeat(6, 8, 0, 0, 4)
DAMAGE = 0.01
LIMIT_S = 0.5


def damaged(frame: bytes, random: Random) -> bytes:
    """Half of the damage drops bytes, half flips a bit."""
    kept = bytearray()
    for byte in frame:
        chance = random.random()
        if chance >= DAMAGE / 2:
            kept.append(byte ^ (1 << random.randrange(8)) if chance < DAMAGE else byte)
    return bytes(kept)


def test_the_hosts_heartbeat_survives_a_damaged_line() -> None:
    random, host, robot = Random(7), Protocol(255, 190), Protocol(1, 1)
    heard_s = [
        number * HEARTBEAT_S
        for number in range(round(1200 / HEARTBEAT_S))
        if robot.receive(damaged(host.encode(BEAT), random), number * HEARTBEAT_S)
    ]
    assert len(heard_s) < 0.9 * 1200 / HEARTBEAT_S  # the line was really bad
    assert max(b - a for a, b in pairwise(heard_s)) <= LIMIT_S


@pytest.mark.parametrize("seed", range(3))
def test_no_intact_frame_is_lost_among_damaged_ones(seed: int) -> None:
    random, robot, host = Random(seed), Protocol(1, 1), Protocol(255, 190)
    intact, heard, beats_s = [], [], []
    for tick in range(50 * 60):  # a minute of telemetry at 50 Hz, heartbeats at 10 Hz
        now_s = tick * 0.02
        data = b""
        for message in (STATUS, BEAT) if tick % 5 == 0 else (STATUS,):
            frame = robot.encode(message)
            sent = damaged(frame, random)
            data += sent
            if sent == frame:
                intact.append(frame)
        half = random.randrange(len(data) + 1)
        for piece in (data[:half], data[half:]):
            found = host.framer.feed(piece, now_s)
            heard += [one.data for one in found]
            beats_s += [now_s for one in found if one.layout.name == "HEARTBEAT"]
    heard += [one.data for one in host.framer.feed(b"", now_s + 2 * STALE_S)]
    assert heard == intact
    assert len(beats_s) > 300
