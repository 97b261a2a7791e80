"""Poles and climbs as geographic features: one table-like view for OGC clients and for exports.

Coordinates are longitude and latitude in degrees (CRS84). A page begins after the last key of the page before.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, func, select

from climber.service import cql
from climber.service.queries import within
from climber.service.tables import NUMBERS, assessment, climb, pole

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which features: a box in degrees, times as the tables write them, a code, and where the page begins."""

    box: Box | None = None
    since: str | None = None
    until: str | None = None
    code: str | None = None
    filter: str | None = None
    """CQL2 text."""
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """A kind of feature."""

    name: str
    title: str
    description: str
    columns: tuple[Column[Any], ...]
    """Of the properties."""
    key: Column[Any]
    """Unique within an organisation; pages are in its order."""
    identity: Column[Any]
    time: Column[Any]
    org_id: Column[Any]
    source: Callable[[Select[Any]], Select[Any]]

    @property
    def queryables(self) -> dict[str, Column[Any]]:
        """What a filter may name."""
        return {"id": self.identity} | {column.name: column for column in self.columns}


POLES = Collection(
    "poles",
    "Poles",
    "Every pole with its newest graded climb",
    tuple(
        column
        for column in pole.c
        if column.name in ("code", "height_m", "last_climbed_at") or column.name.startswith("latest_")
    ),
    pole.c.code,
    pole.c.id,
    pole.c.last_climbed_at,
    pole.c.org_id,
    lambda query: query.select_from(pole),
)
CLIMBS = Collection(
    "climbs",
    "Climbs",
    "Every climb with its current grading, at the place of its pole",
    (
        pole.c.code,
        climb.c.pole_id,
        climb.c.climbed_at,
        climb.c.received_at,
        climb.c.simulated,
        climb.c.outcome,
        climb.c.frames,
        assessment.c.model,
        assessment.c.rule,
        *(assessment.c[name] for name in NUMBERS),
    ),
    climb.c.id,
    climb.c.id,
    climb.c.climbed_at,
    climb.c.org_id,
    lambda query: query.join_from(climb, pole, pole.c.id == climb.c.pole_id).outerjoin(
        assessment, assessment.c.id == climb.c.assessment_id
    ),
)
COLLECTIONS = {one.name: one for one in (POLES, CLIMBS)}


def page(connection: Connection, of: Collection, org_id: str, wanted: Wanted, limit: int) -> list[Row[Any]]:
    """Return up to `limit` rows: key, identity, lon, lat, then the properties."""
    key = of.key.label("feature_key")
    query = select(key, of.identity.label("feature_id"), pole.c.lon, pole.c.lat, *of.columns)
    query = of.source(query).where(*_conditions(of, org_id, wanted))
    if wanted.after is not None:
        query = query.where(of.key > wanted.after)
    return list(connection.execute(query.order_by(of.key).limit(limit)))


def one(connection: Connection, of: Collection, org_id: str, identity: str) -> Row[Any] | None:
    """Return one feature's row."""
    query = select(of.key.label("feature_key"), of.identity.label("feature_id"), pole.c.lon, pole.c.lat, *of.columns)
    return connection.execute(of.source(query).where(of.org_id == org_id, of.identity == identity)).first()


def number(connection: Connection, of: Collection, org_id: str, wanted: Wanted) -> int:
    """Count the features wanted, of all pages."""
    query = of.source(select(func.count())).where(*_conditions(of, org_id, wanted))
    count: int = connection.execute(query).scalar_one()
    return count


def every(connection: Connection, of: Collection, org_id: str, page_rows: int = 2000) -> Iterator[list[Row[Any]]]:
    """Yield all rows, a page at a time."""
    wanted = Wanted()
    while rows := page(connection, of, org_id, wanted, page_rows):
        yield rows
        wanted = replace(wanted, after=rows[-1].feature_key)


def properties(of: Collection, row: Row[Any]) -> dict[str, Any]:
    """Return a row's properties by name."""
    values: dict[str, Any] = dict(zip((column.name for column in of.columns), row[4:], strict=True))
    for name in ("simulated", "latest_simulated"):
        if values.get(name) is not None:
            values[name] = bool(values[name])
    return values


def feature(of: Collection, row: Row[Any]) -> dict[str, Any]:
    """Return a row as a GeoJSON feature; a pole whose place is unknown has no geometry."""
    known = row.lon is not None and row.lat is not None
    return {
        "type": "Feature",
        "id": row.feature_id,
        "geometry": {"type": "Point", "coordinates": [row.lon, row.lat]} if known else None,
        "properties": properties(of, row),
    }


def _conditions(of: Collection, org_id: str, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    yield of.org_id == org_id
    if wanted.box is not None:
        yield within(wanted.box)
    if wanted.since is not None:
        yield of.time >= wanted.since
    if wanted.until is not None:
        yield of.time <= wanted.until
    if wanted.code is not None:
        yield pole.c.code == wanted.code
    if wanted.filter is not None:
        yield cql.condition(wanted.filter, of.queryables)


def moment(text: str) -> datetime:
    """Read an RFC 3339 time with its offset; ValueError otherwise."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None or "T" not in text.upper():
        raise ValueError(text)
    return value
