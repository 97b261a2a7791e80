"""Taking climbs in: each is new, already here, taken up again, or at odds with what is here.

A climb's identity is its UUID, its content the SHA-256 of its lines. Assessments are compared by
their own id and hash, so that a regraded climb sent again adds its new assessment and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import Connection, select, text, update

from climber.ids import uuid7
from climber.record import Assessment, ClimbUpload, PoleDescription
from climber.service.known import (
    PICTURES,
    Known,
    StoredClimb,
    blobs_of,
    content_sha256,
    is_same_assessment,
    is_same_climb,
    look_up,
    sha256_of,
)
from climber.service.latest import point_to_newest, pole_columns, refresh_poles
from climber.service.recommendation import worst_grade
from climber.service.tables import assessment, change, climb, frame, frame_mask, insert_rows, pole, stamp

Verdict = Literal["created", "duplicate", "conflict", "missing"]


class ItemResult(BaseModel):
    """What became of one climb of a batch."""

    climb_id: str
    result: Verdict
    pole_id: str | None = None
    assessments_added: int = 0
    missing: list[str] = []
    """Hashes of blobs to upload before this climb can be taken."""
    detail: str = ""


def store_climbs(
    connection: Connection, org_id: str, uploads: Sequence[ClimbUpload], now: datetime
) -> list[ItemResult]:
    """Take a batch in, in one transaction; returns a result for each in order."""
    one_writer(connection, org_id)
    known = look_up(connection, org_id, uploads, now)
    results = [_take(known, upload) for upload in uploads]
    for table in (pole, climb, frame, assessment, frame_mask, change):
        rows = known.added.get(table.name)
        if rows:
            insert_rows(connection, table, rows)
    point_to_newest(connection, {row["climb_id"] for row in known.added.get("assessment", [])})
    refresh_poles(connection, {row["pole_id"] for row in known.added.get("change", [])})
    return results


def one_writer(connection: Connection, org_id: str) -> None:
    """Let one batch of an organisation in at a time, so that change numbers appear in order of commit."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:org, 1))"), {"org": org_id})


def _take(known: Known, upload: ClimbUpload) -> ItemResult:
    start = upload.start
    climb_id, hashed = start.climb_id, content_sha256(upload)
    refusal = _refusal(known, upload, hashed)
    if refusal:
        return refusal
    missing = sorted(blobs_of(upload) - known.blobs)
    if missing:
        detail = f"{len(missing)} blobs are not here yet. Upload them, then send the climb again."
        return ItemResult(climb_id=climb_id, result="missing", missing=missing, detail=detail)
    stored = known.climbs.get(climb_id)
    pole_id = stored.pole_id if stored else _pole_id(known, start.pole)
    added = _add_lines(known, upload, hashed, pole_id)
    assessments = _add_assessments(known, upload, pole_id)
    return ItemResult(
        climb_id=climb_id,
        result="created" if added or assessments else "duplicate",
        pole_id=pole_id,
        assessments_added=assessments,
        detail=_clock_detail(upload, known.at),
    )


def _add_lines(known: Known, upload: ClimbUpload, hashed: str, pole_id: str) -> bool:
    """Add a new climb, or what a climb that was taken up again has more; returns whether there was anything."""
    climb_id = upload.start.climb_id
    stored = known.climbs.get(climb_id)
    if stored and is_same_climb(stored.content_sha256, upload, hashed):
        return False
    known.climbs[climb_id] = (
        StoredClimb(known.org_id, hashed, pole_id) if stored is None else replace(stored, content_sha256=hashed)
    )
    if stored:
        known.connection.execute(update(climb).where(climb.c.id == climb_id).values(_end_columns(upload, hashed)))
        _add_frames(known, upload, stored_frames=len(_stored_frames(known.connection, climb_id)))
    else:
        _add_climb(known, upload, hashed, pole_id)
        _add_frames(known, upload, stored_frames=0)
    _note(known, "climb", pole_id, climb_id, None)
    return True


def _stored_frames(connection: Connection, climb_id: str) -> list[str]:
    query = select(frame.c.document).where(frame.c.climb_id == climb_id).order_by(frame.c.seq)
    return list(connection.scalars(query))


def _goes_on(connection: Connection, upload: ClimbUpload) -> bool:
    """Tell whether an upload is the stored climb taken up again: it begins with every stored line and has resumes."""
    climb_id = upload.start.climb_id
    row = connection.execute(select(climb.c.start_document, climb.c.outcome).where(climb.c.id == climb_id)).first()
    seen = [one.model_dump_json() for one in upload.observations]
    before = _stored_frames(connection, climb_id)
    return (
        row is not None
        and bool(upload.resumes)
        and row.outcome != "completed"
        and row.start_document == upload.start.model_dump_json()
        and seen[: len(before)] == before
    )


def _clock_detail(upload: ClimbUpload, at: datetime) -> str:
    ahead_s = (upload.start.started_at - at).total_seconds()
    if ahead_s <= 0:
        return ""
    return f"The laptop's clock is {ahead_s:.0f} s ahead of the service; the climb is filed under its time of arrival."


