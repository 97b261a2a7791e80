"""The application: one factory, built from settings and an open database."""

import asyncio
import errno
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic.util import CommandError
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, OperationalError
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from climber import __version__
from climber.errors import InputError
from climber.service import (
    campaigns,
    climbs,
    elements,
    exports,
    fleet_map,
    inventory,
    jobs,
    leftovers,
    ogc,
    operation,
    poles,
    preparing,
    reports,
    reviews,
    uploads,
    web,
)
from climber.service.auth import KeyFirst, Keyring, requires
from climber.service.base_map import tile_origin
from climber.service.bucket import Bucket, CachedBlobs, StoreAwayError
from climber.service.context import Service
from climber.service.db import Database
from climber.service.limits import BodyLimit, RateLimit
from climber.service.objects import BlobFolder
from climber.service.observed import Logged, Metrics, Observed, RequestLog
from climber.service.quick import Quick
from climber.service.schemas import Refusal
from climber.service.settings import Settings
from climber.service.signin import SignInTokens

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:{tiles}; "
    "connect-src 'self'{tiles}; worker-src 'self' blob:; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-cache",
}
EVERYWHERE: dict[int | str, dict[str, Any]] = {
    400: {"model": Refusal, "description": "Not readable"},
    401: {"model": Refusal, "description": "No valid key"},
    403: {"model": Refusal, "description": "Not for this role"},
    422: {"model": Refusal, "description": "Out of bounds"},
    429: {"model": Refusal, "description": "Too many requests"},
}
HERE = Path(__file__).parent
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, "SQLITE_FULL", "53100")
"""What a full disk or quota is called by the system, SQLite and PostgreSQL."""


def open_database(settings: Settings) -> Database:
    """Make the data folder, open the database and bring its tables up to date."""
    settings.data.mkdir(parents=True, exist_ok=True)
    try:
        database = Database(settings.database_url)
    except (ArgumentError, ImportError) as error:
        raise InputError(
            f"--database {settings.database_url}: {error}. Give sqlite:///FILE or postgresql://USER@HOST/NAME; "
            "PostgreSQL needs `pip install 'highmast[postgres]'`."
        ) from error
    try:
        database.migrate()
    except DatabaseError as error:
        raise InputError(f"{database.url!r} cannot be opened: {error.orig}") from error
    except CommandError as error:
        raise InputError(
            f"{database.url!r} was written by a newer highmast ({error}). Install that one; nothing was changed."
        ) from error
    return database


def build_service(settings: Settings, logged: Logged = "refused") -> Service:
    """Open what a service needs."""
    database = open_database(settings)
    folder = settings.data / "blobs"
    blobs = CachedBlobs(folder, Bucket(settings.bucket_url)) if settings.bucket_url else BlobFolder(folder)
    per_second = settings.limits.requests_per_second
    rate = RateLimit(per_second, 10 * per_second)
    return Service(
        settings, database, blobs, Keyring(database), SignInTokens(), rate, Metrics(), RequestLog(logged, sys.stderr)
    )


def create_app(service: Service) -> FastAPI:
    """Return the ASGI application of a service; it closes the database when it shuts down."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        leftovers.sweep(service.settings.data)
        behind = asyncio.create_task(_catch_up(service))
        behind.add_done_callback(lambda task: task.cancelled() or task.result())  # a failure is told at once
        yield
        behind.cancel()
        service.database.close()

    app = FastAPI(
        title="highmast condition history",
        version=__version__,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    app.add_middleware(KeyFirst)
    app.add_middleware(BodyLimit, limit_bytes=service.settings.limits.document_bytes)
    app.add_middleware(Quick, service=service)
    app.add_middleware(Told)
    app.add_middleware(Observed, metrics=service.metrics, log=service.log)
    policy = CONTENT_POLICY.format(tiles=tile_origin(service.settings.map_tiles))
    app.add_middleware(Hardened, headers=HEADERS | {"Content-Security-Policy": policy})
    app.add_exception_handler(DataError, _unstorable)
    app.add_exception_handler(405, _wrong_method)
    app.add_exception_handler(StoreAwayError, _store_away)
    app.add_exception_handler(FileNotFoundError, _picture_lost)
    app.add_exception_handler(RequestValidationError, _out_of_bounds)
    for part in (
        poles,
        fleet_map,
        climbs,
        elements,
        uploads,
        inventory,
        reports,
        campaigns,
        reviews,
        exports,
        ogc,
        operation,
    ):
        app.include_router(part.router, responses=EVERYWHERE)
    app.include_router(web.router)
    app.mount("/assets", StaticFiles(directory=HERE / "assets"))
    _describe(app)
    return app


async def _catch_up(service: Service) -> None:
    """Do what an upgrade, or an end of the process in the middle of its work, has left."""
    await jobs.work_off(service.database)
    await preparing.catch_up(service)


class Hardened:
    """Adds the headers that keep a browser from guessing, framing or caching what it should not."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, add)


