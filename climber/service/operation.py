"""Keeping the service running: is it alive, is it ready, what did it do, who did what."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from climber.service import audit, schemas
from climber.service.answers import Limit, json_answer
from climber.service.auth import Principal, requires
from climber.service.context import service_of

router = APIRouter(tags=["operation"])
Administrator = Annotated[Principal, Depends(requires())]


@router.get("/healthz", include_in_schema=False)
async def healthz() -> PlainTextResponse:
    """Answer as long as the process lives."""
    return PlainTextResponse("alive")


@router.get("/readyz", include_in_schema=False)
async def readyz(request: Request) -> JSONResponse:
    """Answer 200 when database and picture folder can be used, else 503."""
    service = service_of(request)
    try:
        await service.database.read(_ask)
        service.blobs.check()
    except (SQLAlchemyError, OSError) as error:
        return JSONResponse({"ready": False, "reason": type(error).__name__}, 503)
    return JSONResponse({"ready": True})


@router.get("/metrics", include_in_schema=False, dependencies=[Depends(requires("crew", "ml", "manager"))])
async def metrics(request: Request) -> Response:
    """Send what this process counted, for Prometheus."""
    return Response(service_of(request).metrics.text(), media_type=CONTENT_TYPE_LATEST)


def _ask(connection: Connection) -> None:
    connection.execute(text("SELECT 1 FROM alembic_version"))


@router.get("/v1/audit", response_model=schemas.AuditLog)
async def audit_log(
    request: Request,
    who: Administrator,
    before: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
    limit: Limit = 100,
) -> Response:
    """List who did what in the organisation, newest first."""
    rows = await service_of(request).database.read(audit.lines, who.org_id, before, limit)
    names = ("id", "at", "key_id", "action", "subject", "detail")
    lines = [{name: getattr(row, name) for name in names} for row in rows]
    following = rows[-1].id if len(rows) == limit else None
    return json_answer(request, json.dumps({"lines": lines, "next": following}))
