"""Reading: every query is of one organisation, and every list goes on after the last row of the page before."""

import base64
import json
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, and_, literal, or_, select, tuple_

from climber.service.tables import assessment, blob, change, climb, frame, pole

LATEST = (
    "climb_id",
    "climbed_at",
    "simulated",
    "rusted_fraction",
    "low",
    "high",
    "coverage",
    "rusted_m2",
    "iso_4628_3",
    "astm_d610",
)


class BadCursorError(ValueError):
    """A cursor that this service did not give out."""


def cursor(*values: str) -> str:
    """Pack the place where the next page begins."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def place(packed: str, count: int) -> list[str]:
    """Unpack a cursor of `count` texts, or raise BadCursorError."""
    try:
        values = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    except ValueError as error:
        raise BadCursorError(packed) from error
    if not (
        isinstance(values, list)
        and len(values) == count
        and all(isinstance(one, str) and "\0" not in one for one in values)
    ):
        raise BadCursorError(packed)
    return values


def pole_document(row: Row[Any]) -> dict[str, Any]:
    """Return a pole as the API shows it."""
    latest = {name: getattr(row, f"latest_{name}") for name in LATEST}
    return {
        "id": row.id,
        "code": row.code,
        "lon": row.lon,
        "lat": row.lat,
        "height_m": row.height_m,
        "last_climbed_at": row.last_climbed_at,
        "inventory": json.loads(row.inventory) if row.inventory else None,
        "latest": latest if row.latest_climb_id else None,
    }


def poles(connection: Connection, org_id: str, after_code: str | None, limit: int, prefix: str = "") -> list[Row[Any]]:
    """Return up to `limit` poles whose code begins with `prefix`, in order of code, beginning after one."""
    query = select(pole).where(pole.c.org_id == org_id)
    if prefix:
        query = query.where(pole.c.code.startswith(prefix, autoescape=True))
    if after_code is not None:
        query = query.where(pole.c.code > after_code)
    return list(connection.execute(query.order_by(pole.c.code).limit(limit)))


def one_pole(connection: Connection, org_id: str, pole_id: str) -> Row[Any] | None:
    """Return a pole of the organisation."""
    return connection.execute(select(pole).where(pole.c.id == pole_id, pole.c.org_id == org_id)).first()


CLIMB_COLUMNS: tuple[Column[Any], ...] = (
    climb.c.id,
    climb.c.climbed_at,
    climb.c.received_at,
    climb.c.simulated,
    climb.c.outcome,
    climb.c.reason,
    climb.c.robot,
    climb.c.device,
    climb.c.frames,
    assessment.c.document,
    assessment.c.surface_sha256,
    assessment.c.rust_sha256,
    assessment.c.coverage_sha256,
)


def _climbs(org_id: str) -> Select[Any]:
    return (
        select(*CLIMB_COLUMNS)
        .join_from(climb, assessment, assessment.c.id == climb.c.assessment_id, isouter=True)
        .where(climb.c.org_id == org_id)
    )


def history(
    connection: Connection, org_id: str, pole_id: str, before: tuple[str, str] | None, limit: int
) -> list[Row[Any]]:
    """Return up to `limit` climbs of a pole, newest first, beginning before (climbed_at, id)."""
    query = _climbs(org_id).where(climb.c.pole_id == pole_id)
    if before is not None:
        query = query.where(tuple_(climb.c.climbed_at, climb.c.id) < tuple_(*map(literal, before)))
    return list(connection.execute(query.order_by(climb.c.climbed_at.desc(), climb.c.id.desc()).limit(limit)))


def climb_json(row: Row[Any]) -> str:
    """Return a climb of `history` as JSON; the assessment's text goes in as it was stored."""
    head = {
        "climb_id": row.id,
        "climbed_at": row.climbed_at,
        "received_at": row.received_at,
        "simulated": bool(row.simulated),
        "outcome": row.outcome,
        "reason": row.reason,
        "robot": row.robot,
        "device": row.device,
        "frames": row.frames,
        "pictures": {
            "surface": row.surface_sha256,
            "rust": row.rust_sha256,
            "coverage": row.coverage_sha256,
        },
    }
    return f'{json.dumps(head)[:-1]}, "assessment": {row.document or "null"}}}'


PICTURE_COLUMNS: tuple[Column[Any], ...] = (
    assessment.c.surface_sha256,
    assessment.c.rust_sha256,
    assessment.c.coverage_sha256,
)


def climb_pictures(connection: Connection, org_id: str, climb_id: str) -> Row[Any] | None:
    """Return the hashes of a climb's current unrolled pictures."""
    return connection.execute(
        select(*PICTURE_COLUMNS)
        .join_from(climb, assessment, assessment.c.id == climb.c.assessment_id)
        .where(climb.c.id == climb_id, climb.c.org_id == org_id)
    ).first()


