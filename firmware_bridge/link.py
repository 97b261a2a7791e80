"""The line to the robot: one thread owns the port; packets wait in a bounded inbox for the control loop.

The thread only moves bytes. It sends no heartbeat of its own, so that a control loop that hangs falls silent.
"""

import contextlib
import os
import select
import threading
import time
from collections import deque
from typing import Any

import serial

from firmware_bridge.errors import LinkLost
from firmware_bridge.ports import close_port, descriptor, open_port
from firmware_bridge.protocol import Packet, Protocol

INBOX_PACKETS = 4096
"""Over half a minute of telemetry; older packets make room."""
READ_BYTES = 4096


class Link:
    """A port, a protocol and the thread between them."""

    def __init__(self, url: str, protocol: Protocol) -> None:
        self.url = url
        self.protocol = protocol
        self.failure: str | None = None
        """Why the line is dead; None while it lives."""
        self._port = open_port(url)
        self._inbox: deque[Packet] = deque(maxlen=INBOX_PACKETS)
        self._outbox: deque[bytes] = deque()
        self._arrived = threading.Event()
        self._encoding = threading.Lock()
        self._closing = False
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._thread = self._started()

    def reopen(self) -> None:
        """Open the port again after a failure, by the same name; PortError while it is away. Sends nothing."""
        self._thread.join()
        port = open_port(self.url)
        self._port, self.failure = port, None
        self._inbox.clear()
        self._outbox.clear()  # what was meant for the line before is not for this one
        self._thread = self._started()

    def _started(self) -> threading.Thread:
        thread = threading.Thread(target=self._run, name=f"link {self.url}", daemon=True)
        thread.start()
        return thread

    def send(self, message: Any) -> None:
        """Queue a message; ProtocolError if it does not fit the wire, LinkLost if the line is dead."""
        with self._encoding:
            self.send_bytes(self.protocol.encode(message))

    def send_bytes(self, data: bytes) -> None:
        """Queue bytes as they are; LinkLost if the line is dead."""
        if self.failure is not None:
            raise LinkLost(f"{self.url}: {self.failure}; check cable and power, then connect again")
        self._outbox.append(data)
        self._wake()

    def receive(self, wait_s: float) -> list[Packet]:
        """What came since the last call; waits up to `wait_s` for the first packet."""
        self._arrived.wait(wait_s)
        self._arrived.clear()
        packets = []
        while self._inbox:
            packets.append(self._inbox.popleft())
        return packets

    def nudge(self) -> None:
        """End a wait in `receive` early; any thread."""
        self._arrived.set()

    def close(self) -> None:
        """Send what is queued and release the port."""
        self._closing = True
        self._wake()
        self._thread.join(timeout=2.0)
        close_port(self._port)
        if self.protocol.trace is not None:
            self.protocol.trace.close()
        os.close(self._wake_write)
        os.close(self._wake_read)

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # full: then nobody needs waking, or nobody empties it
            os.write(self._wake_write, b"\0")

    def _run(self) -> None:
        try:
            while not self._closing:
                self._wait()
                self._take(self._port.read(READ_BYTES))
                self._flush()
        except (OSError, TypeError) as error:
            # SerialException is an OSError; pyserial raises TypeError when the port closes under a read
            self.failure = str(error) or type(error).__name__
            # at once: while a stale handle is open, the device comes back under another name
            close_port(self._port)
        self._arrived.set()

    def _wait(self) -> None:
        number = descriptor(self._port)
        if number is None:
            return
        ready, _, _ = select.select([number, self._wake_read], [], [], 0.5)
        if self._wake_read in ready:
            os.read(self._wake_read, READ_BYTES)

    def _take(self, data: bytes) -> None:
        if not data:
            return
        packets = self.protocol.receive(data, time.monotonic())
        if packets:
            self._inbox.extend(packets)
            self._arrived.set()

    def _flush(self) -> None:
        while self._outbox:
            try:
                self._port.write(self._outbox.popleft())
            except serial.SerialTimeoutException:
                # it may have gone out or not: commands are idempotent and repeated by the control loop
                return
