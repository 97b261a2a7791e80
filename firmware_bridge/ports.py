"""Open a serial port, real or over a network, by its URL."""

import os
import socket

import serial

from firmware_bridge.errors import PortError

BAUD = 115200
WRITE_TIMEOUT_S = 0.5
"""Without one, a peer that does not read stops the writer for ever. An rfc2217:// port has 5 s of its own."""
POLL_S = 0.005
"""Longest read of a port that cannot be waited for (Windows COM, loop://, rfc2217://)."""


def port_url(url: str) -> str:
    """The URL as pyserial knows it: tcp://HOST:PORT is socket://HOST:PORT."""
    return "socket://" + url.removeprefix("tcp://") if url.startswith("tcp://") else url


def open_port(url: str, baud: int = BAUD) -> serial.SerialBase:
    """Open a device path, COM port, tcp://, socket://, rfc2217:// or loop:// URL; PortError."""
    limit_s = None if url.startswith("rfc2217://") else WRITE_TIMEOUT_S
    try:
        port = serial.serial_for_url(port_url(url), baudrate=baud, timeout=0, write_timeout=limit_s)
    except (serial.SerialException, OSError, ValueError) as error:
        raise PortError(f"cannot open {url}: {error}; check the cable and the name (`highmast doctor`)") from None
    if descriptor(port) is None:
        port.timeout = POLL_S  # one that does not wait at all would return a byte at a time
    elif port_url(url).startswith("socket://"):
        _send_at_once(port.fileno())
    return port


def descriptor(port: serial.SerialBase) -> int | None:
    """What `select` can wait for; None where there is no such thing, and reading itself waits up to POLL_S."""
    try:
        return int(port.fileno())
    except (AttributeError, OSError):
        return None


def close_port(port: serial.SerialBase) -> None:
    """Close a port for certain: pyserial leaves a socket open when the peer has gone first."""
    within = getattr(port, "_socket", None)
    port.close()
    if within is not None:
        within.close()


def _send_at_once(number: int) -> None:
    """Switch off the TCP sender's waiting for more: commands are small and urgent."""
    with socket.socket(fileno=os.dup(number)) as same:
        same.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
