"""The three questions that are asked most, answered before the framework spends a millisecond on each.

Only a plain question of a key just checked is answered here; all others, and every refusal, are left to the routes,
which call the same functions.
"""

import re
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

from fastapi import HTTPException, Response
from fastapi.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from climber.service.answers import box, json_answer
from climber.service.auth import Principal
from climber.service.context import Service
from climber.service.poles import history_body, latest_body, worst_body

POLE = re.compile(r"/v1/poles/([0-9a-f-]{36})/(latest|history)")
ROUTES = {
    what: SimpleNamespace(path=f"/v1/poles{rest}")
    for what, rest in (("latest", "/{pole_id}/latest"), ("history", "/{pole_id}/history"), ("worst", ":worst"))
}
"""As the metrics name them."""
LIMIT = re.compile(r"[1-9][0-9]{0,2}")
DEFAULT_LIMIT = {"history": "50", "worst": "100"}


class Quick:
    """Answers what it knows and passes on the rest."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        await (answer or self._app)(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response | None:
        asked = _asked(scope)
        if asked is None:
            return None
        request = HTTPConnection(scope)
        who = self._service.keyring.remembered(request.headers.get("authorization", ""))
        if who is None or self._service.rate.wait_s(who.key_id):
            return None
        scope["state"] = scope.get("state", {}) | {"key_id": who.key_id, "counted": True}
        body = await self._body(who, *asked)
        if body is None:
            return None
        scope["route"] = ROUTES[asked[0]]
        return json_answer(request, body)

    async def _body(self, who: Principal, what: str, pole_id: str, given: dict[str, Any]) -> bytes | None:
        read = self._service.database.read
        if what == "latest":
            return await read(latest_body, who.org_id, pole_id)
        if what == "history":
            return await read(history_body, who.org_id, pole_id, None, given["limit"])
        return await read(worst_body, who.org_id, given["bbox"], given["limit"])


def _asked(scope: Scope) -> tuple[str, str, dict[str, Any]] | None:
    """Return question, pole and parameters of a plain question."""
    path = scope["path"]
    pole = POLE.fullmatch(path)
    if pole is None and path != "/v1/poles:worst":
        return None
    pole_id, what = pole.groups() if pole else ("", "worst")
    given = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    known = {"latest": set(), "history": {"limit"}, "worst": {"limit", "bbox"}}[what]
    limit = given.get("limit", DEFAULT_LIMIT.get(what, "1"))
    if not given.keys() <= known or not LIMIT.fullmatch(limit):
        return None
    try:
        return what, pole_id, {"limit": int(limit), "bbox": box(given.get("bbox"))}
    except HTTPException:
        return None
