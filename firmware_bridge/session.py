"""The conversation with one robot: heartbeat, telemetry, orders with their acknowledgement, parameters.

Everything happens in `tick`, which the control loop calls. Nothing here runs by itself.
"""

import time
from collections import deque
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from firmware_bridge.errors import LinkLost, PortError, Refused, RobotFault
from firmware_bridge.link import Link
from firmware_bridge.messages import (
    ClimbStatus,
    CommandAck,
    CommandLong,
    Heartbeat,
    ParameterList,
    ParameterValue,
    Result,
    StatusText,
)
from firmware_bridge.orders import IN_WORDS, Command, Refusal
from firmware_bridge.protocol import CONTROLLER, ROBOT_SYSTEM
from firmware_bridge.telemetry import TelemetryFold
from firmware_bridge.types import Telemetry
from firmware_bridge.wire import BY_CLASS

Motion = Generator[Telemetry, None, None]
T = TypeVar("T")

TICK_S = 0.05
HEARTBEAT_S = 0.05
"""At every tick. With one byte in a hundred damaged a fifth of the heartbeats is lost: ten a second would then trip the
robot's watchdog (0.5 s) every two minutes, twenty do it once in some days."""
LOST_S = 1.0
"""Silence after which the link counts as lost until the robot's own limit is known."""
PATIENCE = 2.0
"""Times the silence after which the robot holds by itself (LINK_TIMEOUT)."""
OPEN_S = 5.0
ACK_S = 0.25
REOPEN_S = 0.2
"""Between looks for a port that went away."""
ORDERS = 8
"""Times an order goes out before its silence counts as a lost link."""
REPLIES = 512
MAV_TYPE_GCS, MAV_AUTOPILOT_INVALID, MAV_STATE_ACTIVE = 6, 8, 4


