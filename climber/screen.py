"""What the crew sees in the terminal during a climb: one line that moves, and messages above it."""

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from climber.mission import State
from firmware_bridge.types import Telemetry


def plain_console(stderr: bool = False) -> Console:
    """A console that prints texts as they are: no colouring of numbers, no markup, no folded paths."""
    return Console(stderr=stderr, highlight=False, markup=False, soft_wrap=True)


class Screen(Protocol):
    """What shows a climb; called from its loop, must return at once."""

    def tick(self, state: State, telemetry: Telemetry, frames: int) -> None:
        """A new control tick."""

    def say(self, message: str) -> None:
        """Something worth a line."""


EVERY = 20
"""Without a terminal (a log file, a pipe), one line each so many frames."""


class TerminalScreen:
    """A progress bar with state, height, battery and link; plain lines where there is no terminal."""

    def __init__(self, planned_frames: int, console: Console | None = None) -> None:
        self._console = console or plain_console(stderr=True)
        self._planned = planned_frames
        self._frames = -1
        self._bar = Progress(
            TextColumn("{task.description:<11}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("frames  {task.fields[status]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("idle", total=planned_frames, status="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def tick(self, state: State, telemetry: Telemetry, frames: int) -> None:
        """Show one control tick."""
        status = status_line(telemetry)
        self._bar.update(self._task, completed=frames, description=state.value, status=status)
        if not self._console.is_terminal and frames != self._frames and frames % EVERY == 0:
            self.say(f"{state.value}: {frames} of {self._planned} frames  {status}")
        self._frames = frames

    def say(self, message: str) -> None:
        """Print a line above the bar."""
        self._bar.console.print(message)


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


def status_line(telemetry: Telemetry) -> str:
    """Height, battery and link age in one short line."""
    battery = "battery ?" if telemetry.battery_percent is None else f"battery {telemetry.battery_percent:.0f} %"
    return f"{telemetry.height_m:5.2f} m  {battery}  link {telemetry.link_age_s * 1000:.0f} ms"
