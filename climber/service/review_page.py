"""The pages at /review: a queue of gradings that need a person, and the photographs of one to decide on."""

import json
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from climber.service import queries, report_pictures, reviews, words
from climber.service.answers import Identity
from climber.service.context import service_of
from climber.service.odd_colours import ODD_SHARE
from climber.service.page import Visitor, page

router = APIRouter(include_in_schema=False)
QUEUED = 100


@router.get("/review")
async def index(request: Request, who: Visitor) -> Response:
    """List what needs a person, the widest interval first."""
    rows = await service_of(request).database.read(reviews.queue, who.org_id, QUEUED)
    return page(request, "review.html", who=who, poles=[_queued(row) for row in rows])


def _queued(row: Any) -> dict[str, Any]:
    odd = row.odd_share if (row.odd_share or 0) > ODD_SHARE else None
    unsure = row.worst_grade != row.latest_iso_4628_3
    why = {"worst": row.worst_grade, "unsure": unsure, "odd": odd, "decisions": row.decisions}
    return queries.pole_document(row) | why


@router.get("/review/{climb_id}")
async def one(request: Request, who: Visitor, climb_id: Identity) -> Response:
    """Show the photographs of a climb's worst places with what the model marked, to confirm, correct or reject."""
    t = words.translator(words.language_of(request))
    shown = await service_of(request).database.read(_shown, who.org_id, climb_id, t)
    if shown is None:
        return page(request, "missing.html", 404, who=who)
    may = who.role in reviews.REVIEWERS
    return page(request, "review_one.html", who=who, may=may, **shown)


def _shown(connection: Connection, org_id: str, climb_id: str, t: Any) -> dict[str, Any] | None:
    row = queries.one_climb(connection, org_id, climb_id)
    if row is None or row.document is None or row.surface_sha256 is None:
        return None
    start = json.loads(queries.climb_start(connection, org_id, climb_id) or "{}")
    places = report_pictures.worst_places(connection, org_id, climb_id, json.loads(row.document))
    decided = reviews.decisions(connection, org_id, climb_id)
    data = {
        "climb": climb_id,
        "pole": start["pole"],
        "camera": start["camera"],
        "frames": [frame | {"place": words.part_name(part, t)} for part, frame in places],
    }
    return {"data": data, "pole": start["pole"]["code"], "climbed_at": row.climbed_at, "decided": decided}
