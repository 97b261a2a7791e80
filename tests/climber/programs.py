"""Real programs for the tests: a simulator process on a short pole, and `highmast` commands beside it."""

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.climber.quick_model import QUICK

T = TypeVar("T")

POLE = """
code = "T-1"
height_m = 2.0
base_diameter_mm = 220
top_diameter_mm = 180
seed = 5
"""

PATIENT = "LINK_TIMEOUT=4"
"""A busy test machine may silence either side for a while; robot and host take their patience from this parameter."""


@dataclass(frozen=True, slots=True)
class Simulator:
    """A running simulator and where it can be reached."""

    process: subprocess.Popen[str]
    robot: str
    camera: str
    pole: Path
    model: Path | None = QUICK
    """None = the one in production."""

    def climb(self, *options: str) -> list[str]:
        """The command line of a climb on this simulator."""
        where = ["--robot", self.robot, "--camera", self.camera, "--pole", str(self.pole)]
        if self.model is not None:
            where += ["--model", str(self.model)]
        return [sys.executable, "-m", "climber", "climb", *where, *options]


@contextmanager
def simulator(folder: Path, *options: str, pole: str = POLE, model: Path | None = QUICK) -> Iterator[Simulator]:
    """Start a simulator on a free TCP port; it is ready when this yields."""
    pole_file = folder / "pole.toml"
    pole_file.write_text(pole)
    command = [sys.executable, "-m", "climber", "simulate", "--pole", str(pole_file)]
    command += ["--serial", "tcp://127.0.0.1:0", "--camera", "http://127.0.0.1:0", "--set", PATIENT, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            urls = json.loads(process.stdout.readline())
            yield Simulator(process, urls["robot"], urls["camera"], pole_file, model)
        finally:
            process.kill()


def wait_for_lines(record: Path, lines: int, process: "subprocess.Popen[str]") -> None:
    """Follow a growing record until it has so many lines; fails when the climb ends before."""
    wait_while_running(process, lambda: record.exists() and record.read_bytes().count(b"\n") >= lines)


def wait_for_words(told: Path, pattern: str, process: "subprocess.Popen[str]") -> str:
    """Follow what a program writes to a file until a pattern is in it, and return the match. A file, not a pipe: a
    full or inherited pipe can hold up program or test."""
    found = wait_while_running(process, lambda: re.search(pattern, told.read_text()))
    return str(found[0])


def wait_while_running(process: "subprocess.Popen[str]", look: Callable[[], T]) -> T:
    """Look again and again until there is something; fails when the process ends before."""
    while process.poll() is None:
        if found := look():
            return found
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.02)
    if found := look():
        return found
    raise AssertionError(f"the program ended with {process.returncode} before it came so far")
