"""The rule for the next climb, and that what is published is what is computed."""

import re
from pathlib import Path
from typing import Any

import pytest

from climber.service import recommendation
from climber.service.recommendation import Rated, later, rated, recommend, worst_grade, worst_part

AT = "2026-08-31T10:00:00.000000Z"


def assessed(*grades: str, coverage: float = 0.95, low: float = 0.01, high: float = 0.02) -> dict[str, Any]:
    """An assessment whose pole, then sections, reach these grades at the upper end."""
    parts = [
        {
            "part": "section" if number else "pole",
            "name": f"section {number}",
            "coverage": coverage,
            "interval": {"low": low, "high": high},
            "iso_4628_3": "Ri0",
            "iso_4628_3_range": ["Ri0", grade],
        }
        for number, grade in enumerate(grades)
    ]
    return {"whole": parts[0], "parts": parts[1:]}


def months(now: Rated, before: Rated | None = None) -> int | None:
    found = recommend(AT, now, before)
    return found.months if found else None


@pytest.mark.parametrize(("grade", "expected"), recommendation.MONTHS.items())
def test_months_by_the_worst_grade(grade: str, expected: int) -> None:
    document = assessed("Ri0", "Ri0", grade)
    assert worst_grade(document) == grade
    assert months(rated(document)) == expected


def test_joints_and_sections_count_and_windows_do_not() -> None:
    document = assessed("Ri1", "Ri2", "Ri3", "Ri5")
    document["parts"][1] |= {"part": "zone", "name": "slip joint at 8 m"}
    document["parts"][2]["part"] = "window"
    part = worst_part(document)
    assert part
    assert (worst_grade(document), part["name"]) == ("Ri3", "slip joint at 8 m")


def test_clear_growth_halves_but_not_below_three_months() -> None:
    before = rated(assessed("Ri4", low=0.001, high=0.009))
    assert [months(rated(assessed(grade)), before) for grade in ("Ri3", "Ri5")] == [12, 3]
    touching = rated(assessed("Ri4", low=0.001, high=0.01))
    assert months(rated(assessed("Ri3")), touching) == 24


def test_unseen_is_not_clean() -> None:
    assert months(rated(assessed("Ri1", coverage=0.89))) == 12
    assert months(rated(assessed("Ri5", coverage=0.5))) == 6


def test_nothing_graded_nothing_recommended() -> None:
    ungraded = assessed("Ri1")
    ungraded["whole"]["iso_4628_3"] = None
    assert months(rated(ungraded)) is None


def test_the_last_of_a_month_stays_in_its_month() -> None:
    assert later(AT, 6) == "2027-02-28"
    assert later(AT, 48) == "2030-08-31"
    assert later("2026-01-01T01:00:00+02:00", 3) == "2026-03-31"


def test_the_published_rule_has_the_same_numbers() -> None:
    text = (Path(recommendation.__file__).parent / "NEXT_INSPECTION.md").read_text()
    assert recommendation.RULE in text
    published = dict.fromkeys(("Ri0", "Ri1"), int(re.findall(r"give (\d+) months", text)[0]))
    published |= {grade: int(months) for grade, months in re.findall(r"(Ri[2-5])(?: gives)? (\d+)", text)}
    assert published == recommendation.MONTHS
    assert f"less than {recommendation.LEAST_COVERAGE:.0%}".replace("%", " %") in text
    assert f"at least {recommendation.LEAST_MONTHS}" in text
    assert f"at most {recommendation.UNSEEN_MONTHS} months" in text
