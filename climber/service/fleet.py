"""Reading the whole fleet: poles by grade, age, place and change; sorted and counted."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from climber.service.queries import within
from climber.service.tables import assessment, climb, pole

GRADES = ("Ri0", "Ri1", "Ri2", "Ri3", "Ri4", "Ri5")
UNGRADED = "none"
Sort = Literal["code", "worst", "area", "oldest", "due"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which poles. Days are YYYY-MM-DD, UTC; an empty field asks for nothing."""

    code: str = ""
    """How the code begins."""
    grades: tuple[str, ...] = ()
    """Of GRADES, or UNGRADED."""
    box: tuple[float, float, float, float] | None = None
    climbed_before: str = ""
    """Last climbed before this day, or never."""
    changed_since: str = ""
    """Climbed on this day or later."""
    overdue_on: str = ""
    """To be looked at before this day."""


def conditions(org_id: str, wanted: Wanted) -> ColumnElement[bool]:
    """Return the condition on `pole`."""
    found: list[ColumnElement[bool]] = [pole.c.org_id == org_id]
    if wanted.code:
        found.append(pole.c.code.startswith(wanted.code, autoescape=True))
    if wanted.grades:
        graded = pole.c.latest_iso_4628_3.in_([one for one in wanted.grades if one != UNGRADED])
        found.append(or_(graded, pole.c.latest_iso_4628_3.is_(None)) if UNGRADED in wanted.grades else graded)
    if wanted.box:
        found.append(within(wanted.box))
    if wanted.climbed_before:
        found.append(or_(pole.c.last_climbed_at.is_(None), pole.c.last_climbed_at < wanted.climbed_before))
    if wanted.changed_since:
        found.append(pole.c.last_climbed_at >= wanted.changed_since)
    if wanted.overdue_on:
        found.append(pole.c.next_look_on < wanted.overdue_on)
    return and_(*found)


def _key(column: Column[Any], missing: float | str) -> ColumnElement[Any]:
    return func.coalesce(column, literal(missing))


SORTS: dict[Sort, tuple[ColumnElement[Any], bool]] = {
    "code": (pole.c.code, False),
    "worst": (_key(pole.c.latest_rusted_fraction, -1.0), True),
    "area": (_key(pole.c.latest_rusted_m2, -1.0), True),
    "oldest": (_key(pole.c.last_climbed_at, ""), False),
    "due": (_key(pole.c.next_look_on, "9999"), False),
}
"""What is sorted by, and whether the largest comes first."""


def listed(
    connection: Connection, org_id: str, wanted: Wanted, sort: Sort, after: tuple[Any, str] | None, limit: int
) -> list[Row[Any]]:
    """Return up to `limit` poles in order, beginning after (sort_key, id); each row carries its `sort_key`."""
    key, falling = SORTS[sort]
    order = (key.desc(), pole.c.id.desc()) if falling else (key, pole.c.id)
    chosen = select(pole.c.id).where(conditions(org_id, wanted))
    if after is not None:
        place, here = tuple_(literal(after[0]), literal(after[1])), tuple_(key, pole.c.id)
        chosen = chosen.where(here < place if falling else here > place)
    ids = list(connection.scalars(chosen.order_by(*order).limit(limit)))  # from the narrow index alone
    return list(connection.execute(select(pole, key.label("sort_key")).where(pole.c.id.in_(ids)).order_by(*order)))


def counts(connection: Connection, org_id: str, wanted: Wanted, today: str) -> dict[str, int]:
    """Count the poles wanted: by grade and UNGRADED, in `all`, and those `overdue` today."""
    overdue = func.sum(case((pole.c.next_look_on < today, 1), else_=0))
    query = select(pole.c.latest_iso_4628_3, func.count(), overdue).where(conditions(org_id, wanted))
    found = dict.fromkeys((*GRADES, UNGRADED, "all", "overdue"), 0)
    for grade, count, late in connection.execute(query.group_by(pole.c.latest_iso_4628_3)):
        found[grade if grade in GRADES else UNGRADED] += count
        found["all"] += count
        found["overdue"] += int(late)
    return found


def worsened(connection: Connection, org_id: str, since: str, limit: int) -> list[Row[Any]]:
    """Return the poles whose rust has clearly grown since a day, most first: the intervals lie apart.

    Rows are poles with `was_fraction`, `was_grade`, `was_at` of their last graded climb before that day.
    """
    last = (
        select(climb.c.id)
        .where(climb.c.pole_id == pole.c.id, climb.c.climbed_at < since, climb.c.assessment_id.is_not(None))
        .order_by(climb.c.climbed_at.desc(), climb.c.id.desc())
        .limit(1)
        .correlate(pole)
        .scalar_subquery()
    )
    was = (assessment.c.rusted_fraction.label("was_fraction"), assessment.c.iso_4628_3.label("was_grade"))
    grown = pole.c.latest_rusted_fraction - assessment.c.rusted_fraction
    query = (
        select(pole, *was, climb.c.climbed_at.label("was_at"))
        .join(climb, climb.c.id == last)
        .join(assessment, assessment.c.id == climb.c.assessment_id)
        .where(pole.c.org_id == org_id, pole.c.latest_climbed_at >= since, pole.c.latest_low > assessment.c.high)
    )
    return list(connection.execute(query.order_by(grown.desc(), pole.c.id).limit(limit)))


def extent(connection: Connection, org_id: str) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of all poles with a place; None when there are none."""
    ends = (func.min(pole.c.lon), func.min(pole.c.lat), func.max(pole.c.lon), func.max(pole.c.lat))
    row = connection.execute(select(*ends).where(pole.c.org_id == org_id, pole.c.lat.is_not(None))).one()
    return None if row[0] is None else (row[0], row[1], row[2], row[3])
