"""Uploading: pictures by hash, then the climbs that name them."""

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, HTTPException, Request
from fastapi.responses import FileResponse
from pydantic import Field
from sqlalchemy import Connection

from climber.record import ClimbUpload, Model
from climber.service import queries, schemas
from climber.service.answers import Hash, Reader, Uploader, found
from climber.service.audit import note
from climber.service.auth import Principal
from climber.service.bodies import JsonRoute
from climber.service.context import service_of
from climber.service.ingest import ItemResult, store_climbs
from climber.service.objects import MIME, BlobInfo, BlobRefusedError
from climber.service.preparing import prepare
from climber.service.tables import blob, insert_new, stamp

router = APIRouter(prefix="/v1", tags=["upload"], route_class=JsonRoute)


class ClimbBatch(Model):
    """Climbs to take in."""

    climbs: Annotated[tuple[ClimbUpload, ...], Field(min_length=1, max_length=500)]


@router.post("/climbs:batch", response_model=schemas.Batch)
async def climbs_batch(
    request: Request, who: Uploader, batch: ClimbBatch, afterwards: BackgroundTasks
) -> dict[str, Any]:
    """Take climbs in; each is created, a duplicate, in conflict, or missing blobs."""
    service = service_of(request)
    results = await service.database.write(_store, who, batch.climbs, datetime.now(UTC))
    for one in results:
        service.metrics.climbs.labels(one.result).inc()
    sent = zip(results, batch.climbs, strict=True)
    new = [one.climb_id for one, upload in sent if one.assessments_added and upload.pictures]
    if new:
        afterwards.add_task(prepare, service, who.org_id, new)
    return {"results": results}


def _store(connection: Connection, who: Principal, climbs: tuple[ClimbUpload, ...], now: datetime) -> list[ItemResult]:
    results = store_climbs(connection, who.org_id, climbs, now)
    counted = Counter(result.result for result in results)
    note(connection, who, "climbs sent", ", ".join(f"{count} {verdict}" for verdict, count in counted.items()))
    return results


@router.post("/blobs:missing", response_model=schemas.Missing, responses=schemas.refusals(503))
async def blobs_missing(request: Request, who: Uploader, question: schemas.Question) -> dict[str, Any]:
    """Say which blobs are still to be uploaded, in the order asked; one that was lost since is asked for again."""
    service = service_of(request)
    known = await service.database.read(queries.held_blobs, who.org_id, question.sha256)
    here = await service.blobs.whole(known)
    return {"missing": [sha256 for sha256 in dict.fromkeys(question.sha256) if sha256 not in here]}


@router.put(
    "/blobs/{sha256}",
    response_model=schemas.BlobOut,
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {mime: {"schema": {"type": "string", "format": "binary"}} for mime in MIME.values()},
        }
    },
    responses=schemas.refusals(404, 413, 415, 503),
)
async def put_blob(request: Request, who: Uploader, sha256: Hash) -> BlobInfo:
    """Store a picture. The answer comes when its hash is confirmed and it is on the disk."""
    service = service_of(request)
    try:
        info = await service.blobs.receive(sha256, request.stream(), service.settings.limits)
    except BlobRefusedError as refused:
        raise HTTPException(refused.status, str(refused)) from refused
    await service.database.write(_note_blob, who.org_id, info, datetime.now(UTC))
    service.metrics.blob_bytes.inc(info.size_bytes)
    return info


def _note_blob(connection: Connection, org_id: str, info: BlobInfo, now: datetime) -> None:
    insert_new(connection, blob, [{"org_id": org_id, "received_at": stamp(now), **asdict(info)}])


@router.get("/blobs/{sha256}", response_class=FileResponse, responses=schemas.refusals(404))
@router.head("/blobs/{sha256}", response_class=FileResponse, responses=schemas.refusals(404))
async def get_blob(request: Request, who: Reader, sha256: Hash) -> FileResponse:
    """Send a picture as it came."""
    service = service_of(request)
    row = found(await service.database.read(queries.one_blob, who.org_id, sha256), "blob", sha256)
    headers = {"Cache-Control": "private, max-age=31536000, immutable", "ETag": f'"{sha256}"'}
    path = await service.blobs.local(sha256)
    return FileResponse(path, media_type=row.mime, headers=headers, stat_result=path.stat())
