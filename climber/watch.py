"""The control loop of a climb: pulls the robot's motions tick by tick and judges every tick before anything else.

Pulling sends the robot's heartbeat, so a climb program that hangs makes the robot hold.
"""

import math
from collections.abc import Callable, Generator
from typing import TypeVar

from climber.crew import Crew
from climber.mission import Event, State, step
from climber.modes import Mode
from climber.safety import PROCEED, Action, Limits, Verdict, judge, stops
from climber.screen import Screen
from firmware_bridge.robot import Robot
from firmware_bridge.types import Telemetry

T = TypeVar("T")


class Interrupt(Exception):
    """A verdict that ends the way up."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


class Watch:
    """State of the mission, and the tick that guards it. `stop_reason` is asked at every tick; a text from it stops."""

    def __init__(
        self,
        robot: Robot,
        screen: Screen,
        limits: Limits,
        crew: Crew,
        mode: Mode,
        stop_reason: Callable[[], str | None],
    ) -> None:
        self.state = State.IDLE
        self.robot = robot
        self.screen = screen
        self.limits = limits
        self.crew = crew
        self.frames = 0
        """Confirmed so far, for the screens."""
        self.spent_s: dict[str, float] = {}
        """Seconds of the robot's clock by phase: each state, and what was waited for."""
        self.vision_s = 0.0
        """Seconds that frames waited to be handed over to vision."""
        self.stop_reason = stop_reason
        self._by_hand = mode is Mode.HAND
        self._coming_down = False
        self._now_s = self._since_s = robot.telemetry.time_boot_s

    def happened(self, event: Event) -> None:
        """Go to the next state; from DESCEND on, only what stops is still judged."""
        self._spend(self.state.value)
        self.state = step(self.state, event)
        self._coming_down = self.state is State.DESCENDING

    def follow(self, motion: Generator[Telemetry, None, T]) -> T:
        """Pull a motion to its end; returns its result. Raises Interrupt when a tick is not well."""
        while True:
            try:
                telemetry = next(motion)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            self._tick(telemetry)

    def hold_until(self, look: Callable[[], T | None], waiting_for: str, limit_s: float = math.inf) -> T | None:
        """Keep station until `look` gives something, at most `limit_s` (a crew may take its time: nothing moves before
        it answers); the time counts as `waiting_for`."""
        began_s = self._now_s
        found = look()
        if found is None:
            for telemetry in self.robot.hold(limit_s):
                self._tick(telemetry)
                if (found := look()) is not None:
                    break
        waited_s = self._now_s - began_s
        self.spent_s[waiting_for] = self.spent_s.get(waiting_for, 0.0) + waited_s
        self._since_s += waited_s
        return found

    def _spend(self, phase: str) -> None:
        self.spent_s[phase] = self.spent_s.get(phase, 0.0) + self._now_s - self._since_s
        self._since_s = self._now_s

    def _tick(self, telemetry: Telemetry) -> None:
        """Show a control tick and judge it."""
        self._now_s = telemetry.time_boot_s
        self.screen.tick(self.state, telemetry, self.frames)
        verdict = self._judge(telemetry)
        if verdict.action is not Action.PROCEED:
            raise Interrupt(verdict)

    def _judge(self, telemetry: Telemetry) -> Verdict:
        stop_reason = self.stop_reason()
        if self._coming_down:  # energy and wind already ask for this very motion
            return stops(telemetry, self.limits, stop_reason) or PROCEED
        if self.state is State.CHECKING:  # a robot latched from before is what arming clears or refuses
            return Verdict(Action.STOP, stop_reason) if stop_reason else PROCEED
        down_reason = None if self._by_hand else self.crew.down_reason  # by hand, coming down is how a climb ends
        return judge(telemetry, self.limits, stop_reason, down_reason)