class Session:
    """What host and robot say to each other over one link."""

    def __init__(self, link: Link, clock: Callable[[], float] = time.monotonic) -> None:
        self.link = link
        self.fold = TelemetryFold()
        self.words: deque[str] = deque(maxlen=20)
        """The robot's latest status texts."""
        self.lost_s = LOST_S
        """Silence after which the link counts as lost."""
        self._clock = clock
        self._replies: deque[Any] = deque(maxlen=REPLIES)
        self.beat_s = 0.0
        """When the last heartbeat went out, host monotonic clock."""
        self._boot_id: int | None = None

    def tick(self, wait_s: float = TICK_S) -> Telemetry:
        """Send the heartbeat if it is due, take what came (waiting up to `wait_s`); LinkLost, RobotFault."""
        self._beat()
        self.poll(wait_s)
        status = self.fold.status
        if status is None:
            raise LinkLost(f"{self.link.url}: no status from the robot yet; open it first")
        self._supervise(status)
        return self.fold.telemetry(self._clock())

    def poll(self, wait_s: float) -> None:
        """Take what came."""
        for packet in self.link.receive(wait_s):
            if packet.system != ROBOT_SYSTEM:
                continue
            self.fold.add(packet)
            if isinstance(packet.message, StatusText):
                self.words.append(packet.message.text)
            elif not isinstance(packet.message, ClimbStatus | Heartbeat):
                self._replies.append(packet.message)

    def reconnect(self, limit_s: float) -> Telemetry:
        """Open a failed line again and hear the robot; LinkLost after the limit. Nothing moves: a robot that held or
        restarted meanwhile stays as it is until it is armed."""
        give_up_s = self._clock() + limit_s
        while self.link.failure is not None:
            try:
                self.link.reopen()
            except PortError as error:
                if self._clock() > give_up_s:
                    raise LinkLost(f"{error}; not back within {limit_s:g} s") from None
                self.link.receive(REOPEN_S)
        self.fold, self._boot_id = TelemetryFold(), None
        self._replies.clear()
        self.wait_for(lambda: None, lambda: self.fold.status, "status")
        return self.tick(wait_s=0.0)

    def _beat(self) -> None:
        now_s = self._clock()
        if now_s - self.beat_s >= HEARTBEAT_S:
            self.beat_s = now_s
            self.link.send(Heartbeat(MAV_TYPE_GCS, MAV_AUTOPILOT_INVALID, 0, 0, MAV_STATE_ACTIVE))

    def _supervise(self, status: ClimbStatus) -> None:
        silent_s = self._clock() - self.fold.heard_s
        if self.link.failure is not None or silent_s > self.lost_s:
            why = self.link.failure or f"nothing valid for {silent_s:.1f} s (limit {self.lost_s:g} s)"
            raise LinkLost(f"{self.link.url}: {why}; the robot holds by itself. Check cable and power, reconnect")
        if self._boot_id is None:
            self._boot_id = status.boot_id
        elif status.boot_id != self._boot_id:
            raise RobotFault("the controller restarted (boot id changed); it is disarmed: connect again")

    def replies(self, kind: type[T]) -> list[T]:
        """Take the waiting replies of this kind, oldest first."""
        found = [one for one in self._replies if isinstance(one, kind)]
        for one in found:
            self._replies.remove(one)
        return found

    def send_order(self, command: int, *parameters: float | None, again: int = 0) -> None:
        """Send a command without waiting; a parameter None goes out as NaN, `not given`."""
        p = (*parameters, *(0.0,) * (7 - len(parameters)))
        self.link.send(CommandLong(ROBOT_SYSTEM, CONTROLLER, command, again, *p))

    def order(self, command: int, *parameters: float | None) -> Motion:
        """Send a command, again if need be, until it is acknowledged; Refused, LinkLost."""
        self.replies(CommandAck)
        for again in range(ORDERS):
            self.tick(wait_s=0.0)
            self.send_order(command, *parameters, again=again)
            until_s = self._clock() + ACK_S
            while (left_s := until_s - self._clock()) > 0:
                yield self.tick(min(left_s, TICK_S))
                if self.acknowledged(command):
                    return
        raise LinkLost(f"{self.link.url}: {_name(command)} was not acknowledged in {ORDERS} tries; check the line")

    def acknowledged(self, command: int) -> bool:
        """Whether an acknowledgement of the command has come; Refused if it was a no."""
        acks = [ack for ack in self.replies(CommandAck) if ack.command == command]
        for ack in acks:
            if ack.result not in (Result.ACCEPTED, Result.IN_PROGRESS):
                raise Refused(f"{_name(command)}: {_why(ack)}", ack.reason)
        return any(ack.result == Result.ACCEPTED for ack in acks)

    def ask(self, kind: type[T]) -> T:
        """Request one message by its class, again if need be; LinkLost."""
        message_id = BY_CLASS[kind].message_id
        return self.wait_for(
            lambda: self.send_order(Command.REQUEST_MESSAGE, message_id),
            lambda: next(iter(self.replies(kind)), None),
            kind.__name__,
        )

    def ask_parameters(self) -> dict[str, float]:
        """All parameters of the robot; LinkLost."""
        values: dict[str, ParameterValue] = {}

        def complete() -> dict[str, float] | None:
            values.update({value.name: value for value in self.replies(ParameterValue)})
            whole = values and len(values) >= next(iter(values.values())).count
            return {name: value.value for name, value in sorted(values.items())} if whole else None

        known = self.wait_for(lambda: self.link.send(ParameterList(ROBOT_SYSTEM, CONTROLLER)), complete, "parameters")
        self.lost_s = PATIENCE * known.get("LINK_TIMEOUT", LOST_S / PATIENCE)
        return known

    def wait_for(self, send: Callable[[], None], found: Callable[[], T | None], what: str) -> T:
        """Send every 0.25 s until something is found; LinkLost after OPEN_S."""
        give_up_s, next_s = self._clock() + OPEN_S, 0.0
        while (now_s := self._clock()) < give_up_s:
            self._beat()
            if now_s >= next_s:
                send()
                next_s = now_s + ACK_S
            self.poll(TICK_S)
            if (result := found()) is not None:
                return result
            if self.link.failure is not None:
                break
        why = self.link.failure or f"no {what} within {OPEN_S:g} s"
        raise LinkLost(f"{self.link.url}: {why}; is this the robot's port, and is it switched on?")


def _why(ack: CommandAck) -> str:
    try:
        return IN_WORDS[Refusal(ack.reason)]
    except ValueError:
        return f"refused ({ack.result.name}, reason {ack.reason})"


def _name(command: int) -> str:
    return Command(command).name if command in set(Command) else f"command {command}"
