"""Which port is the robot's: list what could be, listen on each, and say why one was chosen."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

from firmware_bridge.errors import BridgeError, PortError
from firmware_bridge.link import Link
from firmware_bridge.messages import Heartbeat
from firmware_bridge.protocol import HOST_COMPONENT, HOST_SYSTEM, ROBOT_SYSTEM, Protocol

AUTO = "auto"
LISTEN_S = 1.5
"""Long enough for a heartbeat at 10 Hz over a damaged line."""
BY_ID = Path("/dev/serial/by-id")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A port that could be the robot's."""

    url: str
    """By id where the system has that: it stays the same when the cable is plugged in again."""
    about: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What listening on a candidate told."""

    candidate: Candidate
    is_robot: bool
    words: str


def candidates() -> list[Candidate]:
    """Serial ports of this machine, USB ones first."""
    by_device = {str(link.resolve()): str(link) for link in sorted(BY_ID.glob("*"))} if BY_ID.is_dir() else {}
    ports = sorted(list_ports.comports(), key=lambda port: (port.vid is None, port.device))
    return [Candidate(by_device.get(port.device, port.device), port.description or port.device) for port in ports]


def listen(candidate: Candidate, seconds: float = LISTEN_S) -> Heard:
    """Open the port, send nothing, and wait for a robot's heartbeat."""
    try:
        link = Link(candidate.url, Protocol(HOST_SYSTEM, HOST_COMPONENT))
    except BridgeError as error:
        return Heard(candidate, False, str(error))
    try:
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0 and link.failure is None:
            for packet in link.receive(left_s):
                if isinstance(packet.message, Heartbeat) and packet.system == ROBOT_SYSTEM:
                    return Heard(candidate, True, "a robot's heartbeat")
        skipped = link.protocol.framer.skipped_bytes
        return Heard(candidate, False, link.failure or f"no heartbeat in {seconds:g} s, {skipped} other bytes")
    finally:
        link.close()


def choose(among: Sequence[Candidate]) -> Heard:
    """The one port with a robot; PortError if there is none or more than one, with what was heard on each."""
    heard = [listen(one) for one in among]
    robots = [one for one in heard if one.is_robot]
    if len(robots) == 1:
        return robots[0]
    told = "; ".join(f"{one.candidate.url} ({one.candidate.about}): {one.words}" for one in heard) or "no ports at all"
    if robots:
        raise PortError(f"more than one robot answers, name the port: {told}")
    raise PortError(f"no robot found: {told}. Check cable, power and permissions (`highmast doctor`)")
