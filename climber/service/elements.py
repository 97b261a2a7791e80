"""Checks of elements by people: added one beside the other, shown under their pole, newest first."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row, insert, literal, select, tuple_

from climber.entries import ElementCheck
from climber.record import Model
from climber.service import queries, schemas
from climber.service.answers import Cursor, Identity, Limit, Reader, found, json_answer, listed, path_with, place
from climber.service.audit import note
from climber.service.auth import Principal, requires
from climber.service.context import service_of
from climber.service.ingest import one_writer
from climber.service.known import canonical, sha256_of
from climber.service.tables import change, element_check, pole, stamp

router = APIRouter(prefix="/v1", tags=["elements"])
Inspector = Annotated[Principal, Depends(requires("crew", "manager"))]


class CheckBatch(Model):
    """Checks to take in."""

    checks: Annotated[tuple[ElementCheck, ...], Field(min_length=1, max_length=500)]


class CheckResult(BaseModel):
    """What became of one check."""

    entry_id: str
    result: Literal["created", "duplicate", "conflict", "missing"]
    pole_id: str | None = None
    missing: list[str] = []
    """Hashes of photographs to upload before this check can be taken."""
    detail: str = ""


class CheckResults(BaseModel):
    """A result for each check, in order."""

    results: list[CheckResult]


@router.post("/elements:batch", response_model=CheckResults)
async def elements_batch(request: Request, who: Inspector, batch: CheckBatch) -> dict[str, Any]:
    """Take checks in; each is created, a duplicate, in conflict, or missing photographs."""
    results = await service_of(request).database.write(_store, who, batch.checks, datetime.now(UTC))
    return {"results": results}


@router.get("/poles/{pole_id}/elements", response_model=schemas.Checks, responses=schemas.refusals(404))
async def elements(
    request: Request, who: Reader, pole_id: Identity, before: Cursor = None, limit: Limit = 100
) -> Response:
    """List the checks of a pole's elements, newest first; a corrected one stays beside its correction."""
    database = service_of(request).database
    found(await database.read(queries.one_pole, who.org_id, pole_id), "pole", pole_id)
    rows = await database.read(checks, pole_id, place(before, 2), limit + 1)
    page, more = listed(rows, limit)
    following = queries.cursor(page[-1].checked_at, page[-1].id) if more else None
    path = f"/v1/poles/{pole_id}/elements"
    link = path_with(path, limit=limit, before=following) if following else None
    return json_answer(request, json.dumps({"checks": [document(row) for row in page], "next": link}))


def checks(connection: Connection, pole_id: str, before: list[str] | None, limit: int) -> list[Row[Any]]:
    """Return up to `limit` checks of a pole, newest first, beginning before (checked_at, id)."""
    query = select(element_check).where(element_check.c.pole_id == pole_id)
    if before is not None:
        key = tuple_(element_check.c.checked_at, element_check.c.id)
        query = query.where(key < tuple_(*map(literal, before)))
    newest = (element_check.c.checked_at.desc(), element_check.c.id.desc())
    return list(connection.execute(query.order_by(*newest).limit(limit)))


def document(row: Row[Any]) -> dict[str, Any]:
    """Return a check as it was sent, with the time of its arrival."""
    return {**json.loads(row.document), "received_at": row.received_at}


def _store(connection: Connection, who: Principal, given: Sequence[ElementCheck], now: datetime) -> list[CheckResult]:
    one_writer(connection, who.org_id)
    results = [_take(connection, who.org_id, one, now) for one in given]
    counted = Counter(result.result for result in results)
    note(connection, who, "elements checked", ", ".join(f"{count} {verdict}" for verdict, count in counted.items()))
    return results


def _take(connection: Connection, org_id: str, given: ElementCheck, now: datetime) -> CheckResult:
    hashed = sha256_of(canonical(given))
    known = select(element_check).where(element_check.c.id == given.entry_id)
    stored = connection.execute(known).first()
    if stored and (stored.org_id, stored.content_sha256) == (org_id, hashed):
        return CheckResult(entry_id=given.entry_id, result="duplicate", pole_id=stored.pole_id)
    if stored:
        return _conflict(given, "A check with this id and other content is already here; send it with a new id.")
    chosen = select(pole.c.id).where(pole.c.org_id == org_id, pole.c.code == given.pole_code)
    pole_id = connection.scalar(chosen)
    if pole_id is None:
        return _conflict(given, f"There is no pole {given.pole_code}. Sync a climb of it or import it first.")
    if given.supersedes and not _is_of(connection, given.supersedes, pole_id):
        return _conflict(given, f"{given.supersedes} is no check of this pole.")
    missing = set(given.photographs) - queries.held_blobs(connection, org_id, list(given.photographs)).keys()
    if missing:
        return CheckResult(entry_id=given.entry_id, result="missing", missing=sorted(missing))
    _add(connection, org_id, pole_id, given, hashed, now)
    return CheckResult(entry_id=given.entry_id, result="created", pole_id=pole_id)


def _conflict(given: ElementCheck, detail: str) -> CheckResult:
    return CheckResult(entry_id=given.entry_id, result="conflict", detail=detail)


def _is_of(connection: Connection, entry_id: str, pole_id: str) -> bool:
    query = select(element_check.c.id).where(element_check.c.id == entry_id, element_check.c.pole_id == pole_id)
    return connection.execute(query).first() is not None


def _add(connection: Connection, org_id: str, pole_id: str, given: ElementCheck, hashed: str, now: datetime) -> None:
    row = {"id": given.entry_id, "org_id": org_id, "pole_id": pole_id, "received_at": stamp(now)}
    row |= {"checked_at": stamp(min(given.checked_at, now)), "content_sha256": hashed}
    connection.execute(insert(element_check).values(document=given.model_dump_json(), **row))
    noted = {"org_id": org_id, "at": stamp(now), "kind": "element", "pole_id": pole_id}
    connection.execute(insert(change).values(noted))
