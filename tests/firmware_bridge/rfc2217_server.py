"""A serial server as RFC 2217 has it, in front of a simulator on TCP: pyserial's own server side.

python rfc2217_server.py HOST:PORT     prints its URL, serves one client
"""

import socket
import sys
import threading

import serial
from serial.rfc2217 import PortManager


class Client:
    """The telnet side, as PortManager wants it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._turn = threading.Lock()

    def write(self, data: bytes) -> None:
        """Send."""
        with self._turn:
            self._connection.sendall(data)


def main(address: str) -> None:
    """Serve until the client goes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(f"rfc2217://127.0.0.1:{server.getsockname()[1]}", flush=True)
        connection, _ = server.accept()
    port = serial.serial_for_url(f"socket://{address}", timeout=0.05)
    client = Client(connection)
    manager = PortManager(port, client)

    def towards_the_client() -> None:
        while True:
            client.write(b"".join(manager.escape(port.read(port.in_waiting or 1))))

    threading.Thread(target=towards_the_client, daemon=True).start()
    while data := connection.recv(1024):
        port.write(b"".join(manager.filter(data)))


if __name__ == "__main__":
    main(sys.argv[1])
