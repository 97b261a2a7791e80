"""Keys of the terminal during a climb. Space, S or Escape stops; the others ask for something."""

import os
import select
import sys
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from climber.crew import Crew, Order
from climber.modes import Mode
from climber.saying import Saying

STOP_KEYS = {b" ", b"s", b"S", b"\x1b"}
ARROWS = {b"\x1b[A": (1.0, 0.0), b"\x1b[B": (-1.0, 0.0), b"\x1b[C": (0.0, 1.0), b"\x1b[D": (0.0, -1.0)}
"""Up and turn; a held key repeats by itself, and each repeat renews the jog."""
ORDERS = {b"n": Order.NEXT, b"\r": Order.NEXT, b"\n": Order.NEXT, b"p": Order.PHOTOGRAPH, b"a": Order.AGAIN}
REASONS = {
    b"1": Saying("hidden by a fitting"),
    b"2": Saying("weather or light"),
    b"3": Saying("time or battery"),
    b"4": Saying("will be photographed another way"),
}
"""Why gaps are accepted, on keys that gloves can find."""
BY_NUMBER = Saying(
    "1 {one}, 2 {two}, 3 {three}, 4 {four}", **dict(zip(("one", "two", "three", "four"), REASONS.values(), strict=True))
)
KEYS = {
    Mode.AUTO: "SPACE stop   D come down",
    Mode.SEMI: "SPACE stop   N next   D come down",
    Mode.HAND: "SPACE stop   hold ARROWS to run   P photograph   D come down",
}
"""The keys that matter, by mode."""
ONLY_STOP = Saying("SPACE stop")
BY_KEY = Saying("stopped by the operator (key)")
DOWN_BY_KEY = Saying("the operator asked to come down (key)")


def press(keys: bytes, stop: Callable[[str], None], crew: Crew) -> None:
    """Do what a chunk of pressed keys means; a stop comes first wherever it stands. Unknown keys do nothing."""
    pressed = split(keys)
    if STOP_KEYS.intersection(pressed):
        stop(BY_KEY)
        return
    for key in pressed:
        if key in ARROWS:
            crew.jog(*ARROWS[key])
        elif key in REASONS:
            crew.ask(Order.ACCEPT, REASONS[key])
        elif key.lower() == b"d":
            crew.ask(Order.DOWN, DOWN_BY_KEY)
        elif key.lower() in ORDERS:
            crew.ask(ORDERS[key.lower()])


def split(keys: bytes) -> list[bytes]:
    """Cut what a terminal sent into keys. A torn arrow leaves an Escape, which stops: the safe side."""
    pressed = []
    while keys:
        length = 3 if keys[:3] in ARROWS else 1
        pressed.append(keys[:length])
        keys = keys[length:]
    return pressed


class TerminalKeys:
    """Reads keys while the context lasts; does nothing where standard input is no terminal."""

    def __init__(self, stop: Callable[[str], None], crew: Crew) -> None:
        self._stop = stop
        self._crew = crew
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
            try:
                keys = os.read(descriptor, 64) if ready else None
            except OSError:
                return  # the terminal is gone; SIGHUP has stopped the climb
            if keys == b"":
                return
            if keys:
                press(keys, self._stop, self._crew)