class Told:
    """Answers in words when the disk is full or the database is away. What was not confirmed may be sent again."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = False

        async def watched(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except (OperationalError, OSError) as error:
            answer = None if began or scope["type"] != "http" else _trouble(error)
            if answer is None:
                raise
            await answer(scope, receive, send)


def _trouble(error: OperationalError | OSError) -> JSONResponse | None:
    """Return what to tell of an error, or None where it is a fault of the service."""
    cause = error.orig if isinstance(error, OperationalError) else error
    codes = (getattr(cause, name, None) for name in ("sqlite_errorname", "sqlstate", "errno"))
    code = next(filter(None, codes), None)
    if code in FULL:
        detail = "The service's disk is full. Nothing of this was taken in; make room there, then send it again."
        return JSONResponse({"detail": detail}, 507)
    if isinstance(cause, OSError) or code == "SQLITE_ERROR":  # the latter is a wrong statement
        return None
    return JSONResponse({"detail": "The service's database cannot be used now. Try again."}, 503, {"Retry-After": "5"})


async def _out_of_bounds(_request: Request, error: Exception) -> JSONResponse:
    """Say what is wrong where, without sending back what was sent."""
    assert isinstance(error, RequestValidationError)
    if all(one["loc"][0] == "path" for one in error.errors()):
        return JSONResponse({"detail": "There is no such thing in your organisation."}, 404)
    wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:20]]
    return JSONResponse({"detail": "; ".join(wrong)}, 422)


async def _wrong_method(request: Request, error: Exception) -> JSONResponse:
    """Name every method of the path; the framework names those of one of its routes."""
    template = getattr(request.scope.get("route"), "path", "")
    methods = request.app.openapi()["paths"].get(template, {})
    allowed = {"Allow": ", ".join(sorted(map(str.upper, methods)))} if methods else getattr(error, "headers", None)
    return JSONResponse({"detail": "Method Not Allowed"}, 405, allowed)


async def _store_away(_request: Request, error: Exception) -> JSONResponse:
    """Nothing was lost and nothing acknowledged: the client may try again."""
    return JSONResponse({"detail": f"The object store is away ({error}). Try again."}, 503, {"Retry-After": "5"})


async def _picture_lost(request: Request, error: Exception) -> JSONResponse:
    """The database names a picture whose file is gone, as after a restore without the pictures."""
    assert isinstance(error, FileNotFoundError)
    data, lost = request.app.state.service.settings.data, Path(error.filename or "")
    if not lost.is_relative_to(data / "blobs"):
        raise error
    detail = (
        f"The picture {lost.relative_to(data)} is lost on the service's machine. Put this file back from a backup, "
        "or send its climb again (`highmast sync DIR`); `highmast backup FOLDER --check` names all that a folder lacks."
    )
    return JSONResponse({"detail": detail}, 404)


async def _unstorable(_request: Request, _error: Exception) -> JSONResponse:
    """Some value passed its check and yet the database cannot hold it, such as text with a zero byte."""
    return JSONResponse({"detail": "Some value cannot be stored: a zero byte in a text, or a number too large."}, 400)


def _describe(app: FastAPI) -> None:
    """Offer the OpenAPI document to those with a key."""

    @app.get("/v1/openapi.json", dependencies=[Depends(requires("crew", "ml", "manager"))], include_in_schema=False)
    async def openapi() -> dict[str, object]:
        return app.openapi()
