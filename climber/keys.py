"""Keys of the terminal during a climb: space, S or Escape stops."""

import os
import select
import sys
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

STOP_KEYS = b" sS\x1b"


class TerminalKeys:
    """Reads single keys while the context lasts; does nothing where standard input is no terminal."""

    def __init__(self, stop: Callable[[str], None]) -> None:
        self._stop = stop
        self._over = Event()
        self._thread: Thread | None = None
        self._before: Any = None

    def __enter__(self) -> Self:
        if os.name == "posix" and sys.stdin.isatty():
            import termios
            import tty

            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)  # keys at once, Ctrl-C still a signal
            self._thread = Thread(target=self._read, name="keys", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread is not None and self._before is not None:
            import termios

            self._thread.join()
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    def _read(self) -> None:
        descriptor = sys.stdin.fileno()
        while not self._over.is_set():
            ready, _, _ = select.select([descriptor], [], [], 0.2)
            key = os.read(descriptor, 1) if ready else b""
            if key and key in STOP_KEYS:
                self._stop("stopped by the operator (key)")
