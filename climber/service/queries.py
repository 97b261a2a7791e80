"""Reading: every query is of one organisation, and every list goes on after the last row of the page before."""

import base64
import json
from typing import Any

from sqlalchemy import Column, Connection, Row, and_, or_, select

from climber.service.tables import assessment, blob, climb, frame, pole

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
    if not (isinstance(values, list) and len(values) == count and all(isinstance(one, str) for one in values)):
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


CLIMB_COLUMNS = (
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


def history(
    connection: Connection, org_id: str, pole_id: str, before: tuple[str, str] | None, limit: int
) -> list[Row[Any]]:
    """Return up to `limit` climbs of a pole, newest first, beginning before (climbed_at, id)."""
    query = (
        select(*CLIMB_COLUMNS)
        .join_from(climb, assessment, assessment.c.id == climb.c.assessment_id, isouter=True)
        .where(climb.c.pole_id == pole_id, climb.c.org_id == org_id)
    )
    if before is not None:
        at, identity = before
        earlier = and_(climb.c.climbed_at == at, climb.c.id < identity)
        query = query.where(or_(climb.c.climbed_at < at, earlier))
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


def frames(connection: Connection, org_id: str, climb_id: str) -> list[Row[Any]]:
    """Return a climb's frames in order."""
    return list(
        connection.execute(
            select(frame)
            .join_from(frame, climb, climb.c.id == frame.c.climb_id)
            .where(frame.c.climb_id == climb_id, climb.c.org_id == org_id)
            .order_by(frame.c.seq)
        )
    )


def held_blobs(connection: Connection, org_id: str, hashes: list[str]) -> set[str]:
    """Return which of at most 10,000 hashes the organisation has uploaded."""
    query = select(blob.c.sha256).where(blob.c.org_id == org_id, blob.c.sha256.in_(hashes))
    return set(connection.scalars(query))


def one_blob(connection: Connection, org_id: str, sha256: str) -> Row[Any] | None:
    """Return what is known of a blob of the organisation."""
    return connection.execute(select(blob).where(blob.c.org_id == org_id, blob.c.sha256 == sha256)).first()
