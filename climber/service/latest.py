"""What a pole shows first: its newest graded climb, and each climb's newest assessment.

Laptops come online out of order, so "newest" is by the time of the climb, not by the time of arrival.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import orjson
from sqlalchemy import Column, Connection, Row, ScalarSelect, Select, bindparam, case, func, select, update

from climber.record import ClimbStart, PoleDescription
from climber.service.recommendation import Rated, recommend, worst_grade
from climber.service.tables import NUMBERS, assessment, climb, pole

CAUGHT_UP_AT_ONCE = 500
ASKED_AT_ONCE = 5000  # parameters of one statement; SQLite takes 32,766, PostgreSQL 65,535


def among(connection: Connection, key: Column[Any], values: Iterable[str], *columns: Column[Any]) -> Iterator[Any]:
    """Yield (key, columns...) of the rows whose key is among `values`."""
    for some in _parts(values):
        yield from connection.execute(select(key, *columns).where(key.in_(some)))


def pole_columns(described: PoleDescription) -> dict[str, Any]:
    """Return the columns that a pole's description fills."""
    return {
        "lon": described.lon,
        "lat": described.lat,
        "height_m": described.height_m,
        "description": described.model_dump_json(),
    }


def point_to_newest(connection: Connection, climb_ids: set[str]) -> None:
    """Make each climb's last assessed assessment its current one."""
    newest = (
        select(assessment.c.id)
        .where(assessment.c.climb_id == climb.c.id)
        .order_by(assessment.c.assessed_at.desc(), assessment.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    for some in _parts(climb_ids):
        connection.execute(update(climb).where(climb.c.id.in_(some)).values(assessment_id=newest))


def refresh_poles(connection: Connection, pole_ids: set[str]) -> None:
    """Describe each pole as its last climb does, and point it to its last graded one."""
    for some in _parts(pole_ids):
        described = [_described(row) for row in _newest_climbs(connection, some)]
        graded = [_graded(rows) for rows in _newest_graded(connection, some)]
        for rows in (described, graded):
            if rows:
                names = [name for name in rows[0] if name != "the_pole"]
                values: dict[str, Any] = {name: bindparam(name) for name in names} | _place(names)
                connection.execute(update(pole).where(pole.c.id == bindparam("the_pole")).values(values), rows)


def _place(names: list[str]) -> dict[str, Any]:
    """Keep the place that an inventory gave, and a known one where the crew's pole file gives none."""
    return {
        name: case((pole.c.surveyed, pole.c[name]), else_=func.coalesce(bindparam(name), pole.c[name]))
        for name in ("lon", "lat")
        if name in names
    }


def _newest_climbs(connection: Connection, pole_ids: list[str]) -> Iterator[Row[Any]]:
    query: Select[Any] = select(pole.c.id.label("pole_id"), climb.c.climbed_at, climb.c.start_document)
    yield from connection.execute(
        query.join_from(pole, climb, climb.c.id == _nth_climb(0)).where(pole.c.id.in_(pole_ids))
    )


def _nth_climb(place: int, graded: bool = False) -> ScalarSelect[Any]:
    """Id of a pole's newest climb but `place`; each step of the index is one climb, however many there are."""
    newest = climb.alias()
    query = select(newest.c.id).where(newest.c.pole_id == pole.c.id)
    if graded:
        query = query.where(newest.c.assessment_id.is_not(None))
    ordered = query.order_by(newest.c.climbed_at.desc(), newest.c.id.desc()).limit(1).offset(place)
    return ordered.correlate(pole).scalar_subquery()


def _described(row: Row[Any]) -> dict[str, Any]:
    described = ClimbStart.model_validate_json(row.start_document).pole
    return {"the_pole": row.pole_id, "last_climbed_at": row.climbed_at, **pole_columns(described)}


def _newest_graded(connection: Connection, pole_ids: list[str]) -> Iterator[list[Row[Any]]]:
    """Yield the newest graded climb of each pole, followed by the one before where there is one."""
    either = climb.c.id.in_([_nth_climb(0, graded=True), _nth_climb(1, graded=True)])
    query = (
        select(pole.c.id.label("pole_id"), climb.c.id, climb.c.climbed_at, climb.c.simulated, assessment.c.worst_grade)
        .add_columns(*(assessment.c[name] for name in NUMBERS))
        .join_from(pole, climb, either)
        .join(assessment, assessment.c.id == climb.c.assessment_id)
        .where(pole.c.id.in_(pole_ids))
        .order_by(pole.c.id, climb.c.climbed_at.desc(), climb.c.id.desc())
    )
    for _, rows in groupby(connection.execute(query), key=lambda row: row.pole_id):
        yield list(rows)


def _graded(rows: list[Row[Any]]) -> dict[str, Any]:
    row = rows[0]
    next_look = recommend(row.climbed_at, *(Rated(one.worst_grade, one.coverage, one.low, one.high) for one in rows))
    return {
        "the_pole": row.pole_id,
        "latest_climb_id": row.id,
        "latest_climbed_at": row.climbed_at,
        "latest_simulated": row.simulated,
        **{f"latest_{name}": getattr(row, name) for name in NUMBERS},
        "next_look_on": next_look.due_on if next_look else None,
    }


def catch_up(connection: Connection, org_id: str, after: str) -> str | None:
    """Work out the next look of some poles stored before there was one; returns the last pole done, or None."""
    some = (
        select(pole.c.id).where(pole.c.org_id == org_id, pole.c.id > after).order_by(pole.c.id).limit(CAUGHT_UP_AT_ONCE)
    )
    ids: list[str] = list(connection.scalars(some))
    if not ids:
        return None
    query = (
        select(assessment.c.id, assessment.c.document)
        .join_from(pole, climb, climb.c.id == pole.c.latest_climb_id)
        .join(assessment, assessment.c.id == climb.c.assessment_id)
        .where(pole.c.id.in_(ids), assessment.c.worst_grade.is_(None))
    )
    grades = [{"given": row.id, "grade": worst_grade(orjson.loads(row.document))} for row in connection.execute(query)]
    if grades:
        known = update(assessment).where(assessment.c.id == bindparam("given"))
        connection.execute(known.values(worst_grade=bindparam("grade")), grades)
    refresh_poles(connection, set(ids))
    return ids[-1]


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    rest = sorted(values)
    for first in range(0, len(rest), ASKED_AT_ONCE):
        yield rest[first : first + ASKED_AT_ONCE]
