"""The page at /: the fleet as counts, a map and a list that can be sorted and filtered."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Request, Response
from sqlalchemy import Connection

from climber.service import fleet, queries
from climber.service.answers import Cursor, Day, box, place
from climber.service.context import service_of
from climber.service.fleet_map import Filter
from climber.service.page import Visitor, page

router = APIRouter(include_in_schema=False)
ROWS = 100
WORST = 12
YEAR = timedelta(days=365)
DEFAULT_SORT: fleet.Sort = "worst"


@router.get("/")
async def index(
    request: Request,
    who: Visitor,
    chosen: Filter,
    sort: fleet.Sort = DEFAULT_SORT,
    after: Cursor = None,
    bbox: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Show the organisation's poles."""
    service = service_of(request)
    wanted = replace(chosen, box=box(bbox or None))
    shown = await service.database.read(_shown, who.org_id, wanted, sort, _begin(after, sort))
    data = {"extent": shown["extent"], "tiles": service.settings.map_tiles}
    since = (datetime.now(UTC) - YEAR).date().isoformat()
    shown |= {"since": since, "following": _following(request, shown), "bbox": bbox or "", "url": str(request.base_url)}
    return page(request, "fleet.html", who=who, wanted=wanted, sort=sort, data=data, **shown)


def _shown(
    connection: Connection, org_id: str, wanted: fleet.Wanted, sort: fleet.Sort, begin: tuple[Any, str] | None
) -> dict[str, Any]:
    today = datetime.now(UTC).date().isoformat()
    rows = fleet.listed(connection, org_id, wanted, sort, begin, ROWS + 1)
    total = fleet.counts(connection, org_id, fleet.Wanted(), today)
    narrowed = replace(wanted, grades=())
    counts = total if narrowed == fleet.Wanted() else fleet.counts(connection, org_id, narrowed, today)
    return {
        "poles": [queries.pole_document(row) | {"next_look_on": row.next_look_on} for row in rows[:ROWS]],
        "total": total,
        "counts": counts,
        "found_count": sum(counts[one] for one in wanted.grades or ("all",)),
        "extent": fleet.extent(connection, org_id),
        "last": _packed(rows[ROWS - 1]) if len(rows) > ROWS else None,
    }


def _packed(row: Any) -> str:
    return queries.cursor(json.dumps([row.sort_key, row.id]))


def _begin(after: str | None, sort: fleet.Sort) -> tuple[Any, str] | None:
    """Return where the page begins, or answer 400 to a cursor that is not of this order."""
    packed = place(after, 1)
    if packed is None:
        return None
    try:
        key, identity = json.loads(packed[0])
    except (ValueError, TypeError) as error:
        raise HTTPException(400, "This cursor is not one that the service gave out. Begin again without it.") from error
    if not isinstance(key, float if sort in ("worst", "area") else str) or not isinstance(identity, str):
        raise HTTPException(400, "This cursor belongs to another order. Begin again without it.")
    return key, identity


def _following(request: Request, shown: dict[str, Any]) -> str | None:
    """Return the query of the page after this one."""
    given = [(key, value) for key, value in request.query_params.multi_items() if key not in ("after", "lang")]
    return urlencode([*given, ("after", shown["last"])]) if shown["last"] else None


@router.get("/fleet/worse")
async def worse(request: Request, who: Visitor, since: Day) -> Response:
    """Show the poles whose rust has clearly grown since a day."""
    rows = await service_of(request).database.read(fleet.worsened, who.org_id, since, WORST)
    was = ("was_fraction", "was_grade", "was_at")
    found = [queries.pole_document(row) | {name: getattr(row, name) for name in was} for row in rows]
    return page(request, "fleet_worse.html", who=who, worse=found, since=since)
