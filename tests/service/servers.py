"""Start `highmast serve` as a process of its own."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0
"""A limit for what never comes, not for what comes late."""
EPHEMERAL = range(32768, 61000)
"""Ports that the system hands out: a client that looks for a server that is away may be given its very port."""


@dataclass
class Server:
    """A running service."""

    url: str
    sign_in: str
    data: Path
    process: subprocess.Popen[str]

    @property
    def key_file(self) -> Path:
        return self.data / "local.key"

    @property
    def key(self) -> str:
        return self.key_file.read_text().strip()

    def client(self, key: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key or self.key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE_S)


def highmast(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command and return what it printed."""
    return subprocess.run(
        [sys.executable, "-m", "climber", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def start(data: Path, *options: str, lines: int = 3) -> Server:
    """Start a service and wait until it says where it is."""
    if "--port" not in options:
        options = (*options, "--port", "0")
    with (data / "stderr.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "climber", "serve", "--data", str(data), *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    said = dict(line.split(": ", 1) for line in _lines(process, data, lines))
    return Server(said["service"].replace("0.0.0.0", "127.0.0.1"), said.get("sign in", ""), data, process)


def _lines(process: subprocess.Popen[str], data: Path, count: int) -> Iterator[str]:
    assert process.stdout
    for _ in range(count):
        line = process.stdout.readline().strip()
        assert line, (data / "stderr.log").read_text()
        yield line


@contextmanager
def serving(data: Path, *options: str, lines: int = 3) -> Iterator[Server]:
    """Serve until the block ends, then end it as an operator would; its log must hold no traceback."""
    data.mkdir(exist_ok=True)
    server = start(data, *options, lines=lines)
    try:
        yield server
    finally:
        stop(server, signal.SIGTERM)
    assert "Traceback" not in (data / "stderr.log").read_text()


def stop(server: Server, how: signal.Signals) -> None:
    """End the process with a signal and wait for its end."""
    server.process.send_signal(how)
    server.process.wait(PATIENCE_S)
    assert server.process.stdout
    server.process.stdout.close()


def free_port() -> int:
    """Return a port that was free a moment ago and that the system gives to nobody else."""
    while True:
        port = random.randrange(20_000, EPHEMERAL.start)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
