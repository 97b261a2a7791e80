"""The letters of ASTM D610 and the proposed condition states, on surfaces made to be one of each."""

import numpy as np
import pytest

from vision.coverage import State
from vision.patches import letter, proposed_states, spread
from vision.surface import SurfaceMap
from vision.types import PoleShape


def _seen() -> SurfaceMap:
    surface = SurfaceMap(PoleShape(3, 320, 320), 1)
    surface.state[:] = State.SEEN
    return surface


def _specks(surface: SurfaceMap, every: int, side: int) -> None:
    for row in range(every // 2, surface.rows - side, every):
        for column in range(every // 2, surface.columns - side, every):
            surface.rust[row : row + side, column : column + side] = 255


@pytest.mark.parametrize(
    ("expected", "every", "side", "block"),
    [("P", 50, 2, 0), ("G", 70, 10, 0), ("S", 600, 3, 150), ("H", 50, 3, 90), ("", 4000, 1, 0)],
)
def test_each_distribution_gets_its_letter(expected: str, every: int, side: int, block: int) -> None:
    surface = _seen()
    _specks(surface, every, side)
    if expected == "H":
        _specks(surface, 300, 33)
    elif block:
        surface.rust[500 : 500 + block, 100 : 100 + block] = 255
    assert letter(spread(surface), 0, 3) == expected


def test_a_letter_is_of_its_own_stretch() -> None:
    surface = _seen()
    surface.rust[2000:2200, 300:500] = 255
    found = spread(surface)
    assert letter(found, 0, 1.2) == "S"
    assert letter(found, 1.5, 3) == ""


def test_states_add_up_to_what_was_seen_and_stop_at_cs3() -> None:
    surface = _seen()
    surface.rust[0:500] = 255
    surface.rust[1000:1500:40] = 255
    surface.state[2500:] = State.NOT_SEEN
    states = proposed_states(spread(surface))
    assert list(states) == ["CS1", "CS2", "CS3"]
    girth_m = np.pi * 0.32
    assert states["CS3"] == pytest.approx(0.5 * girth_m, rel=0.01)
    assert states["CS2"] == pytest.approx(0.5 * girth_m, rel=0.01)
    assert sum(states.values()) == pytest.approx(2.5 * girth_m, rel=0.01)
