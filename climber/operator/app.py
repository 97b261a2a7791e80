"""The page's few addresses, served from a thread of the climb's own process, on 127.0.0.1 only."""

import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Literal, Self

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from climber.crew import Crew, Order
from climber.operator.board import Board
from climber.saying import Saying

FILES = Path(__file__).parent
CAMERA_WIDTH_PX = 960
FRESH = {"Cache-Control": "no-store"}
BY_PAGE = Saying("stopped on the operator page")
DOWN_BY_PAGE = Saying("the operator asked to come down (page)")


class Jog(BaseModel):
    """A jog wish: fractions of the rates."""

    model_config = ConfigDict(extra="forbid")
    up: float = Field(ge=-1, le=1)
    turn: float = Field(ge=-1, le=1)


class Wish(BaseModel):
    """An order of the crew with its words."""

    model_config = ConfigDict(extra="forbid")
    order: Order
    words: str = Field(default="", max_length=500)


def app_of(board: Board, press: Callable[[str], None], crew: Crew, pole_picture: Callable[[], bytes]) -> FastAPI:
    """Make the page's app. `press` stops the climb; `pole_picture` draws the unrolled pole as it is known (PNG)."""
    app = FastAPI(openapi_url=None)
    app.middleware("http")(_refuse_strangers)
    _show(app, board, pole_picture)

    @app.post("/stop")
    def stop() -> Response:
        press(BY_PAGE)
        return Response(status_code=204)

    @app.post("/wish")
    def wish(wish: Wish) -> Response:
        crew.ask(wish.order, DOWN_BY_PAGE if wish.order is Order.DOWN else wish.words)
        return Response(status_code=204)

    @app.post("/jog")
    def jog(jog: Jog) -> Response:
        crew.jog(jog.up, jog.turn)
        return Response(status_code=204)

    return app


def _show(app: FastAPI, board: Board, pole_picture: Callable[[], bytes]) -> None:
    """Add what only shows."""

    @app.get("/")
    def page() -> FileResponse:
        return FileResponse(FILES / "page.html", headers=FRESH)

    @app.get("/{name}.js")
    def script(name: Literal["page", "words", "crew"]) -> FileResponse:
        return FileResponse(FILES / f"{name}.js", headers=FRESH)

    @app.get("/state")
    def state(language: Literal["en", "zh-Hant"] = "en") -> JSONResponse:
        return JSONResponse(board.snapshot(language))

    @app.get("/camera.jpg")
    def camera() -> Response:
        photograph = board.photograph(CAMERA_WIDTH_PX)
        if photograph is None:
            return Response(status_code=404)
        return Response(photograph, media_type="image/jpeg", headers=FRESH)

    @app.get("/pole.png")
    def pole() -> Response:
        return Response(pole_picture(), media_type="image/png", headers=FRESH)


async def _refuse_strangers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Another page in the same browser could send orders here: only our own page may. A stop is taken from anyone."""
    if request.method == "POST" and request.url.path != "/stop":
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if host.rpartition(":")[0] not in ("127.0.0.1", "localhost") or origin not in (None, f"http://{host}"):
            return Response("orders come from this climb's own page only", status_code=403)
    return await answer(request)


class OperatorPage:
    """Serves the page while the context lasts; `url` says where."""

    def __init__(self, app: FastAPI, port: int = 0) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        self._thread = Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="operator page", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=5)
        self._socket.close()