def one_climb(connection: Connection, org_id: str, climb_id: str) -> Row[Any] | None:
    """Return a climb of the organisation with its current assessment, in CLIMB_COLUMNS."""
    return connection.execute(_climbs(org_id).where(climb.c.id == climb_id)).first()


def climb_start(connection: Connection, org_id: str, climb_id: str) -> str | None:
    """Return the first line of a climb's record: pole, camera, robot, preflight."""
    query = select(climb.c.start_document).where(climb.c.id == climb_id, climb.c.org_id == org_id)
    document: str | None = connection.scalar(query)
    return document


def latest(connection: Connection, org_id: str, pole_id: str) -> Row[Any] | None:
    """Return a pole's newest graded climb, in CLIMB_COLUMNS."""
    newest = select(pole.c.latest_climb_id).where(pole.c.id == pole_id, pole.c.org_id == org_id)
    return connection.execute(_climbs(org_id).where(climb.c.id == newest.scalar_subquery())).first()


def assessments(connection: Connection, org_id: str, climb_id: str) -> list[Row[Any]]:
    """Return every assessment of a climb, first made first."""
    query = select(assessment).where(assessment.c.climb_id == climb_id, assessment.c.org_id == org_id)
    return list(connection.execute(query.order_by(assessment.c.assessed_at, assessment.c.id)))


def worst(
    connection: Connection, org_id: str, box: tuple[float, float, float, float] | None, limit: int
) -> list[Row[Any]]:
    """Return the graded poles with the largest rusted fraction, worst first, in a box of degrees if one is given."""
    query = select(pole).where(pole.c.org_id == org_id, pole.c.latest_rusted_fraction.is_not(None))
    if box is not None:
        query = query.where(within(box))
    return list(connection.execute(query.order_by(pole.c.latest_rusted_fraction.desc(), pole.c.id.desc()).limit(limit)))


def within(box: tuple[float, float, float, float]) -> ColumnElement[bool]:
    """Return the condition that a pole stands in west, south, east, north; west may lie east of east."""
    west, south, east, north = box
    across = pole.c.lon.between(west, east) if west <= east else or_(pole.c.lon >= west, pole.c.lon <= east)
    return and_(across, pole.c.lat.between(south, north))


def changes(connection: Connection, org_id: str, since: int, limit: int) -> list[Row[Any]]:
    """Return up to `limit` changes after number `since`."""
    query = select(change).where(change.c.org_id == org_id, change.c.seq > since)
    return list(connection.execute(query.order_by(change.c.seq).limit(limit)))


def change_document(row: Row[Any]) -> dict[str, Any]:
    """Return a change as the API shows it."""
    names = ("seq", "at", "kind", "pole_id", "climb_id", "assessment_id")
    return {name: getattr(row, name) for name in names}


def frames(
    connection: Connection,
    org_id: str,
    climb_id: str,
    height_m: float | None,
    azimuth_deg: float | None,
    within_m: float,
    limit: int,
) -> list[Row[Any]] | None:
    """Return a climb's frames, or those near a height with the best facing first; None when there is no such climb."""
    mine = select(climb.c.id).where(climb.c.id == climb_id, climb.c.org_id == org_id)
    if connection.execute(mine).first() is None:
        return None
    query = select(frame).where(frame.c.climb_id == climb_id)
    if height_m is None:
        return list(connection.execute(query.order_by(frame.c.seq).limit(limit)))
    near = query.where(frame.c.height_m.between(height_m - within_m, height_m + within_m))
    rows = sorted(connection.execute(near), key=lambda row: _aside(row, height_m, azimuth_deg, within_m))
    return rows[:limit]


def _aside(row: Row[Any], height_m: float, azimuth_deg: float | None, within_m: float) -> float:
    """How far a frame looks beside a place: 1 for `within_m` of height as for a right angle of azimuth."""
    turn = 0.0 if azimuth_deg is None else abs((row.azimuth_deg - azimuth_deg + 180) % 360 - 180)
    return float(abs(row.height_m - height_m) / within_m + turn / 90)


def held_blobs(connection: Connection, org_id: str, hashes: list[str]) -> set[str]:
    """Return which of at most 10,000 hashes the organisation has uploaded."""
    query = select(blob.c.sha256).where(blob.c.org_id == org_id, blob.c.sha256.in_(hashes))
    return set(connection.scalars(query))


def one_blob(connection: Connection, org_id: str, sha256: str) -> Row[Any] | None:
    """Return what is known of a blob of the organisation."""
    return connection.execute(select(blob).where(blob.c.org_id == org_id, blob.c.sha256 == sha256)).first()
