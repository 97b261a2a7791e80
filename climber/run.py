"""One climb from the ground to the ground: arm, go, photograph, record, come down. Read it top to bottom.

`watch.Watch` judges every control tick by `safety` before anything else happens. Frames are on disk before they
count, and go to the grader without waiting for it.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from climber.assess import gaps_of
from climber.crew import Order
from climber.grader import Grader
from climber.keys import BY_NUMBER
from climber.mission import Event, State
from climber.modes import Mode
from climber.plan import Station
from climber.recording import Recorder
from climber.safety import Action, Verdict, may_jog
from climber.saying import Saying
from climber.seen import Seen, in_words, stations_for
from climber.shots import TRIES, fault_of
from climber.views import view_in
from climber.watch import Interrupt, Watch
from firmware_bridge.errors import BridgeError, CameraError, LinkError, Refused
from firmware_bridge.orders import Refusal
from firmware_bridge.types import Frame

BLIND_STATIONS = 2
"""After so many stations without a good photograph the robot comes down."""
DISK_S = 10.0
"""A frame that takes longer to reach the disk ends the climb."""
ALOFT = {State.CLIMBING, State.SCANNING, State.HOLDING}
ONLY_DOWN = {Refusal.ENERGY, Refusal.WIND}
"""Why a robot refuses to go up although it may come down."""
NOBODY = "nobody was asked: a script on a simulator"
BY_HAND = "climbed by hand: photographed where the crew chose"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a climb ended; what the record's stop line says."""

    outcome: Literal["completed", "stopped", "failed"]
    reason: str


