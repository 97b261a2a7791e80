"""The pages at /sign-in and /sign-out."""

from urllib.parse import parse_qs

import anyio
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from climber.service.auth import COOKIE, SESSION, Principal
from climber.service.context import service_of
from climber.service.page import page
from climber.service.signin import start_session

router = APIRouter(include_in_schema=False)
FORM_BYTES = 4096


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
