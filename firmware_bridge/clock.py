"""The controller's clock against the host's, by TIMESYNC, with an uncertainty that is stated."""

import time
from dataclasses import dataclass

from firmware_bridge.messages import TimeSync
from firmware_bridge.session import Session

QUESTIONS = 8


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """Host monotonic seconds = controller seconds + offset_s, give or take uncertainty_s."""

    offset_s: float
    uncertainty_s: float
    """Half the quickest round trip: the answer was made somewhere within it."""


def ask_clock(session: Session) -> ClockOffset:
    """Ask QUESTIONS times and keep the quickest answer; LinkLost."""
    return min((_ask_once(session) for _ in range(QUESTIONS)), key=lambda offset: offset.uncertainty_s)


def _ask_once(session: Session) -> ClockOffset:
    asked: list[int] = []

    def ask() -> None:
        asked.append(time.monotonic_ns())
        session.link.send(TimeSync(0, asked[-1]))

    answer = session.wait_for(
        ask,
        lambda: next((one for one in session.replies(TimeSync) if one.asked_ns in asked), None),
        "TIMESYNC answer",
    )
    back_ns = time.monotonic_ns()
    middle_ns = (answer.asked_ns + back_ns) / 2
    return ClockOffset((middle_ns - answer.answer_ns) / 1e9, (back_ns - answer.asked_ns) / 2e9)
