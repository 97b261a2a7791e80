"""Keys: what stops, what asks, and that a stop comes first wherever it stands."""

import pytest

from climber.crew import JOG_S, Crew, Order
from climber.keys import DOWN_BY_KEY, press, split


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize("keys", [b" ", b"s", b"S", b"\x1b", b"n ", b"\x1b[A ", b"\x1b[", b"\x1bx"])
def test_stop_keys(keys: bytes) -> None:
    stopped: list[str] = []
    crew = Crew()
    press(keys, stopped.append, crew)
    assert stopped == ["stopped by the operator (key)"]
    assert crew.take(*Order) is None, "nothing is asked beside a stop"
    assert crew.jogging() is None


@pytest.mark.parametrize("keys", [b"", b"x", b"\x00", b"q7"])
def test_other_keys_do_nothing(keys: bytes) -> None:
    crew = Crew()
    press(keys, pytest.fail, crew)
    assert crew.take(*Order) is None


@pytest.mark.parametrize(("key", "order"), [(b"n", "next"), (b"\r", "next"), (b"P", "photograph"), (b"A", "again")])
def test_orders(key: bytes, order: str) -> None:
    crew = Crew()
    press(key, pytest.fail, crew)
    asked = crew.take(*Order)
    assert asked is not None
    assert asked.order.value == order


def test_a_reason_accepts_and_d_comes_down() -> None:
    crew = Crew()
    press(b"2d", pytest.fail, crew)
    asked = crew.take(Order.ACCEPT)
    assert asked is not None
    assert asked.words == "weather or light"
    assert crew.down_reason == DOWN_BY_KEY
    crew.ask(Order.DOWN, "again")
    assert crew.down_reason == DOWN_BY_KEY, "the first reason stays"


def test_a_jog_lasts_only_while_it_is_renewed() -> None:
    clock = Clock()
    crew = Crew(clock=clock)
    press(b"\x1b[A", pytest.fail, crew)
    clock.now_s = JOG_S
    assert crew.jogging() == (1.0, 0.0)
    clock.now_s = JOG_S + 1e-6
    assert crew.jogging() is None
    press(b"\x1b[D", pytest.fail, crew)
    assert crew.jogging() == (0.0, -1.0)
    crew.jog(0.0, 0.0)
    assert crew.jogging() is None, "let go"


@pytest.mark.parametrize(("up", "turn"), [(1.1, 0), (-1.1, 0), (0, 2), (float("nan"), 0)])
def test_a_jog_out_of_range_is_refused(up: float, turn: float) -> None:
    with pytest.raises(ValueError, match="fractions from -1 to 1"):
        Crew().jog(up, turn)


def test_orders_that_were_not_for_now_are_dropped() -> None:
    crew = Crew()
    press(b"pnp", pytest.fail, crew)
    assert crew.take(Order.NEXT) is not None
    assert crew.take(Order.NEXT) is None


def test_arrows_are_told_from_escape() -> None:
    assert split(b"n\x1b[A\x1b[Bp\x1b") == [b"n", b"\x1b[A", b"\x1b[B", b"p", b"\x1b"]