class Climb:
    """One run over the stations, in the way that `mode` says."""

    def __init__(
        self,
        watch: Watch,
        stations: tuple[Station, ...],
        recorder: Recorder,
        grader: Grader,
        seen: Seen,
        speed_m_s: float,
        mode: Mode = Mode.AUTO,
    ) -> None:
        self._watch = watch
        self._robot = watch.robot
        self._stations = stations
        self._recorder = recorder
        self._grader = grader
        self._seen = seen
        self._speed_m_s = speed_m_s
        self._mode = mode
        self._accepted = ""
        self._before: dict[int, Frame] = {}
        """Each camera's last."""
        self._blind = 0
        self._told_end = False
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._saving: Future[None] | None = None
        watch.frames = recorder.frames

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
            unseen = gaps_of(self._seen.gaps()) if self._accepted else ()
            now = datetime.now(UTC)
            self._recorder.stop(ended.outcome, ended.reason, now, unseen=unseen, accepted=self._accepted)
        return ended

    def _climb(self) -> Ended:
        try:
            early = self._way_up()
            self._way_down()
            return Ended("stopped", early) if early else Ended("completed", "completed")
        except Interrupt as stop:
            self._robot.stop(category=2, reason=stop.verdict.reason)
            return self._stopped("stopped" if self._watch.stop_reason() else "failed", stop.verdict.reason)
        except LinkError as error:
            self._robot.stop(category=2, reason="link lost")
            return self._stopped("failed", Saying("link lost: {why}", why=str(error)))
        except BridgeError as error:
            self._robot.stop(category=2, reason=str(error))
            return self._stopped("failed", str(error))

    def _way_up(self) -> str:
        """Photograph; returns why it ended early, or an empty text."""
        try:
            self._watch.happened(Event.CHECK)
            self._watch.follow(self._robot.arm())
            self._watch.happened(Event.ARM)
            if self._mode is Mode.HAND:
                self._by_hand()
            else:
                self._by_plan()
        except Interrupt as interrupt:
            if interrupt.verdict.action is Action.STOP or self._watch.state not in ALOFT:
                raise
            return self._down_early(interrupt.verdict.reason)
        except Refused as refusal:
            if refusal.reason not in ONLY_DOWN or self._watch.state not in ALOFT:
                raise
            return self._down_early(str(refusal))
        return ""

    def _down_early(self, reason: str) -> str:
        self._say("coming down: {reason}", reason=reason)
        return reason

    def _by_plan(self) -> None:
        for number, station in enumerate(self._stations):
            if number and self._mode is Mode.SEMI:
                self._wait_for_next(station)
            self._photograph(station)
        self._look_again()

    def _wait_for_next(self, station: Station) -> None:
        """Hold until the crew sends the robot on."""
        self._watch.happened(Event.HOLD)
        self._watch.crew.forget()
        self._say(
            "next: {height_m:.2f} m, {azimuth_deg:.0f} degrees. Key N or the page goes on",
            height_m=station.height_m,
            azimuth_deg=station.azimuth_deg,
        )
        self._watch.hold_until(lambda: self._watch.crew.take(Order.NEXT), "waiting for the crew")

    def _photograph(self, station: Station) -> None:
        self._go_on()
        self._watch.follow(self._robot.goto(station.height_m, station.azimuth_deg, self._speed_m_s))
        self._watch.happened(Event.ARRIVED)
        for attempt in range(TRIES):
            faults = self._shoot()
            fault = "; ".join(filter(None, faults))
            if not fault:
                self._blind = 0
                return
            self._say(
                "{height_m:.2f} m, {azimuth_deg:.0f} degrees, try {attempt}: {fault}",
                height_m=station.height_m,
                azimuth_deg=station.azimuth_deg,
                attempt=attempt + 1,
                fault=fault,
            )
        self._blind = self._blind + 1 if all(faults) else 0
        if self._blind == BLIND_STATIONS:
            blind = Saying(
                "no good photograph at {stations} stations in a row: {fault}", stations=BLIND_STATIONS, fault=fault
            )
            raise Interrupt(Verdict(Action.DESCEND, blind))

    def _go_on(self) -> None:
        self._watch.happened(Event.RESUME if self._watch.state is State.HOLDING else Event.CLIMB)

    def _shoot(self) -> list[str | None]:
        """Take and keep a photograph with each camera; returns what is wrong with each, or with its camera."""
        shots = self._watch.follow(self._robot.capture_ring())
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
        """Before coming down: take the stations again that look at a gap; the crew accepts what stays unseen."""
        self._photograph_gaps()
        while gaps := self._seen.gaps():
            self._watch.crew.forget()
            self._watch.screen.gaps(tuple(map(in_words, gaps)))
            if not self._watch.crew.present:
                self._accepted = NOBODY
                return
            if self._watch.state is not State.HOLDING:
                self._watch.happened(Event.HOLD)
            self._say(
                "{count} gap(s): key A photographs them again; {reasons} accepts them",
                count=len(gaps),
                reasons=BY_NUMBER,
            )
            asked = self._watch.hold_until(
                lambda: self._watch.crew.take(Order.AGAIN, Order.ACCEPT), "waiting for the crew"
            )
            if asked is not None and asked.order is Order.ACCEPT:
                self._accepted = asked.words
                return
            self._photograph_gaps()
        self._watch.screen.gaps(())

    def _photograph_gaps(self) -> None:
        gaps = self._seen.gaps()
        shape, camera = self._seen.shape, self._seen.camera
        offsets_deg = self._robot.offsets_deg
        again = stations_for(gaps, self._stations, shape, camera, self._robot.standoff_mm, offsets_deg)
        if again:
            self._say("{gaps} gap(s), {stations} station(s) again", gaps=len(gaps), stations=len(again))
        for station in reversed(again):  # from the top, where the robot is
            self._photograph(station)

    def _by_hand(self) -> None:
        """Run while a key is held, photograph on a key, until the crew asks to come down."""
        crew = self._watch.crew
        self._go_on()
        self._say("by hand: hold an arrow key to run, P photographs, D comes down, space stops")
        while crew.down_reason is None:
            wish = self._watch.hold_until(self._wish, "waiting for the crew")
            if wish == "jog":
                self._watch.follow(self._robot.jog(self._held))
            elif wish == "photograph":
                self._watch.happened(Event.ARRIVED)
                if fault := "; ".join(filter(None, self._shoot())):
                    self._say("photograph not good: {fault}", fault=fault)
                self._watch.happened(Event.CLIMB)
        self._accepted = BY_HAND if self._seen.gaps() else ""

    def _wish(self) -> str | None:
        crew = self._watch.crew
        if crew.down_reason is not None:
            return "down"
        if crew.take(Order.PHOTOGRAPH):
            return "photograph"
        return "jog" if self._held() else None

    def _held(self) -> tuple[float, float] | None:
        """What the robot may be told now: its own fractions, for the climbing speed of this climb."""
        held = self._watch.crew.jogging()
        if held is None:
            return None
        up, turn = held
        if not may_jog(self._robot.telemetry.height_m, up, self._speed_m_s, self._watch.limits):
            self._tell_end()
            return None
        self._told_end = False
        return up * min(1.0, self._speed_m_s / self._robot.parameters["LIM_SPEED"]), turn

    def _tell_end(self) -> None:
        """Once, not at every repeat of the key."""
        if not self._told_end:
            self._told_end = True
            self._say("the end of the pole is too near for a jog that way")

    def _save(self, frame: Frame) -> None:
        """Confirm a frame on the disk, then let it be graded. The disk may take its time: not in the control loop."""
        observation = self._recorder.observe(frame)
        self._watch.frames = self._recorder.frames
        began_s = time.monotonic()
        self._grader.offer(frame, observation)
        self._watch.vision_s += time.monotonic() - began_s

    def _wait_for_disk(self) -> None:
        """Hold until the last frame is confirmed; raises what kept it from the disk."""
        saving = self._saving
        if saving is not None:
            self._watch.hold_until(lambda: saving.done() or None, "waiting for the disk", DISK_S)
            saving.result(timeout=0)

    def _way_down(self) -> None:
        """At once, whatever the disk still does: what asks for the descent may be the battery."""
        self._watch.happened(Event.DESCEND)
        self._watch.follow(self._robot.descend())
        self._wait_for_disk()
        self._watch.happened(Event.GROUNDED)

    def _stopped(self, outcome: Literal["stopped", "failed"], reason: str) -> Ended:
        height_m = self._robot.telemetry.height_m
        self._watch.happened(Event.STOP)
        self._say("stopped at {height_m:.2f} m: {reason}", height_m=height_m, reason=reason)
        return Ended(outcome, Saying("{reason} (last known height {height_m:.2f} m)", reason=reason, height_m=height_m))

    def _say(self, template: str, **fields: object) -> None:
        self._watch.screen.say(Saying(template, **fields))
