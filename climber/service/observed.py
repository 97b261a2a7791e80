"""What the service tells its operator: one JSON line a request, and counts and durations for Prometheus."""

import secrets
import time
from typing import Any, Literal, TextIO, get_args

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Logged = Literal["all", "refused", "none"]
LOGGED: tuple[Logged, ...] = get_args(Logged)
REFUSED = 400
SECONDS = (0.005, 0.02, 0.05, 0.15, 0.5, 2.0, 10.0)


class Metrics:
    """Counts of one process since it began; Prometheus adds several processes up."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "highmast_requests_total", "Requests", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "highmast_request_seconds", "Time to answer", ["route"], buckets=SECONDS, registry=self.registry
        )
        self.climbs = Counter("highmast_climbs_total", "Climbs sent, by result", ["result"], registry=self.registry)
        self.blob_bytes = Counter("highmast_blob_bytes_total", "Bytes of pictures stored", registry=self.registry)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)


class RequestLog:
    """Writes one JSON line for each request, or for each that was refused."""

    def __init__(self, logged: Logged, out: TextIO) -> None:
        self._least = {"all": 0, "refused": REFUSED, "none": 1000}[logged]
        self._log = structlog.wrap_logger(
            structlog.PrintLogger(out),
            processors=[structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.JSONRenderer()],
        )

    def write(self, status: int, **fields: Any) -> None:
        """Write a line if requests of this status are wanted."""
        if status >= self._least:
            self._log.msg("request", status=status, **fields)


class Observed:
    """Counts and logs every request, and names it in the answer's `X-Request-Id`."""

    def __init__(self, app: ASGIApp, metrics: Metrics, log: RequestLog) -> None:
        self._app, self._metrics, self._log = app, metrics, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        status, began_s, identity = 500, time.perf_counter(), secrets.token_hex(8)

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(raw=message["headers"])["X-Request-Id"] = identity
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._note(scope, status, time.perf_counter() - began_s, identity)

    def _note(self, scope: Scope, status: int, took_s: float, identity: str) -> None:
        route = getattr(scope.get("route"), "path", "none")
        self._metrics.requests.labels(scope["method"], route, status).inc()
        self._metrics.seconds.labels(route).observe(took_s)
        who = scope.get("state", {}).get("key_id")
        client = scope["client"][0] if scope.get("client") else None
        fields = {"method": scope["method"], "path": scope["path"][:300], "key_id": who, "client": client}
        self._log.write(status, request_id=identity, milliseconds=round(took_s * 1000, 1), **fields)
