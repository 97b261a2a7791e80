"""Reading climbs: the photographs that show a place, and the unrolled pictures in tiles."""

import json
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from fastapi.responses import FileResponse
from sqlalchemy import Connection

from climber.service import queries, schemas
from climber.service.answers import Identity, Limit, Reader, found, json_answer
from climber.service.context import Service, service_of
from climber.service.previews import MEDIA, WIDTHS, Kind, preview
from climber.service.tiles import MOST_LEVELS, levels_of, prepared, tile

router = APIRouter(prefix="/v1", tags=["climbs"])
DECODERS = anyio.CapacityLimiter(1)  # a whole pole decodes to half a gigabyte
Index = Annotated[int, Path(ge=0, le=100_000)]


@router.get("/climbs/{climb_id}", response_model=schemas.ClimbOut, responses=schemas.refusals(404))
async def climb(request: Request, who: Reader, climb_id: Identity) -> Response:
    """Show one climb with its current assessment."""
    row = await service_of(request).database.read(queries.one_climb, who.org_id, climb_id)
    return json_answer(request, queries.climb_json(found(row, "climb", climb_id)))


@router.get("/climbs/{climb_id}/assessments", response_model=schemas.Assessments, responses=schemas.refusals(404))
async def assessments(request: Request, who: Reader, climb_id: Identity) -> Response:
    """List every assessment of a climb in the order of their making; none is ever replaced."""
    rows = await service_of(request).database.read(queries.assessments, who.org_id, climb_id)
    found(rows or None, "assessed climb", climb_id)
    return json_answer(request, f'{{"assessments":[{",".join(row.document for row in rows)}]}}')


@router.get("/climbs/{climb_id}/frames", response_model=schemas.Frames, responses=schemas.refusals(404))
async def frames(
    request: Request,
    who: Reader,
    climb_id: Identity,
    height_m: Annotated[float | None, Query(ge=-5, le=200)] = None,
    azimuth_deg: Annotated[float | None, Query(ge=0, lt=360)] = None,
    within_m: Annotated[float, Query(gt=0, le=200)] = 0.5,
    limit: Limit = 1000,
) -> Response:
    """List a climb's photographs in order, or those taken at most `within_m` from a height, facing it best first."""
    told = await service_of(request).database.read(
        _frames, who.org_id, climb_id, height_m, azimuth_deg, within_m, limit
    )
    return json_answer(request, json.dumps({"frames": found(told, "climb", climb_id)}))


def _frames(connection: Connection, org_id: str, climb_id: str, *near: Any) -> list[dict[str, Any]] | None:
    rows = queries.frames(connection, org_id, climb_id, *near)
    return None if rows is None else queries.frame_documents(connection, climb_id, rows)


@router.get(
    "/climbs/{climb_id}/pictures/{kind}/preview",
    response_class=FileResponse,
    responses=schemas.refusals(404),
)
async def small_picture(
    request: Request, who: Reader, climb_id: Identity, kind: Kind, width_px: int = WIDTHS[0]
) -> FileResponse:
    """Send an unrolled picture or layer of a climb at a width for the screen."""
    if width_px not in WIDTHS:
        raise HTTPException(404, f"Pictures are kept {' and '.join(map(str, WIDTHS))} pixels wide.")
    service = service_of(request)
    sha256 = await _picture(service, who.org_id, climb_id, kind)
    place = await anyio.to_thread.run_sync(
        preview,
        service.settings.data / "previews",
        await service.blobs.local(sha256),
        kind,
        width_px,
        limiter=DECODERS,
    )
    return FileResponse(place, media_type=MEDIA[kind])


@router.get("/climbs/{climb_id}/pictures/{kind}", response_model=schemas.Pyramid, responses=schemas.refusals(404))
async def pyramid(request: Request, who: Reader, climb_id: Identity, kind: Kind) -> Response:
    """Tell the size of an unrolled picture and of its tiles: level 0 is the smallest, row 0 the top of the pole."""
    service = service_of(request)
    sha256 = await _picture(service, who.org_id, climb_id, kind)
    row = found(await service.database.read(queries.one_blob, who.org_id, sha256), "picture", sha256)
    levels = levels_of(row.width_px, row.height_px)
    return json_answer(request, json.dumps({"sha256": sha256, "levels": [list(size) for size in levels]}))


@router.get(
    "/climbs/{climb_id}/pictures/{kind}/{level}/{column}/{row}",
    response_class=FileResponse,
    responses=schemas.refusals(404),
)
async def picture_tile(
    request: Request,
    who: Reader,
    climb_id: Identity,
    kind: Kind,
    level: Annotated[int, Path(ge=0, lt=MOST_LEVELS)],
    column: Index,
    row: Index,
) -> FileResponse:
    """Send one tile of an unrolled picture."""
    service = service_of(request)
    sha256 = await _picture(service, who.org_id, climb_id, kind)
    folder, blob = service.settings.data / "previews", await service.blobs.local(sha256)
    limiter = None if prepared(folder, blob, kind) else DECODERS
    try:
        place = await anyio.to_thread.run_sync(tile, folder, blob, kind, (level, column, row), limiter=limiter)
    except (OSError, SyntaxError, ValueError) as error:
        raise HTTPException(404, f"The {kind} picture of climb {climb_id} cannot be decoded.") from error
    headers = {"Cache-Control": "private, max-age=86400"}
    return FileResponse(found(place, "tile", f"{level}/{column}/{row}"), media_type=MEDIA[kind], headers=headers)


async def _picture(service: Service, org_id: str, climb_id: str, kind: Kind) -> str:
    row = found(await service.database.read(queries.climb_pictures, org_id, climb_id), "climb", climb_id)
    sha256: str | None = getattr(row, f"{kind}_sha256")
    return found(sha256, f"{kind} picture of climb", climb_id)
