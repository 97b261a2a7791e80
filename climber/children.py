"""Programs that a command starts beside itself and ends with itself: simulator, service."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from climber.errors import HighmastError


class Child:
    """A `highmast` subcommand in a process of its own, ready when it has printed all the lines it promised."""

    def __init__(self, log: Path, *arguments: str) -> None:
        """`log` keeps what the program says on standard error."""
        self._log = log
        self._arguments = arguments
        self.said: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._errors = self._log.open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "climber", *self._arguments], stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        return self

    def wait_for(self, *keys: str) -> None:
        """Read until every key was said, in a line of JSON or as `key: value`.

        Raises HighmastError when the program ends before.
        """
        assert self._process.stdout is not None
        while not all(key in self.said for key in keys):
            line = self._process.stdout.readline()
            if not line:
                raise HighmastError(
                    f"`highmast {self._arguments[0]}` ended with status {self._process.wait()}; see {self._log}"
                )
            self.said |= json.loads(line) if line.startswith("{") else dict([line.rstrip("\n").partition(": ")[::2]])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()
