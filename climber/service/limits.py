"""Bounds on what one client may ask: bytes in a body, requests in a second."""

import time
from collections.abc import Callable

from fastapi import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BLOB_PREFIX = "/v1/blobs/"
REMEMBERED = 10_000


class BodyLimit:
    """Refuses a body of more than `limit_bytes` with 413, by its declared length or as it comes in.

    Blobs pass: they are counted where they are written.
    """

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(BLOB_PREFIX):
            return await self._app(scope, receive, send)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._limit_bytes:
            return await self._refusal()(scope, receive, send)
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit_bytes:
                raise HTTPException(413, self._words())
            return message

        return await self._app(scope, counted, send)

    def _refusal(self) -> JSONResponse:
        return JSONResponse({"detail": self._words()}, 413)

    def _words(self) -> str:
        return f"The body is larger than {self._limit_bytes} bytes. Send less at once."


class RateLimit:
    """A bucket for each key: `burst` requests at once, then `per_second`."""

    def __init__(self, per_second: float, burst: float, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock_s = clock_s
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_s(self, who: str) -> float:
        """Take one request from the bucket of `who`; returns 0, or the seconds until there is one."""
        now_s = self._clock_s()
        if len(self._buckets) >= REMEMBERED:
            self._buckets.clear()
        left, at_s = self._buckets.get(who, (self._burst, now_s))
        left = min(self._burst, left + (now_s - at_s) * self._per_second)
        if left < 1:
            self._buckets[who] = (left, now_s)
            return (1 - left) / self._per_second
        self._buckets[who] = (left - 1, now_s)
        return 0.0
