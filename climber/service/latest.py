"""What a pole shows first: its newest graded climb, and each climb's newest assessment.

Laptops come online out of order, so "newest" is by the time of the climb, not by the time of arrival.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Column, Connection, Row, bindparam, case, func, select, update

from climber.record import ClimbStart, PoleDescription
from climber.service.recommendation import Rated, recommend
from climber.service.tables import assessment, climb, pole

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
    place = func.row_number().over(
        partition_by=climb.c.pole_id, order_by=(climb.c.climbed_at.desc(), climb.c.id.desc())
    )
    ranked = (
        select(climb.c.pole_id, climb.c.climbed_at, climb.c.start_document, place.label("place"))
        .where(climb.c.pole_id.in_(pole_ids))
        .subquery()
    )
    yield from connection.execute(select(ranked).where(ranked.c.place == 1))


def _described(row: Row[Any]) -> dict[str, Any]:
    described = ClimbStart.model_validate_json(row.start_document).pole
    return {"the_pole": row.pole_id, "last_climbed_at": row.climbed_at, **pole_columns(described)}


NUMBERS: tuple[Column[Any], ...] = (
    assessment.c.climb_id,
    assessment.c.rusted_fraction,
    assessment.c.low,
    assessment.c.high,
    assessment.c.coverage,
    assessment.c.rusted_m2,
    assessment.c.iso_4628_3,
    assessment.c.astm_d610,
    assessment.c.worst_grade,
)


def _newest_graded(connection: Connection, pole_ids: list[str]) -> Iterator[list[Row[Any]]]:
    """Yield the newest graded climb of each pole, followed by the one before where there is one."""
    place = func.row_number().over(
        partition_by=climb.c.pole_id, order_by=(climb.c.climbed_at.desc(), climb.c.id.desc())
    )
    ranked = (
        select(climb.c.pole_id, climb.c.climbed_at, climb.c.simulated, *NUMBERS, place.label("place"))
        .join(assessment, assessment.c.id == climb.c.assessment_id)
        .where(climb.c.pole_id.in_(pole_ids))
        .subquery()
    )
    found = connection.execute(select(ranked).where(ranked.c.place <= 2).order_by(ranked.c.pole_id, ranked.c.place))
    for _, rows in groupby(found, key=lambda row: row.pole_id):
        yield list(rows)


def _graded(rows: list[Row[Any]]) -> dict[str, Any]:
    row = rows[0]
    next_look = recommend(row.climbed_at, *(Rated(one.worst_grade, one.coverage, one.low, one.high) for one in rows))
    return {
        "the_pole": row.pole_id,
        "latest_climb_id": row.climb_id,
        "latest_climbed_at": row.climbed_at,
        "latest_simulated": row.simulated,
        "latest_rusted_fraction": row.rusted_fraction,
        "latest_low": row.low,
        "latest_high": row.high,
        "latest_coverage": row.coverage,
        "latest_rusted_m2": row.rusted_m2,
        "latest_iso_4628_3": row.iso_4628_3,
        "latest_astm_d610": row.astm_d610,
        "next_look_on": next_look.due_on if next_look else None,
    }


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    rest = sorted(values)
    for first in range(0, len(rest), ASKED_AT_ONCE):
        yield rest[first : first + ASKED_AT_ONCE]
