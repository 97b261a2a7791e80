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
class Rated:
    """What the rule needs of one assessment."""

    worst_grade: str | None
    """Upper end of the interval, of the worst of pole, sections and joints; None when nothing was gradable."""
    coverage: float
    low: float | None
    high: float | None
    """Bounds of the whole pole's rusted fraction."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """When to climb again and why; `reasons` are keys of the pages' words with their fields."""

    due_on: str
    """Day, YYYY-MM-DD."""
    months: int
    reasons: tuple[tuple[str, dict[str, Any]], ...]
    rule: str = RULE


def recommend(climbed_at: str, now: Rated, before: Rated | None = None) -> Recommendation | None:
    """Apply the rule to an assessment and the one of the climb before; None when nothing was gradable."""
    if now.worst_grade is None:
        return None
    months = MONTHS.get(now.worst_grade, UNSEEN_MONTHS)
    reasons: list[tuple[str, dict[str, Any]]] = [("why_grade", {"grade": now.worst_grade, "months": months})]
    if before is not None and grown(before, now):
        months = max(LEAST_MONTHS, months // 2)
        reasons.append(("why_grown", {"months": months}))
    if now.coverage < LEAST_COVERAGE and months > UNSEEN_MONTHS:
        months = UNSEEN_MONTHS
        reasons.append(("why_unseen", {"coverage": f"{now.coverage:.0%}", "months": months}))
    return Recommendation(later(climbed_at, months), months, tuple(reasons))


def grown(before: Rated, now: Rated) -> bool:
    """Tell whether rust has clearly grown: the intervals of the two climbs lie apart."""
    return before.high is not None and now.low is not None and now.low > before.high


def rated(assessed: Mapping[str, Any]) -> Rated:
    """Return what the rule needs of an assessment's document."""
    whole = assessed["whole"]
    interval = whole["interval"] or {"low": None, "high": None}
    return Rated(worst_grade(assessed), whole["coverage"], interval["low"], interval["high"])


def worst_grade(assessed: Mapping[str, Any]) -> str | None:
    """Return the worst grade that the intervals allow, of the whole pole, its sections and its joints."""
    part = worst_part(assessed)
    return None if part is None else _upper(part)


def worst_part(assessed: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the part that has the worst grade, the whole pole first."""
    parts = [assessed["whole"], *(part for part in assessed["parts"] if part["part"] in WEIGHED)]
    return max((part for part in parts if part["iso_4628_3"]), key=_upper, default=None)


def _upper(part: Mapping[str, Any]) -> str:
    span = part.get("iso_4628_3_range")
    return str(span[1] if span else part["iso_4628_3"])


def later(climbed_at: str, months: int) -> str:
    """Return the day `months` after a stored time, the last of the month where that day is missing."""
    began = datetime.fromisoformat(climbed_at).astimezone(UTC)
    years, month = divmod(began.month - 1 + months, 12)
    year, month = began.year + years, month + 1
    return f"{year:04d}-{month:02d}-{min(began.day, calendar.monthrange(year, month)[1]):02d}"
