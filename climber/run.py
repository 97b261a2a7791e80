"""One climb from the ground to the ground: arm, go, photograph, record, come down. Read it top to bottom.

The loop sends the robot's heartbeat by pulling the bridge's generators; each tick is judged by `safety` before
anything else happens. Frames are on disk before they count, and go to the grader without waiting for it.
"""

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeVar

from climber.grader import Grader
from climber.mission import Event, State, step
from climber.plan import Station
from climber.recording import Recorder
from climber.safety import PROCEED, Action, Limits, Verdict, judge, stops
from climber.screen import Screen
from climber.seen import Seen, in_words, stations_for
from climber.shots import TRIES, fault_of
from climber.views import view_in
from firmware_bridge.errors import BridgeError, CameraError, LinkError, Refused
from firmware_bridge.orders import Refusal
from firmware_bridge.robot import Robot
from firmware_bridge.types import Frame, Telemetry

T = TypeVar("T")
BLIND_STATIONS = 2
"""After so many stations without a good photograph the robot comes down."""
DISK_S = 10.0
"""A frame that takes longer to reach the disk ends the climb."""


ALOFT = {State.CLIMBING, State.SCANNING}
ONLY_DOWN = {Refusal.ENERGY, Refusal.WIND}
"""Why a robot refuses to go up although it may come down."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a climb ended; what the record's stop line says."""

    outcome: Literal["completed", "stopped", "failed"]
    reason: str


