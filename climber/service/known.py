"""What the database holds of the climbs that a batch speaks of, asked once for the whole batch."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Table

from climber.record import Assessment, ClimbUpload
from climber.service.latest import among
from climber.service.tables import assessment, blob, climb, pole

PICTURES = ("surface_sha256", "rust_sha256", "coverage_sha256", "odd_share")
"""Columns of an assessment that say what its pictures are and what was seen in them."""


@dataclass(frozen=True, slots=True)
class StoredClimb:
    """A climb as the database holds it."""

    org_id: str
    content_sha256: str
    pole_id: str
    assessment_id: str | None = None
    pictures: dict[str, Any] = field(default_factory=dict)
    """Of the current assessment, in PICTURES."""


@dataclass(slots=True)
class Known:
    """Climbs, poles, assessments and blobs that a batch speaks of, and the rows that it adds."""

    org_id: str
    at: datetime
    climbs: dict[str, StoredClimb]
    poles: dict[str, str]
    """Code -> id."""
    assessments: dict[str, str]
    """Id -> content hash."""
    blobs: set[str]
    connection: Connection
    added: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Table name -> rows."""

    def add(self, table: Table, **row: Any) -> None:
        """Note a row to insert."""
        self.added.setdefault(table.name, []).append(row)


def canonical(*models: BaseModel | None) -> str:
    """Return models as JSON with sorted keys and no spaces: a text that does not depend on the order of fields."""
    documents = [model.model_dump(mode="json") if model else None for model in models]
    return json.dumps(documents, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256_of(content: str) -> str:
    """Return the SHA-256 of a text in UTF-8."""
    return hashlib.sha256(content.encode()).hexdigest()


def content_sha256(upload: ClimbUpload) -> str:
    """Return the hash that tells whether two uploads of a climb are the same climb."""
    lines = (upload.start, *upload.observations, *upload.resumes, upload.stop)
    return sha256_of("\n".join(line.model_dump_json() if line else "" for line in lines))


def is_same_climb(stored_sha256: str, upload: ClimbUpload, hashed: str) -> bool:
    """Compare with a stored hash, which the first release took over another text of the same lines."""
    return stored_sha256 == hashed or stored_sha256 == sha256_of(
        canonical(upload.start, *upload.observations, *upload.resumes, upload.stop)
    )


def is_same_assessment(stored_sha256: str, given: Assessment) -> bool:
    """Compare with a stored hash, of this release or of the first."""
    return stored_sha256 in (sha256_of(given.model_dump_json()), sha256_of(canonical(given)))


def look_up(connection: Connection, org_id: str, uploads: Sequence[ClimbUpload], now: datetime) -> Known:
    """Ask for everything that the uploads name."""
    ids = {upload.start.climb_id for upload in uploads}
    codes = {upload.start.pole.code for upload in uploads}
    grades = {given.assessment_id for upload in uploads for given in upload.assessments}
    hashes = {sha256 for upload in uploads for sha256 in blobs_of(upload)}
    columns = (climb.c.org_id, climb.c.content_sha256, climb.c.pole_id, climb.c.assessment_id)
    climbs = among(connection, climb.c.id, ids, *columns)
    poles = among(connection, pole.c.code, codes, pole.c.id, pole.c.org_id)
    given = among(connection, assessment.c.id, grades, assessment.c.content_sha256)
    held = among(connection, blob.c.sha256, hashes, blob.c.org_id)
    stored = {row[0]: StoredClimb(*row[1:]) for row in climbs}
    _add_pictures(connection, stored)
    return Known(
        org_id,
        now,
        stored,
        {row[0]: row[1] for row in poles if row[2] == org_id},
        {row[0]: row[1] for row in given},
        {row[0] for row in held if row[1] == org_id},
        connection,
    )


def _add_pictures(connection: Connection, stored: dict[str, StoredClimb]) -> None:
    owners = {one.assessment_id: one for one in stored.values() if one.assessment_id}
    columns = [assessment.c[name] for name in PICTURES]
    for identity, *values in among(connection, assessment.c.id, owners, *columns):
        owners[identity].pictures.update(zip(PICTURES, values, strict=True))


def blobs_of(upload: ClimbUpload) -> set[str]:
    """Return the hashes of every picture that an upload names."""
    masks = {sha256 for marked in upload.masks.values() for sha256 in marked.values()}
    return {seen.sha256 for seen in upload.observations} | set(upload.pictures.values()) | masks
