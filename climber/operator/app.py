"""The page's few addresses, served from a thread of the climb's own process, on 127.0.0.1 only."""

import socket
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, JSONResponse

from climber.operator.board import Board

FILES = Path(__file__).parent
CAMERA_WIDTH_PX = 960


def app_of(board: Board, press: Callable[[str], None], pole_picture: Callable[[], bytes]) -> FastAPI:
    """Make the page's app. `press` stops the climb; `pole_picture` draws the unrolled pole as it is known (PNG)."""
    app = FastAPI(openapi_url=None)

    @app.get("/")
    def page() -> FileResponse:
        return FileResponse(FILES / "page.html", headers={"Cache-Control": "no-store"})

    @app.get("/page.js")
    def script() -> FileResponse:
        return FileResponse(FILES / "page.js", headers={"Cache-Control": "no-store"})

    @app.get("/state")
    def state() -> JSONResponse:
        return JSONResponse(board.snapshot())

    @app.get("/camera.jpg")
    def camera() -> Response:
        photograph = board.photograph(CAMERA_WIDTH_PX)
        if photograph is None:
            return Response(status_code=404)
        return Response(photograph, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    @app.get("/pole.png")
    def pole() -> Response:
        return Response(pole_picture(), media_type="image/png", headers={"Cache-Control": "no-store"})

    @app.post("/stop")
    def stop() -> Response:
        press("stopped on the operator page")
        return Response(status_code=204)

    return app


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
