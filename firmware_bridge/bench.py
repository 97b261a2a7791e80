"""Measure the bridge: `python -m firmware_bridge.bench`. Prints each figure with its limit; status 1 if one fails."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from statistics import quantiles
from typing import Any

import numpy as np

from firmware_bridge import clock_picture
from firmware_bridge.camera_process import video
from firmware_bridge.dialect import highmast as dialect
from firmware_bridge.link import Link
from firmware_bridge.messages import ClimbStatus, Heartbeat, TimeSync
from firmware_bridge.protocol import CONTROLLER, HOST_COMPONENT, HOST_SYSTEM, ROBOT_SYSTEM, Protocol
from firmware_bridge.session import HEARTBEAT_S
from firmware_bridge.simulator.wire_end import PtyEnd
from firmware_bridge.types import ClimbState, Fault

MESSAGES = 20_000
CHUNK_BYTES = 4096
ROUNDS = 5
ROUND_TRIPS = 1000
TELEMETRY_HZ = 50
TELEMETRY_S = 5.0
LEAST_RATIO = 0.5
MOST_CPU = 0.03
WARM_UP, PICTURES = 30, 150
STATUS = ClimbStatus(
    1.5, 2.25, 0.004, 2.2, 0.25, 4.0, 0.2, 90.0, 45.0, 0.1, 0.01, Fault.SLIP, 3, 77, ClimbState.MOVING, 0, 0
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement; `passed` None where there is no limit."""

    words: str
    passed: bool | None = None

    def __str__(self) -> str:
        return f"{self.words}{'' if self.passed is None else '  ok' if self.passed else '  TOO SLOW'}"


def rate(work: Callable[[], int]) -> float:
    """Done in a second of this process's own time: what else runs on the machine does not count."""
    began_s = time.process_time()
    done = work()
    return done / (time.process_time() - began_s)


def codec() -> list[Figure]:
    """Decode CLIMB_STATUS, and encode it from values, ours against the generated class alone."""
    stream = b"".join(map(Protocol(ROBOT_SYSTEM, CONTROLLER).encode, [STATUS] * MESSAGES))
    chunks = [stream[at : at + CHUNK_BYTES] for at in range(0, len(stream), CHUNK_BYTES)]
    theirs = dialect.MAVLink(None, ROBOT_SYSTEM, CONTROLLER)
    ours_of = astuple(STATUS)
    decoded = theirs.parse_buffer(chunks[0])
    assert decoded is not None
    theirs_of = [getattr(decoded[0], name) for name in decoded[0].fieldnames]

    def decode_ours() -> int:
        ear = Protocol(HOST_SYSTEM, HOST_COMPONENT)
        return sum(len(ear.receive(chunk, 0.0)) for chunk in chunks)

    def decode_theirs() -> int:
        ear = dialect.MAVLink(None, HOST_SYSTEM, HOST_COMPONENT)
        return sum(len(ear.parse_buffer(chunk) or ()) for chunk in chunks)

    def encode_ours() -> int:
        mouth = Protocol(ROBOT_SYSTEM, CONTROLLER)
        return sum(bool(mouth.encode(ClimbStatus(*ours_of))) for _ in range(MESSAGES))

    def encode_theirs() -> int:
        return sum(bool(theirs.climb_status_encode(*theirs_of).pack(theirs)) for _ in range(MESSAGES))

    return [_against("decode", decode_ours, decode_theirs), _against("encode", encode_ours, encode_theirs)]


def _against(what: str, ours_work: Callable[[], int], theirs_work: Callable[[], int]) -> Figure:
    """In turns, the best of several rounds: the others were disturbed."""
    pairs = [(rate(ours_work), rate(theirs_work)) for _ in range(ROUNDS)]
    ours, theirs = max(one for one, _ in pairs), max(other for _, other in pairs)
    ratio = ours / theirs
    words = f"{what}: {ours:,.0f} messages/s, generated class {theirs:,.0f}: {ratio:.2f}x (at least {LEAST_RATIO}x)"
    return Figure(words, ratio >= LEAST_RATIO)


