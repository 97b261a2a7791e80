"""Review by people: what needs a look, their decisions, and corrected masks as labels for training."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256 as sha256_hash
from io import BytesIO
from typing import Annotated, Any, Literal

import anyio
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from PIL import Image
from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row, func, insert, or_, select

from climber.ids import uuid7
from climber.record import Model, Name, Reason
from climber.service import schemas
from climber.service.answers import Reader, found, json_answer
from climber.service.audit import note
from climber.service.auth import COOKIE, Principal, given_key
from climber.service.coco import coco
from climber.service.context import Service, service_of
from climber.service.objects import BlobInfo
from climber.service.odd_colours import ODD_SHARE
from climber.service.tables import assessment, blob, climb, frame, insert_new, pole, review, stamp

router = APIRouter(prefix="/v1", tags=["review"])
Verdict = Literal["confirmed", "corrected", "rejected"]
REVIEWERS = ("manager", "ml", "admin")
MASK_BYTES = 8 * 2**20


async def _reviewer(request: Request) -> Principal:
    """Let in a reviewer by key, or by the cookie of a page of this very service."""
    keyring = service_of(request).keyring
    secret = given_key(request)
    if secret is None and request.headers.get("sec-fetch-site") == "same-origin":
        secret = request.cookies.get(COOKIE)
    who = await keyring.check(secret) if secret else None
    if who is None:
        raise HTTPException(401, "No valid key. Send 'Authorization: Bearer KEY'.", {"WWW-Authenticate": "Bearer"})
    if who.role not in REVIEWERS:
        raise HTTPException(403, f"The role {who.role} may not do this; it takes {' or '.join(REVIEWERS)}.")
    return who


class Decision(Model):
    """What a person says of the rust that is marked on one photograph."""

    climb_id: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]
    frame_seq: int = Field(ge=0, le=999_999)
    verdict: Verdict
    reviewer: Annotated[Name, Field(min_length=1)]
    note: Reason = ""
    mask: Annotated[str | None, Field(max_length=MASK_BYTES * 4 // 3)] = None
    """PNG in base64, as large as the photograph: rust where it is bright. Not with `rejected`."""


class Decided(BaseModel):
    """The decision as it is kept."""

    id: str
    decided_at: str
    mask_sha256: str | None


@router.post("/reviews", response_model=Decided, status_code=201, responses=schemas.refusals(404))
async def decide(request: Request, who: Annotated[Principal, Depends(_reviewer)], given: Decision) -> dict[str, Any]:
    """Keep a decision; an earlier one on the same photograph stays, the last one counts."""
    service = service_of(request)
    seen = await service.database.read(photograph, who.org_id, given.climb_id, given.frame_seq)
    row = found(seen, "photograph", f"{given.frame_seq} of climb {given.climb_id}")
    if (given.mask is None) != (given.verdict == "rejected"):
        raise HTTPException(422, "A mask belongs to `confirmed` and `corrected`, and not to `rejected`.")
    kept = await _keep(service, given.mask, (row.width_px, row.height_px)) if given.mask else None
    return await service.database.write(_store, who, given, kept, datetime.now(UTC))


async def _keep(service: Service, mask: str, size: tuple[int, int]) -> BlobInfo:
    content = await anyio.to_thread.run_sync(_cleaned, mask, size)

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return await service.blobs.receive(sha256_hash(content).hexdigest(), chunks(), service.settings.limits)


def _cleaned(mask: str, size: tuple[int, int]) -> bytes:
    """Return a mask as PNG with 0 and 255 only, or answer 422."""
    try:
        with Image.open(BytesIO(base64.b64decode(mask, validate=True)), formats=["PNG"]) as image:
            if image.size != size:
                raise HTTPException(422, f"The mask has {image.size} pixels, the photograph {size}.")
            bright = image.convert("L").point(lambda level: 255 if level > 127 else 0)
    except (ValueError, OSError, SyntaxError) as error:
        raise HTTPException(422, "The mask is not a PNG in base64.") from error
    out = BytesIO()
    bright.save(out, "PNG")
    return out.getvalue()


def _store(
    connection: Connection, who: Principal, given: Decision, kept: BlobInfo | None, now: datetime
) -> dict[str, Any]:
    identity = uuid7(now)
    if kept:
        insert_new(connection, blob, [{"org_id": who.org_id, "received_at": stamp(now), **asdict(kept)}])
    row = given.model_dump(exclude={"mask"}) | {"mask_sha256": kept.sha256 if kept else None}
    row |= {"id": identity, "org_id": who.org_id, "key_id": who.key_id, "decided_at": stamp(now)}
    connection.execute(insert(review).values(row))
    note(connection, who, f"review {given.verdict}", f"{given.climb_id} photograph {given.frame_seq}")
    return {"id": identity, "decided_at": stamp(now), "mask_sha256": row["mask_sha256"]}


def photograph(connection: Connection, org_id: str, climb_id: str, seq: int) -> Row[Any] | None:
    """Return a photograph of a climb of the organisation with its size."""
    query = (
        select(frame, blob.c.width_px, blob.c.height_px)
        .join(climb, climb.c.id == frame.c.climb_id)
        .join(blob, (blob.c.sha256 == frame.c.blob_sha256) & (blob.c.org_id == climb.c.org_id))
        .where(climb.c.org_id == org_id, frame.c.climb_id == climb_id, frame.c.seq == seq)
    )
    return connection.execute(query).first()


def queue(connection: Connection, org_id: str, limit: int) -> list[Row[Any]]:
    """Return poles' newest gradings that need a person, widest interval first, undecided ones before the others.

    These are the ones whose interval allows another grade (near a boundary, or with little confidence), and those
    where much of what is marked has a colour that rust seldom has (`odd_colours`).
    """
    decided = (
        select(func.count())
        .where(review.c.org_id == org_id, review.c.climb_id == pole.c.latest_climb_id)
        .correlate(pole)
        .scalar_subquery()
    )
    query = (
        select(pole, assessment.c.worst_grade, assessment.c.odd_share, decided.label("decisions"))
        .join(climb, climb.c.id == pole.c.latest_climb_id)
        .join(assessment, assessment.c.id == climb.c.assessment_id)
        .where(pole.c.org_id == org_id)
        .where(or_(assessment.c.worst_grade != assessment.c.iso_4628_3, assessment.c.odd_share > ODD_SHARE))
        .where(assessment.c.surface_sha256.is_not(None))
    )
    order = (decided > 0, (assessment.c.high - assessment.c.low).desc(), pole.c.id)
    return list(connection.execute(query.order_by(*order).limit(limit)))


def decisions(connection: Connection, org_id: str, climb_id: str | None = None) -> list[Row[Any]]:
    """Return the decisions of the organisation, or of one climb, first made first."""
    query = select(review).where(review.c.org_id == org_id)
    if climb_id:
        query = query.where(review.c.climb_id == climb_id)
    return list(connection.execute(query.order_by(review.c.id)))


def _labels(connection: Connection, org_id: str) -> list[dict[str, Any]]:
    """Return the last decision on each photograph that has a mask, with the photograph."""
    last = {(row.climb_id, row.frame_seq): row for row in decisions(connection, org_id)}
    rows = [(row, photograph(connection, org_id, *key)) for key, row in last.items() if row.mask_sha256]
    return [_label(row, seen) for row, seen in rows if seen is not None]


def _label(row: Row[Any], seen: Row[Any]) -> dict[str, Any]:
    names = ("id", "climb_id", "frame_seq", "decided_at", "reviewer", "verdict", "note", "mask_sha256")
    size = {"sha256": seen.blob_sha256, "width_px": seen.width_px, "height_px": seen.height_px}
    return {name: getattr(row, name) for name in names} | size


@router.get("/reviews", response_model=schemas.Reviews)
async def list_reviews(request: Request, who: Reader) -> Response:
    """List every decision, first made first; masks are blobs."""
    rows = await service_of(request).database.read(decisions, who.org_id)
    names = ("id", "climb_id", "frame_seq", "decided_at", "reviewer", "verdict", "note", "mask_sha256")
    return json_answer(request, json.dumps({"reviews": [{name: getattr(row, name) for name in names} for row in rows]}))


@router.get("/reviews/coco.json", response_model=dict[str, Any])
async def reviews_as_coco(request: Request, who: Reader) -> Response:
    """Send the last confirmed or corrected mask of each photograph as a COCO data set; photographs are blobs."""
    service = service_of(request)
    labels = await service.database.read(_labels, who.org_id)
    files = {label["mask_sha256"]: await service.blobs.local(label["mask_sha256"]) for label in labels}
    made = await anyio.to_thread.run_sync(coco, labels, files)
    return json_answer(request, json.dumps(made))
