"""What the handlers share: checked parameters, pages of a list, answers with an ETag."""

import hashlib
from datetime import date
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, HTTPException, Path, Query, Response
from fastapi.requests import HTTPConnection
from pydantic import AfterValidator, Field

from climber.record import Sha256
from climber.service import queries
from climber.service.auth import Principal, requires

T = TypeVar("T")
may_read = requires("crew", "ml", "manager")
Reader = Annotated[Principal, Depends(may_read)]
Uploader = Annotated[Principal, Depends(requires("crew", "ml"))]
Manager = Annotated[Principal, Depends(requires("manager"))]
Limit = Annotated[int, Query(ge=1, le=1000)]
Identity = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
Hash = Annotated[Sha256, Path()]
Cursor = Annotated[str | None, Query(max_length=400, pattern=r"^[\w-]+$")]


def _on_the_calendar(text: str) -> str:
    """Refuse a day that does not exist: as a text it would be compared all the same."""
    try:
        return text and date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError(f"{text} is no day of the calendar; give one such as 2026-02-28") from error


Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$"), AfterValidator(_on_the_calendar)]
AnyDay = Annotated[str, Field(pattern=r"^(\d{4}-\d\d-\d\d)?$"), AfterValidator(_on_the_calendar)]
"""A day, or an empty text: the field of a form that was left empty."""


def found(row: T | None, kind: str, identity: str) -> T:
    """Return `row`, or answer 404."""
    if row is None:
        raise HTTPException(404, f"There is no {kind} {identity} in your organisation.")
    return row


def place(packed: str | None, count: int) -> list[str] | None:
    """Unpack a cursor of `count` texts, or answer 400."""
    try:
        return queries.place(packed, count) if packed else None
    except queries.BadCursorError as error:
        raise HTTPException(400, "This cursor is not one that the service gave out. Begin again without it.") from error


def json_answer(request: HTTPConnection, content: str | bytes, media_type: str = "application/json") -> Response:
    """Answer with JSON, or 304 when the client already has the same."""
    body = content.encode() if isinstance(content, str) else content
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag}
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def box(text: str | None) -> tuple[float, float, float, float] | None:
    """Read `west,south,east,north` in degrees, or answer 400. West may lie east of east: across the antimeridian."""
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise HTTPException(400, f"bbox is west,south,east,north in degrees; {text!r} is not.") from error
    if not queries.is_box(west, south, east, north):
        raise HTTPException(400, f"bbox {text} lies outside -180..180 and -90..90 degrees, or is upside down.")
    return west, south, east, north


def listed(items: list[Any], limit: int) -> tuple[list[Any], bool]:
    """Split off the one row more than `limit` that tells that there is another page."""
    return items[:limit], len(items) > limit


def path_with(path: str, **parameters: str | int) -> str:
    """Return a path with its query: how a list names its next page."""
    return f"{path}?{urlencode(parameters)}"
