"""What the crew sees in the terminal during a climb: a panel that moves, and messages above it."""

import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live

from climber.mission import State
from climber.panel import Panels, Scene
from climber.saying import ENGLISH, Saying, in_language
from climber.time_left import TimeLeft
from firmware_bridge.types import Telemetry


def plain_console(stderr: bool = False) -> Console:
    """A console that prints texts as they are: no colouring of numbers, no markup, no folded paths."""
    return Console(stderr=stderr, highlight=False, markup=False, soft_wrap=True)


class Screen(Protocol):
    """What shows a climb; called from its loop, must return at once."""

    def tick(self, state: State, telemetry: Telemetry, frames: int) -> None:
        """A new control tick."""

    def say(self, message: str) -> None:
        """Something worth a line; a Saying can be shown in the crew's language."""

    def gaps(self, gaps: tuple[str, ...]) -> None:
        """What is not seen well enough before coming down; empty when nothing is left."""


EVERY = 20
"""Without a terminal (a log file, a pipe), one line each so many frames."""
DRAWN_PER_S = 5
SAID_GAPS = 8


class TerminalScreen:
    """A panel at the bottom of the terminal; plain lines where there is no terminal."""

    def __init__(self, panels: Panels, left: TimeLeft, console: Console, language: str = ENGLISH) -> None:
        self._panels = panels
        self._left = left
        self._console = console
        self._language = language
        self._frames = -1
        self._drawn_s = 0.0
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def tick(self, state: State, telemetry: Telemetry, frames: int) -> None:
        """Show one control tick."""
        now_s = time.monotonic()
        scene = Scene(state, telemetry, frames, self._left.left_s(now_s, frames))
        if self._console.is_terminal and now_s - self._drawn_s >= 1 / DRAWN_PER_S:
            self._drawn_s = now_s
            self._live.update(self._panels.draw(scene), refresh=True)
        elif not self._console.is_terminal and frames != self._frames and frames % EVERY == 0:
            self._console.print(self._panels.line(scene))
        self._frames = frames

    def say(self, message: str) -> None:
        """Print a line above the panel."""
        self._console.print(in_language(message, self._language))

    def gaps(self, gaps: tuple[str, ...]) -> None:
        """Print the largest."""
        for gap in gaps[:SAID_GAPS]:
            self.say(Saying("not seen: {gap}", gap=gap))


class Both:
    """Two screens that show the same climb."""

    def __init__(self, first: Screen, second: Screen) -> None:
        self._screens = (first, second)

    def tick(self, state: State, telemetry: Telemetry, frames: int) -> None:
        """Show one control tick on both."""
        for screen in self._screens:
            screen.tick(state, telemetry, frames)

    def say(self, message: str) -> None:
        """Print a line on both."""
        for screen in self._screens:
            screen.say(message)

    def gaps(self, gaps: tuple[str, ...]) -> None:
        """Show the gaps on both."""
        for screen in self._screens:
            screen.gaps(gaps)
