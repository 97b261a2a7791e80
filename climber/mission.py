"""The mission as a pure state machine: a table of what may follow what. Stop comes first and latches."""

from enum import Enum


class State(Enum):
    """Where the climb stands."""

    IDLE = "idle"
    CHECKING = "checking"
    ARMED = "armed"
    CLIMBING = "climbing"
    SCANNING = "scanning"
    HOLDING = "holding"
    DESCENDING = "descending"
    STOPPED = "stopped"
    DONE = "done"


class Event(Enum):
    """What happened."""

    CHECK = "check"
    REFUSED = "refused"
    ARM = "arm"
    CLIMB = "climb"
    ARRIVED = "arrived"
    HOLD = "hold"
    RESUME = "resume"
    DESCEND = "descend"
    GROUNDED = "grounded"
    STOP = "stop"


class IllegalEvent(Exception):
    """The event cannot happen in this state: the run loop has a fault."""


NEXT: dict[tuple[State, Event], State] = {
    (State.IDLE, Event.CHECK): State.CHECKING,
    (State.CHECKING, Event.REFUSED): State.IDLE,
    (State.CHECKING, Event.ARM): State.ARMED,
    (State.ARMED, Event.CLIMB): State.CLIMBING,
    (State.ARMED, Event.GROUNDED): State.DONE,
    (State.ARMED, Event.DESCEND): State.DESCENDING,
    (State.CLIMBING, Event.ARRIVED): State.SCANNING,
    (State.SCANNING, Event.CLIMB): State.CLIMBING,
    (State.CLIMBING, Event.HOLD): State.HOLDING,
    (State.SCANNING, Event.HOLD): State.HOLDING,
    (State.HOLDING, Event.RESUME): State.CLIMBING,
    (State.CLIMBING, Event.DESCEND): State.DESCENDING,
    (State.SCANNING, Event.DESCEND): State.DESCENDING,
    (State.HOLDING, Event.DESCEND): State.DESCENDING,
    (State.DESCENDING, Event.GROUNDED): State.DONE,
}


def step(state: State, event: Event) -> State:
    """Return the state that follows; raises IllegalEvent where the table has no row.

    Stop is tested first: from every state but the finished one it leads to STOPPED, and nothing leads out of STOPPED.
    """
    if state is State.STOPPED:
        return State.STOPPED
    if event is Event.STOP and state is not State.DONE:
        return State.STOPPED
    try:
        return NEXT[state, event]
    except KeyError:
        raise IllegalEvent(f"{event.value} cannot happen while {state.value}") from None
