"""A body read in one go is taken and refused exactly as the framework would."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute

from climber.service.bodies import JsonRoute
from climber.service.uploads import ClimbBatch
from tests.service.bench_fill import batches

JSON = "application/json"


async def taken(batch: ClimbBatch) -> list[str]:
    return [one.start.climb_id for one in batch.climbs]


def told(_request: Request, error: Exception) -> PlainTextResponse:
    assert isinstance(error, RequestValidationError)
    return PlainTextResponse(ascii(error.errors()), 422)  # as it is: not every wrong value can be sent back as JSON


def post(body: bytes, content_type: str = JSON) -> list[httpx.Response]:
    """The answers to the same body in the framework's way and in ours."""
    app = FastAPI()
    app.add_exception_handler(RequestValidationError, told)
    for path, kind in (("/theirs", APIRoute), ("/ours", JsonRoute)):
        router = APIRouter(route_class=kind)
        router.post(path)(taken)
        app.include_router(router)

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            headers = {"Content-Type": content_type}
            return [await client.post(path, content=body, headers=headers) for path in ("/theirs", "/ours")]

    return asyncio.run(ask())


GOOD = batches(2, 2)[0]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (GOOD, JSON, 200),
        (GOOD, "text/plain", 422),
        (GOOD[:-3], JSON, 422),
        (GOOD.replace(b'"start"', b'"begin"', 1), JSON, 422),
        (GOOD.replace(b'"coverage": 0.93', b'"coverage": 1.93', 1), JSON, 422),
        (GOOD.replace(b'"coverage": 0.93', b'"coverage": NaN', 1), JSON, 422),
        (GOOD.replace(b"laptop", b"\\ud800", 1), JSON, 422),
        (b"\xff" + GOOD, JSON, 400),
        (b"[]", JSON, 422),
        (b"", JSON, 422),
    ],
)
def test_answers_are_those_of_the_framework(body: bytes, content_type: str, status: int) -> None:
    theirs, ours = post(body, content_type)
    assert (theirs.status_code, theirs.content) == (ours.status_code, ours.content)
    assert ours.status_code == status


def test_a_good_body_is_not_parsed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise json.JSONDecodeError("parsed in the framework's way", "", 0)

    monkeypatch.setattr(json, "loads", refuse)
    theirs, ours = post(GOOD)
    assert (theirs.status_code, ours.status_code) == (422, 200)
