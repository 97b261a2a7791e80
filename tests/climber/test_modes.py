"""Led by the crew: station by station, by hand, and the gaps that they accept. A real simulator, without vision."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from climber.crew import Crew, Order
from climber.modes import Mode
from climber.plan import Station
from climber.recording import Record, Recorder, read_record
from climber.run import NOBODY, Climb, Ended
from climber.safety import Limits
from climber.seen import Seen
from climber.views import camera_of
from climber.watch import Watch
from firmware_bridge.robot import Robot
from firmware_bridge.types import ClimbState, Telemetry
from tests.climber.folders import start
from tests.climber.programs import Simulator, simulator
from vision.types import PoleShape

STATIONS = (Station(0.4, 0.0), Station(0.4, 120.0), Station(0.4, 240.0))
SHAPE = PoleShape(2.0, 220, 180)
"""That of programs.POLE."""


class Answering:
    """A crew that answers what the screens say: the first word of a message finds its answer."""

    def __init__(self, crew: Crew, answers: dict[str, Callable[[Crew], None]]) -> None:
        self.said: list[str] = []
        self.heights_m: list[float] = []
        self._crew = crew
        self._answers = answers

    def tick(self, state: Any, telemetry: Telemetry, frames: int) -> None:
        self.heights_m.append(telemetry.height_m)
        if answer := self._answers.get(f"{frames} frames"):
            answer(self._crew)

    def say(self, message: str) -> None:
        self.said.append(message)
        for begin, answer in self._answers.items():
            if message.startswith(begin):
                answer(self._crew)

    def gaps(self, gaps: tuple[str, ...]) -> None:
        self.said.extend(gaps)


class NoGrader:
    def offer(self, *_: object) -> None:
        """Vision is not what is tested here."""


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with simulator(tmp_path_factory.mktemp("pole"), "--speed", "2") as running:
        yield running


@contextmanager
def opened(simulated: Simulator) -> Iterator[Robot]:
    with Robot.open(simulated.robot, simulated.camera) as robot:
        yield robot
        assert robot.telemetry.state in (ClimbState.DISARMED, ClimbState.STOPPED)


def climb(
    robot: Robot, folder: Path, mode: Mode, answers: dict[str, Callable[[Crew], None]], present: bool = True
) -> tuple[Ended, Record, Answering]:
    crew = Crew(present)
    screen = Answering(crew, answers)
    stations = () if mode is Mode.HAND else STATIONS
    limits = Limits(reach_m=2.0, link_age_s=4.0)
    with Recorder.begin(folder, start()) as recorder:
        watch = Watch(robot, screen, limits, crew, mode, lambda: None)
        seen = Seen(SHAPE, camera_of(robot.camera_info))
        ended = Climb(watch, stations, recorder, NoGrader(), seen, 0.3, mode).run()  # type: ignore[arg-type]
    return ended, read_record(folder), screen


def test_semi_waits_for_each_next_and_gaps_are_accepted_with_a_reason(simulated: Simulator, tmp_path: Path) -> None:
    answers = {
        "next": lambda crew: crew.ask(Order.NEXT),
        "1 gap": lambda crew: crew.ask(Order.ACCEPT, "hidden by a fitting"),
        "2 gap": lambda crew: crew.ask(Order.ACCEPT, "hidden by a fitting"),
    }
    with opened(simulated) as robot:
        ended, record, screen = climb(robot, tmp_path, Mode.SEMI, answers)
    assert ended == Ended("completed", "completed"), screen.said
    assert [message[:12] for message in screen.said if message.startswith("next")] == ["next: 0.40 m"] * 2
    assert record.stop is not None
    assert record.stop.accepted == "hidden by a fitting"
    assert record.stop.unseen
    assert record.stop.unseen[0].reason == "not seen"
    assert max(gap.top_m for gap in record.stop.unseen) == pytest.approx(2.0, abs=0.05)
    again = any("again" in message for message in screen.said)
    assert len(record.observations) >= (2 * len(STATIONS) if again else len(STATIONS))


def test_nothing_moves_before_the_crew_answers_however_long_it_takes(simulated: Simulator, tmp_path: Path) -> None:
    waiting: list[ClimbState] = []

    def wait(crew: Crew) -> None:
        waiting.append(robot.telemetry.state)
        if waiting.count(ClimbState.HOLDING) == 60:
            crew.ask(Order.DOWN, "enough")

    def gone_on(crew: Crew) -> None:
        crew.ask(Order.DOWN, "the robot went on although nobody had asked")

    with opened(simulated) as robot:
        hold = robot.hold
        robot.hold = lambda seconds: hold(seconds if seconds < 60 else seconds / 36_000)  # type: ignore[method-assign]
        answers = {"next": lambda _: waiting.clear(), "1 frames": wait, "2 frames": gone_on}
        ended, record, screen = climb(robot, tmp_path, Mode.SEMI, answers)
    assert ended == Ended("stopped", "enough"), screen.said
    assert set(waiting[:60]) == {ClimbState.HOLDING}
    assert len(record.observations) == 1


def test_a_key_pressed_before_the_question_is_no_answer_to_it(simulated: Simulator, tmp_path: Path) -> None:
    answers = {
        "0 frames": lambda crew: crew.ask(Order.ACCEPT, "pressed before any gap was shown"),
        "1 gap": lambda crew: crew.ask(Order.ACCEPT, "time or battery"),
        "2 gap": lambda crew: crew.ask(Order.ACCEPT, "time or battery"),
    }
    with opened(simulated) as robot:
        ended, record, screen = climb(robot, tmp_path, Mode.AUTO, answers)
    assert ended == Ended("completed", "completed"), screen.said
    assert record.stop is not None
    assert record.stop.accepted == "time or battery"


def test_without_a_crew_gaps_are_left_and_that_is_said(simulated: Simulator, tmp_path: Path) -> None:
    with opened(simulated) as robot:
        _, record, _ = climb(robot, tmp_path, Mode.AUTO, {}, present=False)
    assert record.stop is not None
    assert record.stop.accepted == NOBODY
    assert record.stop.unseen


def test_coming_down_on_request_is_recorded(simulated: Simulator, tmp_path: Path) -> None:
    answers = {"next": lambda crew: crew.ask(Order.DOWN, "the operator asked to come down (key)")}
    with opened(simulated) as robot:
        ended, record, screen = climb(robot, tmp_path, Mode.SEMI, answers)
        assert robot.telemetry.state == ClimbState.DISARMED, (ended, screen.said)
    assert ended == Ended("stopped", "the operator asked to come down (key)")
    assert len(record.observations) == 1
    assert "coming down: the operator asked to come down (key)" in screen.said


def test_by_hand_runs_only_while_held(simulated: Simulator, tmp_path: Path) -> None:
    crew_of: list[Crew] = []
    up_until_m = 0.7

    def begin(crew: Crew) -> None:
        crew_of.append(crew)
        Thread(target=hold_up, args=(crew,), daemon=True).start()

    def hold_up(crew: Crew) -> None:
        """A thumb on the button: renewed until the robot is high enough, then let go; then photograph, then down."""
        renewal = Event()
        while height_m() < up_until_m:
            crew.jog(1.0, 0.0)
            renewal.wait(0.05)
        crew.ask(Order.PHOTOGRAPH)

    def height_m() -> float:
        return robot.session.fold.status.height_m if robot.session.fold.status else 0.0

    answers = {"by hand": begin, "1 frames": lambda crew: crew.ask(Order.DOWN, "enough")}
    with opened(simulated) as robot:
        ended, record, screen = climb(robot, tmp_path, Mode.HAND, answers)
    assert ended == Ended("completed", "completed"), screen.said
    assert record.observations[0].height_m >= up_until_m - 0.05
    assert record.stop is not None
    assert record.stop.accepted.startswith("climbed by hand")


def test_a_jog_into_the_ground_is_refused(simulated: Simulator, tmp_path: Path) -> None:
    answers = {
        "by hand": lambda crew: crew.jog(-1.0, 0.0),
        "the end of the pole": lambda crew: crew.ask(Order.DOWN, "enough"),
    }
    with opened(simulated) as robot:
        ended, _, screen = climb(robot, tmp_path, Mode.HAND, answers)
    assert ended == Ended("completed", "completed"), screen.said
    assert "the end of the pole is too near for a jog that way" in screen.said