def _refusal(known: Known, upload: ClimbUpload, hashed: str) -> ItemResult | None:
    climb_id = upload.start.climb_id
    detail = ""
    stored = known.climbs.get(climb_id)
    if stored and (
        stored.org_id != known.org_id
        or not (is_same_climb(stored.content_sha256, upload, hashed) or _goes_on(known.connection, upload))
    ):
        detail = "A climb with this id and other content is already here; what is stored is not replaced."
    seqs = [seen.seq for seen in upload.observations]
    if len(set(seqs)) != len(seqs):
        detail = "Two observations have the same number."
    for given in upload.assessments:
        if given.climb_id != climb_id:
            detail = f"Assessment {given.assessment_id} is of another climb."
        elif given.assessment_id in known.assessments and not is_same_assessment(
            known.assessments[given.assessment_id], given
        ):
            detail = f"Assessment {given.assessment_id} is already here with other content."
    return ItemResult(climb_id=climb_id, result="conflict", detail=detail) if detail else None


def _pole_id(known: Known, described: PoleDescription) -> str:
    if described.code not in known.poles:
        known.poles[described.code] = uuid7(known.at)
        known.add(
            pole,
            id=known.poles[described.code],
            org_id=known.org_id,
            code=described.code,
            created_at=stamp(known.at),
            **pole_columns(described),
        )
    return known.poles[described.code]


def _end_columns(upload: ClimbUpload, hashed: str) -> dict[str, Any]:
    """Return the columns that change when a climb is taken up again."""
    stop = upload.stop
    return {
        "content_sha256": hashed,
        "outcome": stop.outcome if stop else "failed",
        "reason": stop.reason if stop else "The record ends without a stop line.",
        "frames": len(upload.observations),
        "stop_document": stop.model_dump_json() if stop else None,
    }


def _add_climb(known: Known, upload: ClimbUpload, hashed: str, pole_id: str) -> None:
    start = upload.start
    known.add(
        climb,
        id=start.climb_id,
        org_id=known.org_id,
        pole_id=pole_id,
        climbed_at=stamp(min(start.started_at, known.at)),
        received_at=stamp(known.at),
        device=start.device,
        robot=start.robot,
        simulated=start.simulated,
        start_document=start.model_dump_json(),
        **_end_columns(upload, hashed),
    )


def _add_frames(known: Known, upload: ClimbUpload, stored_frames: int) -> None:
    for seen in upload.observations[stored_frames:]:
        known.add(
            frame,
            climb_id=upload.start.climb_id,
            seq=seen.seq,
            taken_at=stamp(seen.taken_at),
            height_m=seen.height_m,
            azimuth_deg=seen.azimuth_deg,
            mm_per_px=seen.mm_per_px,
            blob_sha256=seen.sha256,
            document=seen.model_dump_json(),
        )


def _add_assessments(known: Known, upload: ClimbUpload, pole_id: str) -> int:
    """Add those that are new. The upload's pictures belong to its first; one that brings none keeps those before."""
    before = known.climbs[upload.start.climb_id]
    current, pictures = before.assessment_id, before.pictures
    new = [one for one in upload.assessments if one.assessment_id not in known.assessments]
    for one in sorted(new, key=lambda one: (one.assessed_at, one.assessment_id)):
        document = one.model_dump_json()
        known.assessments[one.assessment_id] = sha256_of(document)
        if one is upload.assessments[0] and upload.pictures:
            pictures = {f"{kind}_sha256": sha256 for kind, sha256 in upload.pictures.items()}
        known.add(assessment, **_assessment_row(known, one, pictures), document=document, supersedes=current)
        for seq, sha256 in upload.masks.get(one.assessment_id, {}).items():
            known.add(frame_mask, assessment_id=one.assessment_id, seq=seq, blob_sha256=sha256)
        _note(known, "assessment", pole_id, one.climb_id, one.assessment_id)
        current = one.assessment_id
    return len(new)


def _assessment_row(known: Known, given: Assessment, pictures: Mapping[str, Any]) -> dict[str, Any]:
    whole = given.whole
    return {
        "id": given.assessment_id,
        "org_id": known.org_id,
        "climb_id": given.climb_id,
        "assessed_at": stamp(min(given.assessed_at, known.at)),
        "received_at": stamp(known.at),
        "content_sha256": known.assessments[given.assessment_id],
        "model": given.model,
        "rule": given.rule,
        "iso_4628_3": whole.iso_4628_3,
        "astm_d610": whole.astm_d610,
        "rusted_fraction": whole.rusted_fraction,
        "low": whole.interval.low if whole.interval else None,
        "high": whole.interval.high if whole.interval else None,
        "coverage": whole.coverage,
        "rusted_m2": whole.rusted_m2,
        "worst_grade": worst_grade({"whole": vars(whole), "parts": map(vars, given.parts)}),
        **{name: pictures.get(name) for name in PICTURES},
    }


def _note(known: Known, kind: str, pole_id: str, climb_id: str, assessment_id: str | None) -> None:
    known.add(
        change,
        org_id=known.org_id,
        at=stamp(known.at),
        kind=kind,
        pole_id=pole_id,
        climb_id=climb_id,
        assessment_id=assessment_id,
    )
