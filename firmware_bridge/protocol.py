"""MAVLink 2 without I/O: bytes to packets and messages to bytes, checked both ways.

The layouts come from the generated dialect; framing, checksum and signature are ours, because the generated class
loses frames after a damaged byte, lets one forged frame lock the sender out, passes unknown messages unchecked and
takes MAVLink 1. See PROTOCOL.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from firmware_bridge import camera_messages, messages
from firmware_bridge.errors import ProtocolError
from firmware_bridge.framing import MAGIC, SIGNED, Framer, RawFrame, checksum
from firmware_bridge.signing import Signer
from firmware_bridge.trace import Trace
from firmware_bridge.wire import BY_CLASS

__all__ = ["Packet", "Protocol", "camera_messages", "messages"]

ROBOT_SYSTEM = 1
HOST_SYSTEM = 255
CONTROLLER = 1
CAMERA = 100
HOST_COMPONENT = 190


@dataclass(frozen=True, slots=True)
class Packet:
    """One message that came, and from whom."""

    message: Any
    """One of the classes in `messages` and `camera_messages`."""
    system: int
    component: int
    signed: bool
    """With a key: the signature was right."""
    received_s: float


def nothing_unsigned(_: Any) -> bool:
    """The rule for unsigned messages where a key is set: none is accepted."""
    return False


class Protocol:
    """One end of a link. `signer` set: everything out is signed, unsigned is refused unless `unsigned_ok` says so."""

    def __init__(
        self,
        system: int,
        component: int,
        signer: Signer | None = None,
        unsigned_ok: Callable[[Any], bool] = nothing_unsigned,
        trace: Trace | None = None,
    ) -> None:
        self.system = system
        self.component = component
        self.signer = signer
        self.unsigned_ok = unsigned_ok
        self.trace = trace
        self.framer = Framer()
        self.bad_values = 0
        self.bad_signatures = 0
        self._seq = 0

    def receive(self, data: bytes, now_s: float) -> list[Packet]:
        """Packets that these bytes complete. Whatever the bytes are, nothing is raised."""
        segments = self.framer.segments(data, now_s)
        if self.trace is not None:
            self.trace.incoming(segments)
        found = (self.open(one, now_s) for one in segments if isinstance(one, RawFrame))
        return [packet for packet in found if packet is not None]

    def open(self, raw: RawFrame, now_s: float) -> Packet | None:
        """The packet in a frame; None if a value or its signature is refused."""
        try:
            message = raw.layout.decode(raw.payload)
        except ProtocolError:
            self.bad_values += 1
            return None
        signed = self.signer is not None and raw.signed and self.signer.accepts(raw)
        if self.signer is not None and not signed and not self.unsigned_ok(message):
            self.bad_signatures += 1
            return None
        return Packet(message, raw.system, raw.component, signed, now_s)

    def encode(self, message: Any, component: int | None = None) -> bytes:
        """One frame, ready for the port; ProtocolError if a value does not fit the wire."""
        layout = BY_CLASS[type(message)]
        payload = layout.encode(message).rstrip(b"\0") or b"\0"
        flags = SIGNED if self.signer is not None else 0
        source = self.component if component is None else component
        covered = bytes((len(payload), flags, 0, self._seq, self.system, source)) + layout.id_bytes + payload
        self._seq = (self._seq + 1) % 256
        frame = bytes((MAGIC,)) + covered + checksum(covered, layout.crc_extra).to_bytes(2, "little")
        if self.signer is not None:
            frame += self.signer.signature(frame)
        if self.trace is not None:
            self.trace.outgoing(frame)
        return frame
