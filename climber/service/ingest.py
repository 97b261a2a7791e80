"""Taking climbs in: each is new, already here, or at odds with what is here. Nothing stored is changed.

A climb's identity is its UUID, its content the SHA-256 of its lines. Assessments are compared by
their own id and hash, so that a regraded climb sent again adds its new assessment and nothing else.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import Connection, Table, insert, text

from climber.ids import uuid7
from climber.record import Assessment, ClimbUpload, PoleDescription
from climber.service.latest import among, point_to_newest, pole_columns, refresh_poles
from climber.service.tables import assessment, blob, change, climb, frame, pole, stamp

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


@dataclass(frozen=True, slots=True)
class _Stored:
    """A climb as the database holds it."""

    org_id: str
    content_sha256: str
    pole_id: str
    assessment_id: str | None = None


@dataclass(slots=True)
class _Known:
    """What the database holds of the climbs, poles and blobs that a batch speaks of, and what it adds."""

    org_id: str
    at: datetime
    climbs: dict[str, _Stored]
    poles: dict[str, str]
    """Code -> id."""
    assessments: dict[str, str]
    """Id -> content hash."""
    blobs: set[str]
    added: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Table name -> rows."""

    def add(self, table: Table, **row: Any) -> None:
        """Note a row to insert."""
        self.added.setdefault(table.name, []).append(row)


