"""Find whole, checked MAVLink 2 frames in a stream of bytes that may be damaged anywhere.

Stands in place of the generated parser, which trusts a damaged length byte and swallows up to 280 bytes after it.
Here a header must be plausible before its length is believed, a frame that fails is re-read from its second byte,
a started frame that stays incomplete is given up, and no more than one frame is ever kept back.
"""

from dataclasses import dataclass

from fastcrc import crc16

from firmware_bridge.wire import BY_ID, Layout

MAGIC = 0xFD
"""MAVLink 2. A MAVLink 1 frame (0xFE) has no signature and is never looked at."""
HEADER_BYTES = 10
CHECKSUM_BYTES = 2
SIGNATURE_BYTES = 13
SIGNED = 0x01
LONGEST_BYTES = HEADER_BYTES + 255 + CHECKSUM_BYTES + SIGNATURE_BYTES
STALE_S = 0.06
"""A frame's bytes arrive without a pause; at 57600 baud the longest takes 0.05 s."""


@dataclass(frozen=True, slots=True)
class RawFrame:
    """One frame with a good checksum and a known message id."""

    layout: Layout
    data: bytes
    """From the magic byte to the end of the checksum or signature."""
    system: int
    component: int
    seq: int

    @property
    def signed(self) -> bool:
        """Whether it carries a signature; not whether that is right."""
        return bool(self.data[2] & SIGNED)

    @property
    def payload(self) -> bytes:
        """At full size: MAVLink 2 cuts trailing zeros off."""
        return self.data[HEADER_BYTES : HEADER_BYTES + self.data[1]].ljust(self.layout.size, b"\0")


class Framer:
    """Feed bytes, get frames. Keeps less than one frame back (LONGEST_BYTES)."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._fed_s = 0.0
        self.skipped_bytes = 0
        """Bytes that were part of no good frame."""

    @property
    def kept_bytes(self) -> int:
        """Bytes of a started frame, waiting for the rest."""
        return len(self._kept)

    def feed(self, data: bytes, now_s: float) -> list[RawFrame]:
        """Take what came at `now_s` (monotonic seconds); return the frames that it completes."""
        return [one for one in self.segments(data, now_s) if isinstance(one, RawFrame)]

    def segments(self, data: bytes, now_s: float) -> list[RawFrame | bytes]:
        """As `feed`, with the bytes that belong to no good frame in their place."""
        stale = now_s - self._fed_s > STALE_S
        self._fed_s = now_s
        found = self._scan(last=True) if stale and self._kept else []
        self._kept += data
        return found + self._scan(last=False)

    def _scan(self, last: bool) -> list[RawFrame | bytes]:
        """Take frames off the front; with `last`, an incomplete frame is taken for garbage."""
        data, done, at = bytes(self._kept), 0, 0
        found: list[RawFrame | bytes] = []
        while (at := data.find(MAGIC, at)) >= 0:
            length = _plausible_length(data, at)
            if length is not None and at + length > len(data):
                if not last:
                    break
                length = None
            frame = None if length is None else _checked(data[at : at + length])
            if frame is None:
                at += 1
                continue
            self._skip(data[done:at], found)
            found.append(frame)
            at = done = at + len(frame.data)
        keep_from = len(data) if at < 0 else at
        self._skip(data[done:keep_from], found)
        del self._kept[:keep_from]
        return found

    def _skip(self, garbage: bytes, found: list[RawFrame | bytes]) -> None:
        if garbage:
            self.skipped_bytes += len(garbage)
            found.append(garbage)


def _plausible_length(data: bytes, at: int) -> int | None:
    """Length of the frame whose header starts at `at`, as far as it can be seen; None if it cannot be one."""
    if at + HEADER_BYTES > len(data):
        return HEADER_BYTES + 1
    payload, flags = data[at + 1], data[at + 2]
    layout = BY_ID.get(int.from_bytes(data[at + 7 : at + 10], "little"))
    if layout is None or not 1 <= payload <= layout.size or flags & ~SIGNED or data[at + 5] == 0:
        return None
    return HEADER_BYTES + payload + CHECKSUM_BYTES + (SIGNATURE_BYTES if flags & SIGNED else 0)


def _checked(data: bytes) -> RawFrame | None:
    layout = BY_ID[int.from_bytes(data[7:10], "little")]
    end = HEADER_BYTES + data[1]
    if checksum(data[1:end], layout.crc_extra) != int.from_bytes(data[end : end + 2], "little"):
        return None
    return RawFrame(layout, data, data[5], data[6], data[4])


def checksum(covered: bytes, crc_extra: int) -> int:
    """CRC-16/MCRF4XX of header and payload without the magic byte, then the message's seed."""
    return int(crc16.mcrf4xx(covered + bytes((crc_extra,))))
