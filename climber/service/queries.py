"""Reading: every query is of one organisation, and every list goes on after the last row of the page before."""

import base64
import json
from collections.abc import Sequence
from math import ceil, floor
from operator import attrgetter
from typing import Any

import orjson
from sqlalchemy import Column, ColumnElement, Connection, Integer, Row, and_, bindparam, or_, select, tuple_

from climber.service.tables import (
    NUMBERS,
    STRIP,
    STRIPS_PER_DEGREE,
    assessment,
    blob,
    change,
    climb,
    frame,
    frame_mask,
    pole,
)

LATEST = ("climb_id", "climbed_at", "simulated", *NUMBERS)


class BadCursorError(ValueError):
    """A cursor that this service did not give out."""


def cursor(*values: str) -> str:
    """Pack the place where the next page begins."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def place(packed: str, count: int) -> list[str]:
    """Unpack a cursor of `count` texts, or raise BadCursorError."""
    try:
        values = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    except (ValueError, RecursionError) as error:
        raise BadCursorError(packed) from error
    if not (
        isinstance(values, list)
        and len(values) == count
        and all(isinstance(one, str) and "\0" not in one for one in values)
    ):
        raise BadCursorError(packed)
    return values


FIRST = ("id", "code", "lon", "lat", "height_m", "last_climbed_at")
SHOWN: tuple[Column[Any], ...] = tuple(
    pole.c[name] for name in (*FIRST, "inventory", *(f"latest_{name}" for name in LATEST))
)
"""The columns of a pole that the API shows."""
_first = attrgetter(*FIRST)
_latest = attrgetter(*(f"latest_{name}" for name in LATEST))


def pole_document(row: Row[Any]) -> dict[str, Any]:
    """Return a pole, of which SHOWN was read, as the API shows it."""
    document = dict(zip(FIRST, _first(row), strict=True))
    if document["lon"] is None or document["lat"] is None:  # half a place, as from a register with an empty cell
        document["lon"] = document["lat"] = None
    document["inventory"] = json.loads(row.inventory) if row.inventory else None
    document["latest"] = dict(zip(LATEST, _latest(row), strict=True)) if row.latest_climb_id else None
    return document


def poles(connection: Connection, org_id: str, after_code: str | None, limit: int, prefix: str = "") -> list[Row[Any]]:
    """Return up to `limit` poles whose code begins with `prefix`, in order of code, beginning after one."""
    query = select(*SHOWN).where(pole.c.org_id == org_id)
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
    assessment.c.surface_sha256,
    assessment.c.rust_sha256,
    assessment.c.coverage_sha256,
    assessment.c.document,
)
ROWS = bindparam("rows", type_=Integer)
# Statements that are asked all the time are built once: building one takes as long as asking the database.
CLIMBS = (
    select(*CLIMB_COLUMNS)
    .join_from(climb, assessment, assessment.c.id == climb.c.assessment_id, isouter=True)
    .where(climb.c.org_id == bindparam("org"))
)
ONE_CLIMB = CLIMBS.where(climb.c.id == bindparam("climb"))
_newest = select(pole.c.latest_climb_id).where(pole.c.id == bindparam("pole"), pole.c.org_id == bindparam("org"))
LATEST_CLIMB = CLIMBS.where(climb.c.id == _newest.scalar_subquery())
HISTORY = (
    CLIMBS.where(climb.c.pole_id == bindparam("pole"))
    .order_by(climb.c.climbed_at.desc(), climb.c.id.desc())
    .limit(ROWS)
)
OLDER = HISTORY.where(tuple_(climb.c.climbed_at, climb.c.id) < tuple_(bindparam("at"), bindparam("id")))
SHEET = select(pole.c.description).where(pole.c.id == bindparam("pole"), pole.c.org_id == bindparam("org"))


def history(connection: Connection, org_id: str, pole_id: str, before: list[str] | None, limit: int) -> list[Row[Any]]:
    """Return up to `limit` climbs of a pole, newest first, beginning before [climbed_at, id]."""
    given = {"org": org_id, "pole": pole_id, "rows": limit}
    if before is not None:
        given |= {"at": before[0], "id": before[1]}
    return list(connection.execute(HISTORY if before is None else OLDER, given))


def sheet(connection: Connection, org_id: str, pole_id: str) -> str | None:
    """Return a pole's description as JSON."""
    document: str | None = connection.scalar(SHEET, {"org": org_id, "pole": pole_id})
    return document


def climb_json(row: Row[Any]) -> bytes:
    """Return a climb of `history` as JSON; the assessment's text goes in as it was stored."""
    values: tuple[Any, ...] = tuple(row)
    climb_id, climbed_at, received_at, simulated, outcome, reason, robot, device, frames, *pictures, document = values
    head = {
        "climb_id": climb_id,
        "climbed_at": climbed_at,
        "received_at": received_at,
        "simulated": bool(simulated),
        "outcome": outcome,
        "reason": reason,
        "robot": robot,
        "device": device,
        "frames": frames,
        "pictures": dict(zip(PICTURES, pictures, strict=True)),
    }
    return b'%b,"assessment":%b}' % (orjson.dumps(head)[:-1], document.encode() if document else b"null")


