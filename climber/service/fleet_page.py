"""The page at /: the fleet as a list."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from climber.service import queries
from climber.service.context import service_of
from climber.service.page import Visitor, page

router = APIRouter(include_in_schema=False)
ROWS = 200


@router.get("/")
async def fleet(
    request: Request, who: Visitor, after: Annotated[str | None, Query(max_length=64)] = None, code: str = ""
) -> Response:
    """List the organisation's poles."""
    rows = await service_of(request).database.read(queries.poles, who.org_id, after, ROWS + 1, code)
    listed = [queries.pole_document(row) for row in rows[:ROWS]]
    following = listed[-1]["code"] if len(rows) > ROWS else None
    return page(request, "fleet.html", who=who, poles=listed, following=following, code=code, url=str(request.base_url))
