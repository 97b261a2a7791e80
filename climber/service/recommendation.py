"""When to look again: the rule `next-look/1`, published in NEXT_INSPECTION.md.

It speaks of the next photographs of the coating, never of strength, and takes the careful side of every doubt: the
upper end of an interval, the worst part, unseen surface as unknown.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

RULE = "next-look/1"
MONTHS = {"Ri0": 48, "Ri1": 48, "Ri2": 36, "Ri3": 24, "Ri4": 12, "Ri5": 6}
LEAST_COVERAGE = 0.9
UNSEEN_MONTHS = 12
LEAST_MONTHS = 3
WEIGHED = ("section", "zone")


@dataclass(frozen=True, slots=True)
class Recommendation:
    """When to climb again and why; `reasons` are keys of the pages' words with their fields."""

    due_at: str
    """Day, YYYY-MM-DD."""
    months: int
    grade: str
    """The worst grade that the intervals allow, which the rule starts from."""
    reasons: tuple[tuple[str, dict[str, Any]], ...]
    rule: str = RULE


def recommend(
    climbed_at: str, assessed: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> Recommendation | None:
    """Apply the rule to an assessment's document and the one of the climb before; None when nothing was gradable."""
    named = _worst(assessed)
    if named is None:
        return None
    grade, part = named
    months = MONTHS.get(grade, UNSEEN_MONTHS)
    reasons: list[tuple[str, dict[str, Any]]] = [
        ("why_grade", {"grade": grade, "part": {"part": part["part"], "name": part["name"]}, "months": months})
    ]
    if before is not None and grown(before["whole"], assessed["whole"]):
        months = max(LEAST_MONTHS, months // 2)
        reasons.append(("why_grown", {"months": months}))
    if assessed["whole"]["coverage"] < LEAST_COVERAGE and months > UNSEEN_MONTHS:
        months = UNSEEN_MONTHS
        reasons.append(("why_unseen", {"coverage": f"{assessed['whole']['coverage']:.0%}", "months": months}))
    return Recommendation(later(climbed_at, months), months, grade, tuple(reasons))


def _worst(assessed: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """The worst upper grade of the whole pole, its sections and joints, and which of them has it."""
    parts = [assessed["whole"], *(part for part in assessed["parts"] if part["part"] in WEIGHED)]
    graded = [(_upper(part), part) for part in parts if part["iso_4628_3"]]
    return max(graded, key=lambda one: one[0]) if graded else None


def _upper(part: Mapping[str, Any]) -> str:
    span = part.get("iso_4628_3_range")
    return str(span[1] if span else part["iso_4628_3"])


def grown(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Tell whether rust has clearly grown: the intervals of the two climbs lie apart."""
    earlier, later_ = before.get("interval"), now.get("interval")
    return bool(earlier and later_ and later_["low"] > earlier["high"])


def later(climbed_at: str, months: int) -> str:
    """Return the day `months` after a stored time, the last of the month where that day is missing."""
    began = datetime.fromisoformat(climbed_at).astimezone(UTC)
    years, month = divmod(began.month - 1 + months, 12)
    year, month = began.year + years, month + 1
    return f"{year:04d}-{month:02d}-{min(began.day, calendar.monthrange(year, month)[1]):02d}"
