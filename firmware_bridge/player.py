"""A recorded robot: plays a raw trace on a line, word by word, as the host asks again what it asked then.

The robot's words up to the host's next order are played at their pace; then the player waits for an order of the
same kind. A host that is quicker than the one in the trace is followed at once, a slower one is told the last status
until it goes on. At the end the last status is told until the host falls silent, so that it can read the last word.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

from firmware_bridge.framing import RawFrame
from firmware_bridge.messages import (
    ClimbStatus,
    CommandLong,
    Heartbeat,
    ParameterList,
    ParameterRead,
    ParameterSet,
)
from firmware_bridge.protocol import CONTROLLER, ROBOT_SYSTEM, Protocol
from firmware_bridge.simulator.wire_end import WireEnd
from firmware_bridge.trace import Direction, Record

ORDERS = (CommandLong, ParameterList, ParameterRead, ParameterSet)
WAIT_S = 0.01
REPEAT_S = 0.05
"""Between repetitions of the last status while the host is awaited."""
SILENT_S = 2.0
"""A host that sent nothing for so long has gone; its heartbeat comes ten times a second."""
Order = tuple[type, int]


class Player:
    """Plays one trace to one host."""

    def __init__(self, records: Iterable[Record], end: WireEnd, speed: float = 1.0) -> None:
        self._acts = _acts(records)
        self._end = end
        self._speed = speed
        self._ear = Protocol(ROBOT_SYSTEM, CONTROLLER)
        self._heard: list[Order] = []
        self._heard_s = self._repeated_s = 0.0
        self._last: dict[type, bytes] = {}

    def run(self, going_on: Callable[[], bool]) -> int:
        """Play to the end or until `going_on` says no; return how many orders were answered."""
        answered = 0
        for order, words in self._acts:
            if order is not None:
                if not self._await(order, going_on):
                    return answered
                answered += 1
            self._speak(words, going_on)
        self._linger(going_on)
        return answered

    def _speak(self, words: list[Record], going_on: Callable[[], bool]) -> None:
        began_s, first_us = time.monotonic(), words[0].time_us if words else 0
        for record in words:
            due_s = began_s + (record.time_us - first_us) / 1e6 / self._speed
            while not self._heard and (left_s := due_s - time.monotonic()) > 0 and going_on():
                self._listen(min(left_s, WAIT_S))
            self._end.write(record.data)
            self._remember(record.data)

    def _await(self, order: Order, going_on: Callable[[], bool]) -> bool:
        while going_on():
            while self._heard:
                if self._heard.pop(0) == order:
                    return True
            self._wait()
        return False

    def _linger(self, going_on: Callable[[], bool]) -> None:
        self._heard_s = time.monotonic()
        while going_on() and time.monotonic() - self._heard_s < SILENT_S:
            self._wait()

    def _wait(self) -> None:
        """Listen for a moment; the last status is repeated when it is due."""
        self._listen(WAIT_S)
        now_s = time.monotonic()
        if now_s - self._repeated_s >= REPEAT_S:
            self._repeated_s = now_s
            self._end.write(b"".join(self._last.values()))

    def _listen(self, wait_s: float) -> None:
        for packet in self._ear.receive(self._end.read(wait_s), time.monotonic()):
            self._heard_s = packet.received_s
            if isinstance(packet.message, ORDERS):
                self._heard.append(_kind(packet.message))

    def _remember(self, data: bytes) -> None:
        for frame in Protocol(ROBOT_SYSTEM, CONTROLLER).framer.feed(data, 0.0):
            kind = type(frame.layout.decode(frame.payload))
            if kind in (Heartbeat, ClimbStatus):
                self._last[kind] = data


def _kind(message: Any) -> Order:
    return type(message), message.command if isinstance(message, CommandLong) else 0


def _acts(records: Iterable[Record]) -> list[tuple[Order | None, list[Record]]]:
    """The trace as a play: the host's order that opens each act, and what the robot says in it."""
    acts: list[tuple[Order | None, list[Record]]] = [(None, [])]
    host = Protocol(255, 0)
    for record in records:
        if record.direction == Direction.ROBOT:
            acts[-1][1].append(record)
            continue
        for one in host.framer.segments(record.data, record.time_us / 1e6):
            message = one.layout.decode(one.payload) if isinstance(one, RawFrame) else None
            if isinstance(message, ORDERS) and not _repetition(message, acts[-1]):
                acts.append((_kind(message), []))
    return acts


def _repetition(message: Any, act: tuple[Order | None, list[Record]]) -> bool:
    """An order that went out again because its answer was slow opens no new act."""
    return isinstance(message, CommandLong) and message.confirmation > 0 and act[0] == _kind(message)
