"""What the crew asks for during a climb, by key or page: orders that wait, and a jog that lasts while it is held.

Any thread may ask; only the climb's loop takes. A stop does not pass through here (`stopping.StopButton`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from queue import Empty, SimpleQueue

JOG_S = 0.3
"""A jog wish that is not renewed within this is over: hold to run."""


class Order(Enum):
    """What a crew can ask for besides a stop."""

    NEXT = "next"
    """Go to the next station (semi)."""
    PHOTOGRAPH = "photograph"
    """Take a photograph here (by hand)."""
    DOWN = "down"
    """Come down to the ground."""
    AGAIN = "again"
    """Photograph the gaps again."""
    ACCEPT = "accept"
    """Leave the gaps, for the reason given."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An order with its words: the reason of an ACCEPT, and by which way it came."""

    order: Order
    words: str = ""


class Crew:
    """The crew's wishes. `present` is False where nobody can answer: a script on a simulator."""

    def __init__(self, present: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self.present = present
        self.down_reason: str | None = None
        """Why to come down; the first reason stays."""
        self._clock = clock
        self._asked: SimpleQueue[Asked] = SimpleQueue()
        self._jog: tuple[float, float, float] = (0.0, 0.0, float("-inf"))

    def ask(self, order: Order, words: str = "") -> None:
        """Ask for something."""
        if order is Order.DOWN:
            self.down_reason = self.down_reason or words
        else:
            self._asked.put(Asked(order, words))

    def jog(self, up: float, turn: float) -> None:
        """Run by hand: fractions of the climbing speed (up positive) and of the turning speed (clockwise positive).

        Lasts JOG_S, so whoever holds the key renews it. ValueError outside -1 to 1.
        """
        if not (-1 <= up <= 1 and -1 <= turn <= 1):
            raise ValueError(f"jog by up {up:g}, turn {turn:g}: both are fractions from -1 to 1")
        self._jog = (up, turn, self._clock())

    def jogging(self) -> tuple[float, float] | None:
        """Up and turn as long as they are held, else None."""
        up, turn, at_s = self._jog
        held = self._clock() - at_s <= JOG_S and (up or turn)
        return (up, turn) if held else None

    def forget(self) -> None:
        """Drop the orders that wait: what was asked before a question is no answer to it."""
        self.take()

    def take(self, *orders: Order) -> Asked | None:
        """Take the oldest order of these kinds; others that came before it were not for now and are dropped."""
        while True:
            try:
                asked = self._asked.get_nowait()
            except Empty:
                return None
            if asked.order in orders:
                return asked
