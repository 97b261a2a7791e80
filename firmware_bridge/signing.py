"""MAVLink 2 signatures: SHA-256 over key and frame, and timestamps that must rise.

Unlike the generated class, a timestamp is remembered only after its signature was found right, and it can be
kept in a file, so that neither a forged frame nor a restart opens the door to a replay.
"""

import errno
import hashlib
import os
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from firmware_bridge.errors import ProtocolError
from firmware_bridge.framing import RawFrame

KEY_BYTES = 32
EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
TICKS_PER_S = 100_000
RESERVE_TICKS = TICKS_PER_S
"""The file is written ahead by this much, so that it need not be written for every frame; after a restart the
other side is heard again that much later."""

Stream = tuple[int, int, int]
"""System, component, link."""


def ticks_now() -> int:
    """Signing time: tens of microseconds since 2015."""
    return int((datetime.now(UTC) - EPOCH).total_seconds() * TICKS_PER_S)


class Signer:
    """Signs and checks frames with one shared key."""

    def __init__(
        self,
        key: bytes,
        link: int = 0,
        state: Path | None = None,
        clock: Callable[[], int] = ticks_now,
    ) -> None:
        if len(key) != KEY_BYTES:
            raise ProtocolError(f"a signing key has {KEY_BYTES} bytes, not {len(key)}")
        self._key = key
        self._link = link
        self._state = state
        self._floor, self._written = _read_floor(state), 0
        self._sent = max(clock(), self._floor)
        self._clock = clock
        self._streams: dict[Stream, int] = {}

    def signature(self, frame: bytes) -> bytes:
        """The 13 bytes that follow this frame."""
        self._sent = max(self._sent + 1, self._clock())
        self._keep(self._sent)
        head = struct.pack("<BQ", self._link, self._sent)[:7]
        return head + self._digest(frame + head)

    def accepts(self, raw: RawFrame) -> bool:
        """Whether the signature is right and newer than every right one of its stream (and of earlier runs)."""
        link, ticks = raw.data[-13], int.from_bytes(raw.data[-12:-6], "little")
        if self._digest(raw.data[:-6]) != raw.data[-6:]:
            return False
        stream = (raw.system, raw.component, link)
        if ticks <= self._streams.get(stream, self._floor):
            return False
        self._streams[stream] = ticks
        self._keep(ticks)
        return True

    def _digest(self, covered: bytes) -> bytes:
        return hashlib.sha256(self._key + covered).digest()[:6]

    def _keep(self, ticks: int) -> None:
        if self._state is None or ticks <= self._written:
            return
        try:
            _write_time(self._state, ticks + RESERVE_TICKS)
        except OSError as error:
            if not self._written and error.errno != errno.ENOSPC:
                raise  # a place that cannot be written at all is said before anything moves
            # a disk that fills up or fails later is no reason not to sign a stop
        self._written = ticks + RESERVE_TICKS


def _write_time(state: Path, ticks: int) -> None:
    partial = state.with_suffix(".tmp")
    with partial.open("w") as file:
        file.write(f"{ticks}\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(state)


def _read_floor(state: Path | None) -> int:
    if state is None or not state.exists():
        return 0
    words = state.read_text().strip()
    if not words.isdigit():
        raise ProtocolError(f"{state} should hold one whole number, not {words[:40]!r}; restore it from a copy")
    return int(words)
