"""Signals that stop a climb: Ctrl-C, a closed terminal, a system that shuts down. Once is enough."""

import signal
from types import FrameType, TracebackType
from typing import Self

from climber.saying import Saying

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class StopButton:
    """Remembers the first reason to stop; later ones change nothing. As a context it also listens for signals."""

    def __init__(self) -> None:
        self._reason: str | None = None
        self._before: dict[int, object] = {}

    @property
    def reason(self) -> str | None:
        """Why to stop, or None."""
        return self._reason

    def press(self, reason: str) -> None:
        """Ask for a stop; safe from any thread and from a signal handler."""
        if self._reason is None:
            self._reason = reason

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self.press(Saying("stopped by the operator ({signal})", signal=signal.Signals(number).name))
