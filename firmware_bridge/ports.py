"""Open a serial port, real or over a network, by its URL."""

import os
import socket

import serial

from firmware_bridge.errors import PortError

BAUD = 115200
WRITE_TIMEOUT_S = 0.5
"""Without one, a peer that does not read stops the writer for ever."""


def port_url(url: str) -> str:
    """The URL as pyserial knows it: tcp://HOST:PORT is socket://HOST:PORT."""
    return "socket://" + url.removeprefix("tcp://") if url.startswith("tcp://") else url


def open_port(url: str, baud: int = BAUD) -> serial.SerialBase:
    """Open a device path, COM port, tcp://, socket://, rfc2217:// or loop:// URL; PortError."""
    try:
        port = serial.serial_for_url(port_url(url), baudrate=baud, timeout=0, write_timeout=WRITE_TIMEOUT_S)
    except (serial.SerialException, OSError, ValueError) as error:
        raise PortError(f"cannot open {url}: {error}; check the cable and the name (`highmast doctor`)") from None
    if port_url(url).startswith("socket://"):
        _send_at_once(port.fileno())
    return port


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