PICTURES = ("surface", "rust", "coverage")
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
    return connection.execute(ONE_CLIMB, {"org": org_id, "climb": climb_id}).first()


def climb_start(connection: Connection, org_id: str, climb_id: str) -> str | None:
    """Return the first line of a climb's record: pole, camera, robot, preflight."""
    query = select(climb.c.start_document).where(climb.c.id == climb_id, climb.c.org_id == org_id)
    document: str | None = connection.scalar(query)
    return document


def latest(connection: Connection, org_id: str, pole_id: str) -> Row[Any] | None:
    """Return a pole's newest graded climb, in CLIMB_COLUMNS."""
    return connection.execute(LATEST_CLIMB, {"org": org_id, "pole": pole_id}).first()


def assessments(connection: Connection, org_id: str, climb_id: str) -> list[Row[Any]]:
    """Return every assessment of a climb, first made first."""
    query = select(assessment).where(assessment.c.climb_id == climb_id, assessment.c.org_id == org_id)
    return list(connection.execute(query.order_by(assessment.c.assessed_at, assessment.c.id)))


RANK = (pole.c.latest_rusted_fraction.desc(), pole.c.id.desc())
GRADED = and_(pole.c.org_id == bindparam("org"), pole.c.latest_rusted_fraction.is_not(None))
WORST = select(*SHOWN).where(GRADED).order_by(*RANK).limit(ROWS)
WORST_IDS = select(pole.c.id).where(GRADED).order_by(*RANK).limit(ROWS)


def worst(
    connection: Connection, org_id: str, box: tuple[float, float, float, float] | None, limit: int
) -> list[Row[Any]]:
    """Return the graded poles with the largest rusted fraction, worst first, in a box of degrees if one is given."""
    given = {"org": org_id, "rows": limit}
    if box is None:
        return list(connection.execute(WORST, given))
    chosen = WORST_IDS.where(within(box)).correlate(None)  # from the narrow index alone
    return list(connection.execute(select(*SHOWN).where(pole.c.id.in_(chosen)).order_by(*RANK), given))


MOST_STRIPS = 16


def is_box(west: float, south: float, east: float, north: float) -> bool:
    """Tell whether these degrees are a box on the earth; west may lie east of east: across the antimeridian."""
    return -180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90


def within(box: tuple[float, float, float, float]) -> ColumnElement[bool]:
    """Return the condition that a pole stands in west, south, east, north; west may lie east of east.

    A box of few strips of latitude names them: the index of positions then reads, of each, only what is in the box.
    """
    west, south, east, north = box
    across = pole.c.lon.between(west, east) if west <= east else or_(pole.c.lon >= west, pole.c.lon <= east)
    inside = and_(across, pole.c.lat.between(south, north))
    strips = range(floor(south * STRIPS_PER_DEGREE), ceil(north * STRIPS_PER_DEGREE) + 1)
    return and_(STRIP.in_(map(float, strips)), inside) if len(strips) <= MOST_STRIPS else inside


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


def frame_documents(connection: Connection, climb_id: str, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Return frames of a climb as the API shows them, each with the mask of the current assessment."""
    query = (
        select(frame_mask.c.seq, frame_mask.c.blob_sha256)
        .join(climb, climb.c.assessment_id == frame_mask.c.assessment_id)
        .where(climb.c.id == climb_id, frame_mask.c.seq.in_([row.seq for row in rows]))
    )
    masks = {row.seq: row.blob_sha256 for row in connection.execute(query)}
    return [json.loads(row.document) | {"mask_sha256": masks.get(row.seq)} for row in rows]


def _aside(row: Row[Any], height_m: float, azimuth_deg: float | None, within_m: float) -> float:
    """How far a frame looks beside a place: 1 for `within_m` of height as for a right angle of azimuth."""
    turn = 0.0 if azimuth_deg is None else abs((row.azimuth_deg - azimuth_deg + 180) % 360 - 180)
    return float(abs(row.height_m - height_m) / within_m + turn / 90)


def held_blobs(connection: Connection, org_id: str, hashes: list[str]) -> dict[str, int]:
    """Return the bytes of those of at most 10,000 hashes that the organisation has uploaded."""
    query = select(blob.c.sha256, blob.c.size_bytes).where(blob.c.org_id == org_id, blob.c.sha256.in_(hashes))
    return {row.sha256: row.size_bytes for row in connection.execute(query)}


def one_blob(connection: Connection, org_id: str, sha256: str) -> Row[Any] | None:
    """Return what is known of a blob of the organisation."""
    return connection.execute(select(blob).where(blob.c.org_id == org_id, blob.c.sha256 == sha256)).first()