def canonical(*models: BaseModel | None) -> str:
    """Return models as JSON with sorted keys and no spaces: the text whose hash is compared."""
    documents = [model.model_dump(mode="json") if model else None for model in models]
    return json.dumps(documents, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256_of(content: str) -> str:
    """Return the SHA-256 of a text in UTF-8."""
    return hashlib.sha256(content.encode()).hexdigest()


def content_sha256(upload: ClimbUpload) -> str:
    """Return the hash that tells whether two uploads of a climb are the same climb."""
    return sha256_of(canonical(upload.start, *upload.observations, *upload.resumes, upload.stop))


def store_climbs(
    connection: Connection, org_id: str, uploads: Sequence[ClimbUpload], now: datetime
) -> list[ItemResult]:
    """Take a batch in, in one transaction; returns a result for each in order."""
    _one_writer(connection, org_id)
    known = _look_up(connection, org_id, uploads, now)
    results = [_take(known, upload) for upload in uploads]
    for table in (pole, climb, frame, assessment, change):
        rows = known.added.get(table.name)
        if rows:
            connection.execute(insert(table), rows)
    point_to_newest(connection, {row["climb_id"] for row in known.added.get("assessment", [])})
    refresh_poles(connection, {row["pole_id"] for row in known.added.get("change", [])})
    return results


def _one_writer(connection: Connection, org_id: str) -> None:
    """Let one batch of an organisation in at a time, so that change numbers appear in order of commit."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:org, 1))"), {"org": org_id})


def _look_up(connection: Connection, org_id: str, uploads: Sequence[ClimbUpload], now: datetime) -> _Known:
    ids = {upload.start.climb_id for upload in uploads}
    codes = {upload.start.pole.code for upload in uploads}
    grades = {given.assessment_id for upload in uploads for given in upload.assessments}
    hashes = {sha256 for upload in uploads for sha256 in _blobs_of(upload)}
    columns = (climb.c.org_id, climb.c.content_sha256, climb.c.pole_id, climb.c.assessment_id)
    climbs = among(connection, climb.c.id, ids, *columns)
    poles = among(connection, pole.c.code, codes, pole.c.id, pole.c.org_id)
    given = among(connection, assessment.c.id, grades, assessment.c.content_sha256)
    held = among(connection, blob.c.sha256, hashes, blob.c.org_id)
    return _Known(
        org_id,
        now,
        {row[0]: _Stored(*row[1:]) for row in climbs},
        {row[0]: row[1] for row in poles if row[2] == org_id},
        {row[0]: row[1] for row in given},
        {row[0] for row in held if row[1] == org_id},
    )


def _blobs_of(upload: ClimbUpload) -> set[str]:
    return {seen.sha256 for seen in upload.observations} | set(upload.pictures.values())


def _take(known: _Known, upload: ClimbUpload) -> ItemResult:
    start = upload.start
    climb_id, hashed = start.climb_id, content_sha256(upload)
    refusal = _refusal(known, upload, hashed)
    if refusal:
        return refusal
    missing = sorted(_blobs_of(upload) - known.blobs)
    if missing:
        detail = f"{len(missing)} blobs are not here yet. Upload them, then send the climb again."
        return ItemResult(climb_id=climb_id, result="missing", missing=missing, detail=detail)
    is_new = climb_id not in known.climbs
    pole_id = _pole_id(known, start.pole) if is_new else known.climbs[climb_id].pole_id
    if is_new:
        known.climbs[climb_id] = _Stored(known.org_id, hashed, pole_id)
        _add_climb(known, upload, hashed, pole_id)
    added = _add_assessments(known, upload, pole_id)
    return ItemResult(
        climb_id=climb_id,
        result="created" if is_new or added else "duplicate",
        pole_id=pole_id,
        assessments_added=added,
    )


def _refusal(known: _Known, upload: ClimbUpload, hashed: str) -> ItemResult | None:
    climb_id = upload.start.climb_id
    detail = ""
    stored = known.climbs.get(climb_id)
    if stored and (stored.org_id, stored.content_sha256) != (known.org_id, hashed):
        detail = "A climb with this id and other content is already here; what is stored is not replaced."
    seqs = [seen.seq for seen in upload.observations]
    if len(set(seqs)) != len(seqs):
        detail = "Two observations have the same number."
    for given in upload.assessments:
        if given.climb_id != climb_id:
            detail = f"Assessment {given.assessment_id} is of another climb."
        elif known.assessments.get(given.assessment_id) not in (None, sha256_of(canonical(given))):
            detail = f"Assessment {given.assessment_id} is already here with other content."
    return ItemResult(climb_id=climb_id, result="conflict", detail=detail) if detail else None


def _pole_id(known: _Known, described: PoleDescription) -> str:
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


def _add_climb(known: _Known, upload: ClimbUpload, hashed: str, pole_id: str) -> None:
    start, stop = upload.start, upload.stop
    known.add(
        climb,
        id=start.climb_id,
        org_id=known.org_id,
        pole_id=pole_id,
        climbed_at=stamp(start.started_at),
        received_at=stamp(known.at),
        content_sha256=hashed,
        device=start.device,
        robot=start.robot,
        simulated=start.simulated,
        outcome=stop.outcome if stop else "failed",
        reason=stop.reason if stop else "The record ends without a stop line.",
        frames=len(upload.observations),
        start_document=start.model_dump_json(),
        stop_document=stop.model_dump_json() if stop else None,
    )
    for seen in upload.observations:
        known.add(
            frame,
            climb_id=start.climb_id,
            seq=seen.seq,
            taken_at=stamp(seen.taken_at),
            height_m=seen.height_m,
            azimuth_deg=seen.azimuth_deg,
            mm_per_px=seen.mm_per_px,
            blob_sha256=seen.sha256,
            document=seen.model_dump_json(),
        )
    _note(known, "climb", pole_id, start.climb_id, None)


def _add_assessments(known: _Known, upload: ClimbUpload, pole_id: str) -> int:
    """Add those that are new; the pictures belong to the last assessed of the upload."""
    given = sorted(upload.assessments, key=lambda one: (one.assessed_at, one.assessment_id))
    new = [one for one in given if one.assessment_id not in known.assessments]
    before = known.climbs[upload.start.climb_id].assessment_id
    for one in new:
        known.assessments[one.assessment_id] = sha256_of(canonical(one))
        pictures = upload.pictures if one is given[-1] else {}
        known.add(assessment, **_assessment_row(known, one, pictures), supersedes=before)
        _note(known, "assessment", pole_id, one.climb_id, one.assessment_id)
        before = one.assessment_id
    return len(new)


def _assessment_row(known: _Known, given: Assessment, pictures: dict[Any, str]) -> dict[str, Any]:
    whole = given.whole
    return {
        "id": given.assessment_id,
        "org_id": known.org_id,
        "climb_id": given.climb_id,
        "assessed_at": stamp(given.assessed_at),
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
        "document": given.model_dump_json(),
        "surface_sha256": pictures.get("surface"),
        "rust_sha256": pictures.get("rust"),
        "coverage_sha256": pictures.get("coverage"),
    }


def _note(known: _Known, kind: str, pole_id: str, climb_id: str, assessment_id: str | None) -> None:
    known.add(
        change,
        org_id=known.org_id,
        at=stamp(known.at),
        kind=kind,
        pole_id=pole_id,
        climb_id=climb_id,
        assessment_id=assessment_id,
    )