class Echo(threading.Thread):
    """The other side of a pty: answers time questions, and can send telemetry at a rate."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.end = PtyEnd()
        self.stopping = False

    def run(self) -> None:
        """Answer until stopped."""
        protocol = Protocol(ROBOT_SYSTEM, CONTROLLER)
        while not self.stopping:
            for packet in protocol.receive(self.end.read(0.1), time.monotonic()):
                if isinstance(packet.message, TimeSync):
                    self.end.write(protocol.encode(replace(packet.message, answer_ns=1)))


def round_trip() -> Figure:
    """TIMESYNC question and answer through link, port and pty."""
    echo = Echo()
    echo.start()
    link = Link(echo.end.url, Protocol(HOST_SYSTEM, HOST_COMPONENT))
    spent_ms = []
    for number in range(ROUND_TRIPS):
        began_s = time.perf_counter()
        link.send(TimeSync(0, number + 1))
        while not link.receive(1.0):
            pass
        spent_ms.append((time.perf_counter() - began_s) * 1000)
    link.close()
    echo.stopping = True
    echo.join()
    echo.end.close()
    cuts = quantiles(spent_ms, n=100)
    return Figure(f"round trip over a pty: p50 {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms, {ROUND_TRIPS} times")


SENDER = """
import sys, time
from firmware_bridge.bench import STATUS, TELEMETRY_HZ
from firmware_bridge.protocol import Protocol
robot, next_s = Protocol(1, 1), time.monotonic()
while True:
    sys.stdout.buffer.write(robot.encode(STATUS)); sys.stdout.flush()
    next_s += 1 / TELEMETRY_HZ
    time.sleep(max(0.0, next_s - time.monotonic()))
"""


def cpu_share() -> Figure:
    """CPU time of a host that takes 50 Hz telemetry from another process and sends its heartbeat."""
    end = PtyEnd()
    sender = subprocess.Popen([sys.executable, "-c", SENDER], stdout=end.master, cwd=Path(__file__).parents[1])
    link = Link(end.url, Protocol(HOST_SYSTEM, HOST_COMPONENT))
    got: list[Any] = []
    while not got:
        got = link.receive(1.0)
    began_s, began_cpu_s, beat_s = time.monotonic(), time.process_time(), 0.0
    while (now_s := time.monotonic()) - began_s < TELEMETRY_S:
        got += link.receive(0.05)
        if now_s - beat_s > HEARTBEAT_S:
            beat_s = now_s
            link.send(Heartbeat(6, 8, 0, 0, 4))
    share = (time.process_time() - began_cpu_s) / (time.monotonic() - began_s)
    sender.kill()
    sender.wait()
    link.close()
    end.close()
    hz = len(got) / TELEMETRY_S
    return Figure(f"CPU at {hz:.0f} Hz telemetry: {share:.1%} of a core (at most {MOST_CPU:.0%})", share <= MOST_CPU)


def rtsp_age() -> Figure:
    """Age of 720p30 pictures when they are decoded, over real RTSP on loopback."""
    if why := clock_picture.missing():
        return Figure(f"RTSP picture age: not measured, {why}")
    ages_ms = []
    with clock_picture.rtsp_clock() as (url, _):
        for number, picture in enumerate(video(url)):
            if number >= WARM_UP:
                grey = picture.to_ndarray(format="gray").astype(np.uint8, copy=False)
                ages_ms.append(clock_picture.age_ms(grey, time.monotonic()))
            if number == WARM_UP + PICTURES:
                break
    cuts = quantiles(ages_ms, n=100)
    return Figure(f"RTSP 720p30 picture age: p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, {PICTURES} pictures")


def main() -> int:
    """Print the figures."""
    print(f"firmware_bridge on {os.cpu_count()} cores")
    figures = [*codec(), round_trip(), cpu_share(), rtsp_age()]
    for figure in figures:
        print(f"  {figure}")
    return 1 if any(figure.passed is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
