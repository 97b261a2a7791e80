"""Running the application under uvicorn until a signal ends it; requests under way are finished first."""

import gc
import socket

import uvicorn

from climber.service.app import create_app
from climber.service.context import Service

GRACE_S = 20
IDLE_S = 30


def run(service: Service, listening: socket.socket) -> None:
    """Serve on a listening socket. Returns after SIGINT or SIGTERM."""
    config = uvicorn.Config(
        create_app(service),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    gc.freeze()  # what is there now stays; looking at it again and again cost a third of taking a batch in
    gc.set_threshold(50_000, 20, 20)
    uvicorn.Server(config).run(sockets=[listening])
