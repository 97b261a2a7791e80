"""The pages at / and /poles/{id}: rendered here, readable without scripts; scripts add the chart and the layers."""

import json
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs

import anyio
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from climber.record import Assessment
from climber.service import queries, words
from climber.service.answers import Identity
from climber.service.auth import COOKIE, SESSION, Principal, identify
from climber.service.context import service_of
from climber.service.signin import start_session

router = APIRouter(include_in_schema=False)
pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "pages"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
pages.filters |= {
    "percent": words.percent,
    "square_metres": words.square_metres,
    "day": words.day,
}
pages.globals["span"] = words.span
ROWS = 200
FORM_BYTES = 4096


def page(request: Request, name: str, status: int = 200, **values: Any) -> Response:
    """Render a page in the reader's language, and remember a language that was asked for."""
    language = words.language_of(request)
    other = next(one for one in words.LANGUAGES if one != language)
    content = pages.get_template(name).render(
        t=words.translator(language),
        language=language,
        other_language=request.url.include_query_params(lang=other).query,
        signed_in=values.pop("who", None) is not None,
        **values,
    )
    response = Response(content, status, media_type="text/html; charset=utf-8")
    if request.query_params.get("lang") == language:
        response.set_cookie(words.COOKIE, language, max_age=31_536_000, samesite="lax")
    return response


@router.get("/")
async def fleet(
    request: Request, after: Annotated[str | None, Query(max_length=64)] = None, code: str = ""
) -> Response:
    """List the organisation's poles."""
    who = await identify(request)
    if who is None:
        return RedirectResponse("/sign-in", 303)
    rows = await service_of(request).database.read(queries.poles, who.org_id, after, ROWS + 1, code)
    listed = [queries.pole_document(row) for row in rows[:ROWS]]
    following = listed[-1]["code"] if len(rows) > ROWS else None
    return page(request, "fleet.html", who=who, poles=listed, following=following, code=code, url=str(request.base_url))


@router.get("/poles/{pole_id}")
async def pole(request: Request, pole_id: Identity, climb: str | None = None) -> Response:
    """Show one pole: its newest climb, or the one asked for, among all of them."""
    who = await identify(request)
    if who is None:
        return RedirectResponse("/sign-in", 303)
    database = service_of(request).database
    row = await database.read(queries.one_pole, who.org_id, pole_id)
    if row is None:
        return page(request, "missing.html", 404, who=who)
    climbs = await database.read(queries.history, who.org_id, pole_id, None, ROWS)
    shown = [_shown(one) for one in climbs]
    graded = [one for one in shown if one["assessment"]]
    chosen = next((one for one in shown if one["id"] == climb), graded[0] if graded else shown[0] if shown else None)
    return page(
        request,
        "pole.html",
        who=who,
        pole=queries.pole_document(row),
        described=json.loads(row.description),
        climbs=shown,
        chosen=chosen,
    )


def _shown(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "climbed_at": row.climbed_at,
        "simulated": row.simulated,
        "outcome": row.outcome,
        "reason": row.reason,
        "frames": row.frames,
        "has_map": row.surface_sha256 is not None,
        "assessment": Assessment.model_validate_json(row.document) if row.document else None,
    }


@router.get("/sign-in")
async def sign_in(request: Request, token: str = "") -> Response:
    """Sign in by a printed link, or show where to paste a key."""
    owner = service_of(request).tokens.redeem(token)
    if owner:
        return await _signed_in(request, owner)
    return page(request, "sign_in.html", 403 if token else 200, bad=bool(token))


@router.post("/sign-in")
async def sign_in_with_key(request: Request) -> Response:
    """Sign in by a pasted key."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            return page(request, "sign_in.html", 413, bad=True)
    secret = parse_qs(body.decode("utf-8", "replace")).get("key", [""])[0].strip()
    owner = await service_of(request).keyring.check(secret)
    if owner is None or owner.session:
        return page(request, "sign_in.html", 403, bad=True)
    return await _signed_in(request, owner)


async def _signed_in(request: Request, owner: Principal) -> Response:
    service = service_of(request)
    secret = await anyio.to_thread.run_sync(start_session, service.database, owner)
    response = RedirectResponse("/", 303)
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(SESSION.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.get("/sign-out")
async def sign_out() -> Response:
    """Forget the browser's session."""
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE)
    return response
