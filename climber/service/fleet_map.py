"""What the fleet's map asks for: clusters of poles, and the owner's base layer."""

import json
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse

from climber.service import clusters as groups
from climber.service import fleet, schemas
from climber.service.answers import AnyDay, Reader, box, json_answer
from climber.service.base_map import EMPTY
from climber.service.context import service_of

router = APIRouter(prefix="/v1", tags=["fleet"])
GEOJSON = "application/geo+json"
WORLD = (-180.0, -90.0, 180.0, 90.0)


def wanted(
    code: Annotated[str, Query(max_length=64, pattern=r"^[^\x00]*$", description="How the code begins")] = "",
    grade: Annotated[list[str] | None, Query(max_length=10, description="Ri0 to Ri5 or `none`, also several")] = None,
    climbed_before: Annotated[AnyDay, Query(description="Last climbed before this day, or never")] = "",
    changed_since: Annotated[AnyDay, Query(description="Climbed on this day or later")] = "",
    overdue_on: Annotated[AnyDay, Query(description="To be looked at before this day")] = "",
) -> fleet.Wanted:
    """Read from the query which poles are wanted."""
    grades = tuple(one for one in grade or () if one in (*fleet.GRADES, fleet.UNGRADED))
    return fleet.Wanted(code, grades, None, climbed_before, changed_since, overdue_on)


Filter = Annotated[fleet.Wanted, Depends(wanted)]


@router.get("/poles:clusters", response_model=schemas.Clusters)
async def clusters(
    request: Request,
    who: Reader,
    chosen: Filter,
    bbox: Annotated[str | None, Query(max_length=200, description="west,south,east,north in degrees")] = None,
    zoom: Annotated[int, Query(ge=0, le=22)] = 0,
) -> Response:
    """Group the poles in a box for a map at a zoom level, as GeoJSON points; a group of one is that pole."""
    rows = await service_of(request).database.read(
        groups.clusters, who.org_id, replace(chosen, box=None), box(bbox) or WORLD, zoom
    )
    features = [_feature(row) for row in rows]
    return json_answer(request, json.dumps({"type": "FeatureCollection", "features": features}))


def _feature(row: groups.Cluster) -> dict[str, Any]:
    alone = {"id": row.id, "code": row.code} if row.poles == 1 else {"id": None, "code": None}
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [row.lon, row.lat]},
        "properties": {"count": row.poles, "worst": row.worst, "due_on": row.due_on, **alone},
    }


@router.get("/base-map", response_class=Response)
async def base_map(_who: Reader, request: Request) -> Response:
    """Send the owner's outlines (GeoJSON) that lie under the poles; an empty collection where there are none."""
    path = service_of(request).settings.base_map
    return FileResponse(path, media_type=GEOJSON) if path else Response(EMPTY, media_type=GEOJSON)
