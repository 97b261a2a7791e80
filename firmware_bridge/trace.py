"""Keep every byte of a link, both ways, in two files; keys and signatures are blanked before they are written.

`NAME.tlog` holds the good frames as ground stations keep them: 8 bytes of big-endian microseconds since 1970, then
the frame. `NAME.raw` holds everything, also what was no frame: records of time, direction and length (RECORD).
"""

import contextlib
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from firmware_bridge.errors import ProtocolError
from firmware_bridge.framing import HEADER_BYTES, MAGIC, SIGNATURE_BYTES, SIGNED, RawFrame

RECORD = struct.Struct(">QBH")
"""Microseconds since 1970, direction, length of the bytes that follow."""
TIME = struct.Struct(">Q")
SETUP_SIGNING = (256).to_bytes(3, "little")
FLUSH_S = 1.0
LONGEST_RECORD = 0xFFFF


class Direction(IntEnum):
    """Who said it."""

    ROBOT = 0
    HOST = 1


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a raw trace."""

    time_us: int
    direction: Direction
    data: bytes


class Trace:
    """Writes both files. Used by the link's thread and by the sender, which take turns per record."""

    def __init__(self, base: Path) -> None:
        """Open BASE.tlog and BASE.raw; FileExistsError rather than overwrite one."""
        self._paths = [base.with_name(base.name + suffix) for suffix in (".tlog", ".raw")]
        self._tlog, self._raw = (path.open("xb") for path in self._paths)
        self._flushed_s = time.monotonic()
        self.failure: str | None = None
        """Why nothing more is kept, such as a full disk; None while all is."""

    def incoming(self, segments: Sequence[RawFrame | bytes]) -> None:
        """What came from the robot."""
        for one in segments:
            self._put(Direction.ROBOT, one.data if isinstance(one, RawFrame) else one, isinstance(one, RawFrame))

    def outgoing(self, frame: bytes) -> None:
        """One frame to the robot."""
        self._put(Direction.HOST, frame, is_frame=True)

    def close(self) -> None:
        """Flush and close; what the disk does not take is lost."""
        for file in (self._tlog, self._raw):
            with contextlib.suppress(OSError):
                file.close()

    def discard(self) -> None:
        """Close and remove both files: the line could not be opened, and the names are free for the next try."""
        self.close()
        for path in self._paths:
            path.unlink()

    def _put(self, direction: Direction, data: bytes, is_frame: bool) -> None:
        """Keep it, or end the trace: a disk that fails is no reason to lose the line, or a stop on it."""
        if self.failure is None:
            try:
                self._write(direction, data, is_frame)
            except OSError as error:
                self.failure = str(error)

    def _write(self, direction: Direction, data: bytes, is_frame: bool) -> None:
        now_us = time.time_ns() // 1000
        clean = without_secrets(data) if is_frame else data
        for at in range(0, len(clean), LONGEST_RECORD):
            part = clean[at : at + LONGEST_RECORD]
            self._raw.write(RECORD.pack(now_us, direction, len(part)) + part)
        if is_frame and data[7:10] != SETUP_SIGNING:
            self._tlog.write(TIME.pack(now_us) + clean)
        if time.monotonic() - self._flushed_s > FLUSH_S:
            self._flushed_s = time.monotonic()
            self._raw.flush()
            self._tlog.flush()


def without_secrets(frame: bytes) -> bytes:
    """The frame with its signature blanked, and its payload too if that is a key."""
    end = HEADER_BYTES + frame[1]
    payload = bytes(frame[1]) if frame[7:10] == SETUP_SIGNING else frame[HEADER_BYTES:end]
    tail = frame[end : end + 2] + (bytes(SIGNATURE_BYTES) if frame[2] & SIGNED else b"")
    return frame[:HEADER_BYTES] + payload + tail


def read_raw(path: Path) -> Iterator[Record]:
    """Records of a raw trace in order; a cut last record is left out. ProtocolError if it is no trace."""
    data = path.read_bytes()
    at = 0
    while at + RECORD.size <= len(data):
        time_us, direction, length = RECORD.unpack_from(data, at)
        at += RECORD.size
        if direction not in (Direction.ROBOT, Direction.HOST) or length == 0:
            raise ProtocolError(f"{path}: no record at byte {at - RECORD.size}; give a .raw file of --trace")
        if at + length > len(data):
            return
        yield Record(time_us, Direction(direction), data[at : at + length])
        at += length


def read_tlog(path: Path) -> Iterator[Record]:
    """Frames of a tlog in order, ours or a ground station's; frames of system 1 count as the robot's."""
    data, at = path.read_bytes(), 0
    while at + TIME.size + HEADER_BYTES < len(data):
        (time_us,) = TIME.unpack_from(data, at)
        at += TIME.size
        if data[at] != MAGIC:
            raise ProtocolError(f"{path}: no MAVLink 2 frame at byte {at}; give a .tlog or .raw file")
        length = HEADER_BYTES + data[at + 1] + 2 + (SIGNATURE_BYTES if data[at + 2] & SIGNED else 0)
        direction = Direction.ROBOT if data[at + 5] == 1 else Direction.HOST
        yield Record(time_us, direction, data[at : at + length])
        at += length


def read_trace(path: Path) -> Iterator[Record]:
    """Records of either kind of file, by its name; ProtocolError if it cannot be read."""
    if not path.is_file():
        raise ProtocolError(f"{path}: there is no such trace; give a .raw or .tlog file")
    return read_tlog(path) if path.suffix == ".tlog" else read_raw(path)
