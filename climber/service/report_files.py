"""How reports are made and sent: one PDF at a time, CSV without formulas."""

import csv
from collections.abc import Callable, Iterable
from io import StringIO
from typing import Any

import anyio
from fastapi import HTTPException, Response

from climber.service import schemas
from climber.service.exports import plain
from climber.service.typesetting import CannotTypesetError

ONE_AT_A_TIME = anyio.CapacityLimiter(1)
PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {}}},
    503: {"model": schemas.Refusal, "description": "A font or typst is missing on the service's machine"},
}
CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}


async def typeset(make: Callable[..., bytes], *given: Any) -> bytes:
    """Make a PDF in a thread of its own, or answer 503 with what is missing."""
    try:
        return await anyio.to_thread.run_sync(make, *given, limiter=ONE_AT_A_TIME)
    except CannotTypesetError as error:
        raise HTTPException(503, str(error)) from error


def as_csv(columns: Iterable[str], rows: Iterable[dict[str, Any]], name: str) -> Response:
    """Answer with rows as CSV."""
    out = StringIO()
    writer = csv.DictWriter(out, list(columns))
    writer.writeheader()
    for row in rows:
        writer.writerow({key: plain(value) for key, value in row.items()})
    return as_file(out.getvalue().encode(), "text/csv; charset=utf-8", name)


def as_file(content: bytes, media: str, name: str) -> Response:
    """Answer with a file that has a name."""
    plain_name = "".join(one if one.isascii() and (one.isalnum() or one in " .-_") else "_" for one in name)
    return Response(content, media_type=media, headers={"Content-Disposition": f'inline; filename="{plain_name}"'})