class _Interrupt(Exception):
    """A verdict that ends the way up."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


class Climb:
    """One run over the stations. `stop_reason` is asked at every tick; a text from it stops the robot."""

    def __init__(
        self,
        robot: Robot,
        stations: tuple[Station, ...],
        recorder: Recorder,
        grader: Grader,
        seen: Seen,
        screen: Screen,
        limits: Limits,
        speed_m_s: float,
        stop_reason: Callable[[], str | None],
    ) -> None:
        self.state = State.IDLE
        self._robot = robot
        self._stations = stations
        self._recorder = recorder
        self._grader = grader
        self._seen = seen
        self._before: dict[int, Frame] = {}
        """Each camera's last."""
        self._blind = 0
        self._screen = screen
        self._limits = limits
        self._speed_m_s = speed_m_s
        self._stop_reason = stop_reason
        self._coming_down = False
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._saving: Future[None] | None = None

    def run(self) -> Ended:
        """Climb, and write the stop line whatever happens. The robot ends on the ground or in a latched hold."""
        try:
            ended = self._climb()
        except BaseException as error:
            self._robot.stop(category=2, reason="the climb program failed")
            ended = Ended("failed", f"the climb program failed: {error!r}")
            raise
        finally:
            self._writer.shutdown(wait=True)
            self._recorder.stop(ended.outcome, ended.reason, datetime.now(UTC))
        return ended

    def _climb(self) -> Ended:
        try:
            early = self._way_up()
            self._way_down()
            return Ended("stopped", early) if early else Ended("completed", "completed")
        except _Interrupt as stop:
            self._robot.stop(category=2, reason=stop.verdict.reason)
            return self._stopped("stopped" if self._stop_reason() else "failed", stop.verdict.reason)
        except LinkError as error:
            self._robot.stop(category=2, reason="link lost")
            return self._stopped("failed", f"link lost: {error}")
        except BridgeError as error:
            self._robot.stop(category=2, reason=str(error))
            return self._stopped("failed", str(error))

    def _way_up(self) -> str:
        """Photograph every station; returns why it ended early, or an empty text."""
        try:
            self._happened(Event.CHECK)
            self._watch(self._robot.arm())
            self._happened(Event.ARM)
            for station in self._stations:
                self._photograph(station)
            self._look_again()
        except _Interrupt as interrupt:
            if interrupt.verdict.action is Action.STOP or self.state not in ALOFT:
                raise
            return self._down_early(interrupt.verdict.reason)
        except Refused as refusal:
            if refusal.reason not in ONLY_DOWN or self.state not in ALOFT:
                raise
            return self._down_early(str(refusal))
        return ""

    def _down_early(self, reason: str) -> str:
        self._screen.say(f"coming down: {reason}")
        return reason

    def _photograph(self, station: Station) -> None:
        self._happened(Event.CLIMB)
        self._watch(self._robot.goto(station.height_m, station.azimuth_deg, self._speed_m_s))
        self._happened(Event.ARRIVED)
        for attempt in range(TRIES):
            faults = self._shoot()
            fault = "; ".join(filter(None, faults))
            if not fault:
                self._blind = 0
                return
            self._screen.say(f"{station.height_m:.2f} m, {station.azimuth_deg:.0f} degrees, try {attempt + 1}: {fault}")
        self._blind = self._blind + 1 if all(faults) else 0
        if self._blind == BLIND_STATIONS:
            raise _Interrupt(
                Verdict(Action.DESCEND, f"no good photograph at {BLIND_STATIONS} stations in a row: {fault}")
            )

    def _shoot(self) -> list[str | None]:
        """Take and keep a photograph with each camera; returns what is wrong with each, or with its camera."""
        shots = self._watch(self._robot.capture_ring())
        return [str(shot) if isinstance(shot, CameraError) else self._keep(eye, shot) for eye, shot in enumerate(shots)]

    def _keep(self, eye: int, frame: Frame) -> str | None:
        view = view_in(frame, self._seen.camera)
        fault = fault_of(frame, self._before.get(eye), self._seen.shape, view)
        self._seen.add(view, gradable=fault is None)
        self._before[eye] = frame
        self._wait_for_disk()
        self._saving = self._writer.submit(self._save, frame)
        return fault

    def _look_again(self) -> None:
        """Before coming down: take the stations again that look at a gap, once, and say what stays unseen."""
        gaps = self._seen.gaps()
        shape, camera = self._seen.shape, self._seen.camera
        offsets_deg = self._robot.offsets_deg
        again = stations_for(gaps, self._stations, shape, camera, self._robot.standoff_mm, offsets_deg)
        if again:
            self._screen.say(f"{len(gaps)} gap(s), {len(again)} station(s) again")
        for station in reversed(again):  # from the top, where the robot is
            self._photograph(station)
        for gap in self._seen.gaps():
            self._screen.say(f"not seen: {in_words(gap)}")

    def _save(self, frame: Frame) -> None:
        """Confirm a frame on the disk, then let it be graded. The disk may take its time: not in the control loop."""
        self._grader.offer(frame, self._recorder.observe(frame))

    def _wait_for_disk(self) -> None:
        """Hold until the last frame is confirmed; raises what kept it from the disk."""
        if self._saving is None:
            return
        if not self._saving.done():
            for telemetry in self._robot.hold(DISK_S):
                self._tick(telemetry)
                if self._saving.done():
                    break
        self._saving.result(timeout=0)

    def _way_down(self) -> None:
        self._wait_for_disk()
        self._happened(Event.DESCEND)
        self._coming_down = True
        self._watch(self._robot.descend())
        self._happened(Event.GROUNDED)

    def _watch(self, motion: Generator[Telemetry, None, T]) -> T:
        """Pull a motion tick by tick, judging each; returns the motion's result."""
        while True:
            try:
                telemetry = next(motion)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            self._tick(telemetry)

    def _tick(self, telemetry: Telemetry) -> None:
        """Show a control tick and judge it; raises _Interrupt unless all is well."""
        self._screen.tick(self.state, telemetry, self._recorder.frames)
        verdict = self._judge(telemetry)
        if verdict.action is not Action.PROCEED:
            raise _Interrupt(verdict)

    def _judge(self, telemetry: Telemetry) -> Verdict:
        stop_reason = self._stop_reason()
        if self._coming_down:  # energy and wind already ask for this very motion
            return stops(telemetry, self._limits, stop_reason) or PROCEED
        if self.state is State.CHECKING:  # a robot latched from before is what arming clears or refuses
            return Verdict(Action.STOP, stop_reason) if stop_reason else PROCEED
        return judge(telemetry, self._limits, stop_reason)

    def _happened(self, event: Event) -> None:
        self.state = step(self.state, event)

    def _stopped(self, outcome: Literal["stopped", "failed"], reason: str) -> Ended:
        height_m = self._robot.telemetry.height_m
        self.state = step(self.state, Event.STOP)
        self._screen.say(f"stopped at {height_m:.2f} m: {reason}")
        return Ended(outcome, f"{reason} (last known height {height_m:.2f} m)")
