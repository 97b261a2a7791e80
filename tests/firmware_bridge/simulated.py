"""Start a real simulator process for a test, with a flat picture instead of a rendered pole."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Simulated:
    """A running simulator and where it listens."""

    process: subprocess.Popen[str]
    robot: str
    camera: str


@contextmanager
def simulator(serial: str = "tcp://127.0.0.1:0", speed: str = "max", *more: str) -> Iterator[Simulated]:
    """Run until the block ends."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("flat_simulator.py")), serial, speed, *more],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    assert process.stdout is not None
    try:
        said = json.loads(process.stdout.readline())
        yield Simulated(process, said["robot"], said["camera"])
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
