"""Reading poles: the list, the newest, the history, the worst, and what changed."""

import json
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from climber.service import queries, schemas
from climber.service.answers import Cursor, Identity, Limit, Reader, box, found, json_answer, listed, path_with, place
from climber.service.context import service_of

router = APIRouter(prefix="/v1", tags=["poles"])
Since = Annotated[int, Query(ge=0, le=2**63 - 1)]


@router.get("/poles", response_model=schemas.PolesPage)
async def poles(request: Request, who: Reader, after: Cursor = None, limit: Limit = 100) -> Response:
    """List poles in order of their codes."""
    start = place(after, 1)
    code = start[0] if start else None
    rows = await service_of(request).database.read(queries.poles, who.org_id, code, limit + 1)
    page, more = listed(rows, limit)
    link = path_with("/v1/poles", limit=limit, after=queries.cursor(page[-1].code)) if more else None
    return json_answer(request, json.dumps({"poles": [queries.pole_document(row) for row in page], "next": link}))


@router.get("/poles:worst", response_model=schemas.PolesList)
async def worst(
    request: Request,
    who: Reader,
    bbox: Annotated[str | None, Query(max_length=200, description="west,south,east,north in degrees")] = None,
    limit: Limit = 100,
) -> Response:
    """List the poles with the largest rusted fraction, worst first, in a box if one is given."""
    return json_answer(request, await service_of(request).database.read(worst_body, who.org_id, box(bbox), limit))


def worst_body(
    connection: Connection, org_id: str, within: tuple[float, float, float, float] | None, limit: int
) -> bytes:
    """Return the worst poles as JSON."""
    rows = queries.worst(connection, org_id, within, limit)
    return orjson.dumps({"poles": [queries.pole_document(row) for row in rows]})


@router.get("/poles/{pole_id}", response_model=schemas.PoleOut, responses=schemas.refusals(404))
async def pole(request: Request, who: Reader, pole_id: Identity) -> Response:
    """Show one pole with the numbers of its newest graded climb."""
    row = await service_of(request).database.read(queries.one_pole, who.org_id, pole_id)
    return json_answer(request, json.dumps(queries.pole_document(found(row, "pole", pole_id))))


@router.get("/poles/{pole_id}/latest", response_model=schemas.ClimbOut, responses=schemas.refusals(404))
async def latest(request: Request, who: Reader, pole_id: Identity) -> Response:
    """Show a pole's newest graded climb with its whole assessment."""
    body = await service_of(request).database.read(latest_body, who.org_id, pole_id)
    return json_answer(request, found(body, "graded climb of pole", pole_id))


def latest_body(connection: Connection, org_id: str, pole_id: str) -> bytes | None:
    """Return a pole's newest graded climb as JSON."""
    row = queries.latest(connection, org_id, pole_id)
    return None if row is None else queries.climb_json(row)


@router.get("/poles/{pole_id}/history", response_model=schemas.History, responses=schemas.refusals(404))
async def history(
    request: Request, who: Reader, pole_id: Identity, before: Cursor = None, limit: Limit = 50
) -> Response:
    """List a pole's climbs, newest first, each with its current assessment."""
    body = await service_of(request).database.read(history_body, who.org_id, pole_id, place(before, 2), limit)
    return json_answer(request, found(body, "pole", pole_id))


def history_body(
    connection: Connection, org_id: str, pole_id: str, before: list[str] | None, limit: int
) -> bytes | None:
    """Return a page of a pole's climbs as JSON."""
    described, rows = _pole_and_history(connection, org_id, pole_id, before, limit + 1)
    if described is None:
        return None
    page, more = listed(rows, limit)
    following = queries.cursor(page[-1].climbed_at, page[-1].id) if more else None
    link = path_with(f"/v1/poles/{pole_id}/history", limit=limit, before=following) if following else None
    climbs = b",".join(map(queries.climb_json, page))
    return b'{"pole":%b,"climbs":[%b],"next":%b}' % (described.encode(), climbs, orjson.dumps(link))


def _pole_and_history(
    connection: Connection, org_id: str, pole_id: str, before: list[str] | None, limit: int
) -> tuple[str | None, list[Any]]:
    described = queries.sheet(connection, org_id, pole_id)
    return described, queries.history(connection, org_id, pole_id, before, limit) if described else []


@router.get("/poles/{pole_id}/parts", response_model=schemas.PartsHistory, responses=schemas.refusals(404))
async def parts(
    request: Request,
    who: Reader,
    pole_id: Identity,
    part: Literal["section", "band", "window", "zone"] = "band",
    before: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List the sections, bands, windows or zones of each climb of a pole, newest climb first."""
    described, rows = await service_of(request).database.read(
        _pole_and_history, who.org_id, pole_id, place(before, 2), limit + 1
    )
    found(described, "pole", pole_id)
    page, more = listed(rows, limit)
    following = queries.cursor(page[-1].climbed_at, page[-1].id) if more else None
    path = f"/v1/poles/{pole_id}/parts"
    link = path_with(path, part=part, limit=limit, before=following) if following else None
    climbs = [_parts_of(row, part) for row in page if row.document]
    return json_answer(request, json.dumps({"climbs": climbs, "next": link}))


def _parts_of(row: Any, part: str) -> dict[str, Any]:
    given = json.loads(row.document)["parts"]
    chosen = [one for one in given if one["part"] == part]
    return {"climb_id": row.id, "climbed_at": row.climbed_at, "parts": chosen}


@router.get("/changes", response_model=schemas.Changes)
async def changes(request: Request, who: Reader, since: Since = 0, limit: Limit = 500) -> Response:
    """List what was added after change number `since`, in order. Ask again with `next` to go on."""
    rows = await service_of(request).database.read(queries.changes, who.org_id, since, limit)
    listed_changes = [queries.change_document(row) for row in rows]
    return json_answer(request, json.dumps({"changes": listed_changes, "next": rows[-1].seq if rows else since}))
