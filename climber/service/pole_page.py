"""The page at /poles/{id}: grades, history, height profile, the surface with its layers, evidence, advice."""

import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from climber.service import elements, pole_view, queries, recommendation, words
from climber.service.answers import Identity
from climber.service.context import service_of
from climber.service.page import Visitor, page

router = APIRouter(include_in_schema=False)
CLIMBS = 200
"""Most climbs that one page shows."""
CHECKS = 100


@router.get("/poles/{pole_id}")
async def pole(request: Request, who: Visitor, pole_id: Identity, climb: str | None = None) -> Response:
    """Show one pole: its newest climb, or the one asked for, among all of them."""
    found = await service_of(request).database.read(_pole, who.org_id, pole_id)
    if found is None:
        return page(request, "missing.html", 404, who=who)
    row, rows, checked = found
    climbs = [pole_view.climb_view(one) for one in rows]
    chosen = pole_view.chosen_climb(climbs, climb)
    t = words.translator(words.language_of(request))
    return page(
        request,
        "pole.html",
        who=who,
        pole=queries.pole_document(row),
        described=json.loads(row.description),
        climbs=climbs,
        chosen=chosen,
        checks=checked,
        advice=pole_view.advice(climbs, t),
        data=await _data(request, who.org_id, climbs, chosen, t),
    )


@router.get("/rules/next-look")
async def rule(request: Request, who: Visitor) -> Response:
    """Publish the rule behind each recommendation."""
    return page(request, "rule.html", who=who, rule=recommendation)


def _pole(connection: Connection, org_id: str, pole_id: str) -> tuple[Any, list[Any], list[Any]] | None:
    row = queries.one_pole(connection, org_id, pole_id)
    if row is None:
        return None
    checked = [elements.document(one) for one in elements.checks(connection, pole_id, None, CHECKS)]
    corrected = {one["supersedes"] for one in checked}
    told = [one | {"corrected": one["entry_id"] in corrected} for one in checked]
    return row, queries.history(connection, org_id, pole_id, None, CLIMBS), told


async def _data(
    request: Request, org_id: str, climbs: list[dict[str, Any]], chosen: dict[str, Any] | None, t: Callable[..., str]
) -> dict[str, Any] | None:
    """Return what the page's scripts draw from."""
    if chosen is None or chosen["assessment"] is None:
        return None
    earlier = pole_view.before(climbs, chosen)
    start = await service_of(request).database.read(queries.climb_start, org_id, chosen["id"])
    described = json.loads(start or "{}")
    return {
        "climb": chosen["id"],
        "pole": described["pole"],
        "camera": described["camera"],
        "model": chosen["assessment"]["model"],
        "model_sha256": chosen["assessment"]["model_sha256"],
        "rule": chosen["assessment"]["rule"],
        "series": pole_view.series(climbs, t),
        "bands": pole_view.bands(chosen),
        "bands_before": pole_view.bands(earlier) if earlier else [],
        "gaps": chosen["assessment"]["gaps"],
    }
