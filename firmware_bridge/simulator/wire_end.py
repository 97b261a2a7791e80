"""The robot's end of the line: a pseudo-terminal or a TCP server with one client, as a serial port has."""

import contextlib
import errno
import os
import select
import socket
import tty
from typing import Protocol
from urllib.parse import urlsplit

READ_BYTES = 4096


class WireEnd(Protocol):
    """Bytes in and out; `url` is what the host opens."""

    url: str

    def read(self, wait_s: float) -> bytes:
        """What came; waits up to `wait_s` for it."""

    def write(self, data: bytes) -> None:
        """Send; dropped when nobody listens or the line is full, as a UART does."""

    def close(self) -> None:
        """Release."""


def open_wire_end(url: str) -> WireEnd:
    """`pty` or tcp://HOST:PORT (port 0 = any free one)."""
    if url == "pty":
        return PtyEnd()
    parts = urlsplit(url)
    if parts.scheme not in ("tcp", "socket") or parts.hostname is None:
        raise ValueError(f"serial is {url!r}; give pty or tcp://HOST:PORT")
    return TcpEnd(parts.hostname, parts.port or 0)


class PtyEnd:
    """A pseudo-terminal; the host opens its other side like a serial device."""

    def __init__(self) -> None:
        self.master, self._slave = os.openpty()
        """The robot's side."""
        tty.setraw(self._slave)  # kept open here, so that a host may come and go
        os.set_blocking(self.master, False)
        self.url = os.ttyname(self._slave)

    def read(self, wait_s: float) -> bytes:
        """What came."""
        ready, _, _ = select.select([self.master], [], [], wait_s)
        return os.read(self.master, READ_BYTES) if ready else b""

    def write(self, data: bytes) -> None:
        """Send what fits."""
        with contextlib.suppress(BlockingIOError):
            os.write(self.master, data)

    def close(self) -> None:
        """Hang up."""
        os.close(self.master)
        os.close(self._slave)


class TcpEnd:
    """A TCP server for one client at a time; a second one is turned away."""

    def __init__(self, host: str, port: int) -> None:
        self._server = socket.create_server((host, port))
        self._server.setblocking(False)
        self._client: socket.socket | None = None
        self.url = f"tcp://{host}:{self._server.getsockname()[1]}"

    def read(self, wait_s: float) -> bytes:
        """What came; also lets a client in."""
        watched = [self._server] if self._client is None else [self._server, self._client]
        ready, _, _ = select.select(watched, [], [], wait_s)
        if self._server in ready:
            self._let_in()
        if self._client is None or self._client not in ready:
            return b""
        try:
            data = self._client.recv(READ_BYTES)
        except OSError:
            data = b""
        if not data:
            self._drop()
        return data

    def write(self, data: bytes) -> None:
        """Send what fits."""
        if self._client is None:
            return
        try:
            self._client.send(data)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.EAGAIN:
                self._drop()

    def close(self) -> None:
        """Close server and client."""
        self._drop()
        self._server.close()

    def _let_in(self) -> None:
        client, _ = self._server.accept()
        if self._client is not None:
            client.close()
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
