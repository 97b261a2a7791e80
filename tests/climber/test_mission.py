"""Every state x event of the mission, against a table written out by hand."""

import itertools

import pytest

from climber.mission import Event, IllegalEvent, State, step

ALLOWED = {
    ("idle", "check"): "checking",
    ("checking", "refused"): "idle",
    ("checking", "arm"): "armed",
    ("armed", "climb"): "climbing",
    ("armed", "grounded"): "done",
    ("armed", "descend"): "descending",
    ("climbing", "arrived"): "scanning",
    ("climbing", "hold"): "holding",
    ("climbing", "descend"): "descending",
    ("scanning", "climb"): "climbing",
    ("scanning", "hold"): "holding",
    ("scanning", "descend"): "descending",
    ("holding", "resume"): "climbing",
    ("holding", "descend"): "descending",
    ("descending", "grounded"): "done",
}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_every_state_and_event(state: State, event: Event) -> None:
    if state is State.STOPPED:
        assert step(state, event) is State.STOPPED, "stopped latches"
    elif event is Event.STOP and state is not State.DONE:
        assert step(state, event) is State.STOPPED
    elif (state.value, event.value) in ALLOWED:
        assert step(state, event).value == ALLOWED[state.value, event.value]
    else:
        with pytest.raises(IllegalEvent, match=f"{event.value} cannot happen while {state.value}"):
            step(state, event)
