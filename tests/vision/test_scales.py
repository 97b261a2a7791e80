"""The scales at their published areas, at every edge, and outside their range."""

import math
from itertools import pairwise
from pathlib import Path

import pytest

from vision import scales

PICTURES = {
    "Ri0": (0.0,),
    "Ri1": (0.0005,),
    "Ri2": (0.005,),
    "Ri3": (0.01,),
    "Ri4": (0.08,),
    "Ri5": (0.4, 0.5),
}


@pytest.mark.parametrize(("grade", "fraction"), [(g, f) for g, fs in PICTURES.items() for f in fs])
def test_the_standards_own_pictures_get_their_own_grade(grade: str, fraction: float) -> None:
    assert scales.iso_4628_3(fraction) == grade


@pytest.mark.parametrize("index", range(len(scales.ISO_UPPER)))
def test_an_iso_edge_belongs_to_the_better_grade(index: int) -> None:
    edge = scales.ISO_UPPER[index]
    assert scales.iso_4628_3(edge) == f"Ri{index}"
    assert scales.iso_4628_3(math.nextafter(edge, 1)) == f"Ri{index + 1}"


def test_inner_iso_edges_are_the_geometric_means_of_neighbouring_pictures() -> None:
    areas = (0.0005, 0.005, 0.01, 0.08, 0.45)
    means = [math.sqrt(a * b) for a, b in pairwise(areas)]
    assert scales.ISO_UPPER[1:] == pytest.approx(means, rel=0.02)


@pytest.mark.parametrize(
    ("percent", "grade"),
    [
        (0, 10),
        (0.01, 10),
        (0.03, 9),
        (0.1, 8),
        (0.3, 7),
        (1, 6),
        (3, 5),
        (10, 4),
        (16, 3),
        (33, 2),
        (50, 1),
        (51, 0),
    ],
)
def test_d610_upper_bounds(percent: float, grade: int) -> None:
    assert scales.astm_d610(percent / 100) == grade
    if 0 < grade < 10:
        assert scales.astm_d610(percent / 100 * 1.001) == grade - 1


@pytest.mark.parametrize("fraction", [-1e-9, 1.0000001, 40.0, math.nan, math.inf])
def test_a_number_that_is_no_fraction_is_refused(fraction: float) -> None:
    with pytest.raises(ValueError, match="outside 0 to 1"):
        scales.iso_4628_3(fraction)
    with pytest.raises(ValueError, match="outside 0 to 1"):
        scales.astm_d610(fraction)


def test_the_published_page_states_the_rule_and_its_edges() -> None:
    page = (Path(scales.__file__).parent / "GRADING.md").read_text()
    assert f"`{scales.RULE}`" in page
    for edge in scales.ISO_UPPER:
        assert f"{edge * 100:g} %" in page
