"""The API under /v1. Handlers say what is asked and by whom; `queries` and `ingest` do it."""

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import Field, ValidationError
from sqlalchemy import Connection, insert

from climber.record import ClimbUpload, Model, Sha256
from climber.service import queries, schemas
from climber.service.auth import Principal, requires
from climber.service.context import service_of
from climber.service.ingest import store_climbs
from climber.service.objects import BlobInfo, BlobRefusedError
from climber.service.tables import blob, stamp

router = APIRouter(prefix="/v1")
Reader = Annotated[Principal, Depends(requires("crew", "ml", "manager"))]
Uploader = Annotated[Principal, Depends(requires("crew", "ml"))]
Limit = Annotated[int, Query(ge=1, le=1000)]
Identity = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
Hash = Annotated[Sha256, Path()]
Cursor = Annotated[str | None, Query(max_length=400)]


class ClimbBatch(Model):
    """Climbs to take in."""

    climbs: Annotated[tuple[ClimbUpload, ...], Field(min_length=1)]


@router.get("/poles", response_model=schemas.PolesPage)
async def poles(request: Request, who: Reader, after: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    """List poles in order of their codes."""
    code = _place(after, 1)[0] if after else None
    rows = await service_of(request).database.read(queries.poles, who.org_id, code, limit + 1)
    page = [queries.pole_document(row) for row in rows[:limit]]
    following = queries.cursor(page[-1]["code"]) if len(rows) > limit else None
    return {
        "poles": page,
        "next": f"/v1/poles?limit={limit}&after={quote(following)}" if following else None,
    }


@router.get("/poles/{pole_id}", response_model=schemas.PoleOut)
async def pole(request: Request, who: Reader, pole_id: Identity) -> dict[str, Any]:
    """Show one pole with its newest graded climb."""
    row = await service_of(request).database.read(queries.one_pole, who.org_id, pole_id)
    return queries.pole_document(found(row, "pole", pole_id))


@router.get("/poles/{pole_id}/history", response_model=schemas.History)
async def history(
    request: Request, who: Reader, pole_id: Identity, before: Cursor = None, limit: Limit = 50
) -> Response:
    """List a pole's climbs, newest first, each with its current assessment."""
    at = _place(before, 2) if before else None
    database = service_of(request).database
    row = found(await database.read(queries.one_pole, who.org_id, pole_id), "pole", pole_id)
    climbs = await database.read(queries.history, who.org_id, pole_id, (at[0], at[1]) if at else None, limit + 1)
    shown = climbs[:limit]
    following = queries.cursor(shown[-1].climbed_at, shown[-1].id) if len(climbs) > limit else None
    link = f'"/v1/poles/{pole_id}/history?limit={limit}&before={quote(following)}"' if following else "null"
    listed = ",".join(map(queries.climb_json, shown))
    return _json(f'{{"pole":{row.description},"climbs":[{listed}],"next":{link}}}')


@router.post("/climbs:batch", response_model=schemas.Batch)
async def climbs_batch(request: Request, who: Uploader) -> dict[str, Any]:
    """Take climbs in; each is created, a duplicate, in conflict, or missing blobs."""
    service = service_of(request)
    batch = await _parsed(request, ClimbBatch, service.settings.limits.document_bytes)
    if len(batch.climbs) > service.settings.limits.batch_climbs:
        raise HTTPException(413, f"At most {service.settings.limits.batch_climbs} climbs fit in one batch.")
    results = await service.database.write(store_climbs, who.org_id, batch.climbs, datetime.now(UTC))
    return {"results": results}


@router.post("/blobs:missing", response_model=schemas.Missing)
async def blobs_missing(request: Request, who: Uploader, question: schemas.Question) -> dict[str, Any]:
    """Say which blobs are still to be uploaded, in the order asked."""
    held = await service_of(request).database.read(queries.held_blobs, who.org_id, question.sha256)
    return {"missing": [sha256 for sha256 in dict.fromkeys(question.sha256) if sha256 not in held]}


@router.put("/blobs/{sha256}", response_model=schemas.BlobOut, status_code=201)
async def put_blob(request: Request, who: Uploader, sha256: Hash) -> BlobInfo:
    """Store a picture. The answer comes when its hash is confirmed and it is on the disk."""
    service = service_of(request)
    try:
        info = await service.blobs.receive(sha256, request.stream(), service.settings.limits)
    except BlobRefusedError as refused:
        raise HTTPException(refused.status, str(refused)) from refused
    await service.database.write(_note_blob, who.org_id, info, datetime.now(UTC))
    return info


@router.get("/blobs/{sha256}", response_class=FileResponse)
@router.head("/blobs/{sha256}", response_class=FileResponse)
async def get_blob(request: Request, who: Reader, sha256: Hash) -> FileResponse:
    """Send a picture as it came."""
    service = service_of(request)
    row = found(await service.database.read(queries.one_blob, who.org_id, sha256), "blob", sha256)
    headers = {"Cache-Control": "private, max-age=31536000, immutable", "ETag": f'"{sha256}"'}
    return FileResponse(service.blobs.path(sha256), media_type=row.mime, headers=headers)


def _note_blob(connection: Connection, org_id: str, info: BlobInfo, now: datetime) -> None:
    if queries.one_blob(connection, org_id, info.sha256) is None:
        connection.execute(
            insert(blob).values(
                org_id=org_id,
                sha256=info.sha256,
                size_bytes=info.size_bytes,
                mime=info.mime,
                width_px=info.width_px,
                height_px=info.height_px,
                received_at=stamp(now),
            )
        )


async def _parsed(request: Request, model: type[ClimbBatch], limit_bytes: int) -> ClimbBatch:
    """Read and check a body without letting it grow beyond the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit_bytes:
            raise HTTPException(413, f"The document is larger than {limit_bytes} bytes. Send fewer climbs at once.")
    try:
        return model.model_validate_json(bytes(body))
    except ValidationError as error:
        raise HTTPException(422, error.errors(include_url=False, include_context=False)[:20]) from error


def _place(packed: str, count: int) -> list[str]:
    try:
        return queries.place(packed, count)
    except queries.BadCursorError as error:
        raise HTTPException(400, "This cursor is not one that the service gave out. Begin again without it.") from error


def found(row: Any, kind: str, identity: str) -> Any:
    """Return `row`, or answer 404."""
    if row is None:
        raise HTTPException(404, f"There is no {kind} {identity} in your organisation.")
    return row


def _json(content: str) -> Response:
    return Response(content, media_type="application/json")
