"""The tables. Climbs, frames, assessments and blobs are only ever added to.

Times are text, UTC, of fixed width (`2026-11-24T03:42:31.123456Z`): they sort as they are on every database and go
into an answer unchanged. Documents are the canonical JSON that was hashed.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
    insert,
    literal_column,
)
from sqlalchemy.dialects import postgresql, sqlite

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
ID = String(36)
TIME = String(27)
SHA256 = String(64)
NAME = String(200)
SERIAL = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only for a column declared INTEGER."""


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, leaving out those that are there already, also when another process is inserting them now."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert new rows of the same columns, the fastest way that the database has."""
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), rows)
        return
    command = f'COPY "{table.name}" ({", ".join(table.c[name].name for name in rows[0])}) FROM STDIN'
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(command) as copy:
        for row in rows:
            copy.write_row(tuple(row.values()))


def stamp(moment: datetime) -> str:
    """Return an aware time as the tables write it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


org = Table(
    "org",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", NAME, nullable=False, unique=True),
    Column("created_at", TIME, nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", ID, primary_key=True),
    Column("org_id", ForeignKey("org.id"), nullable=False),
    Column("name", NAME, nullable=False),
    Column("role", String(20), nullable=False),
    Column("secret_sha256", SHA256, nullable=False, unique=True),
    Column("session", Boolean, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("expires_at", TIME),
    Column("revoked_at", TIME),
)

FLEET: tuple[str, ...] = ("lon", "lat", "latest_iso_4628_3", "next_look_on", "last_climbed_at")
FLEET += ("latest_rusted_fraction", "latest_rusted_m2", "code", "id")
"""What the fleet's page counts, filters, sorts and clusters by: one narrow index, so that no wide row is read."""

pole = Table(
    "pole",
    metadata,
    Column("id", ID, primary_key=True),
    Column("org_id", ForeignKey("org.id"), nullable=False),
    Column("code", String(64), nullable=False),
    Column("lon", Float),
    Column("lat", Float),
    Column("height_m", Float),
    Column("description", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("last_climbed_at", TIME),
    Column("latest_climb_id", ID),
    Column("latest_climbed_at", TIME),
    Column("latest_simulated", Boolean),
    Column("latest_rusted_fraction", Float),
    Column("latest_low", Float),
    Column("latest_high", Float),
    Column("latest_coverage", Float),
    Column("latest_rusted_m2", Float),
    Column("latest_iso_4628_3", String(8)),
    Column("latest_astm_d610", String(8)),
    Column("next_look_on", String(10)),
    Column("surveyed", Boolean, nullable=False, default=False, server_default=false()),
    Column("inventory", Text),
    UniqueConstraint("org_id", "code"),
)
STRIPS_PER_DEGREE = 50
STRIP: ColumnElement[float] = func.round(pole.c.lat * literal_column(str(STRIPS_PER_DEGREE)))
"""Strip of latitude, some 2 km wide, that a pole stands in: a range of longitude within a strip is a small box."""
Index("ix_pole_position", pole.c.org_id, STRIP, *(pole.c[name] for name in FLEET))
Index(
    "ix_pole_worst",
    pole.c.org_id,
    pole.c.latest_rusted_fraction,
    pole.c.id,
    sqlite_where=pole.c.latest_rusted_fraction.is_not(None),
    postgresql_where=pole.c.latest_rusted_fraction.is_not(None),
)

climb = Table(
    "climb",
    metadata,
    Column("id", ID, primary_key=True),
    Column("org_id", ForeignKey("org.id"), nullable=False),
    Column("pole_id", ForeignKey("pole.id"), nullable=False),
    Column("climbed_at", TIME, nullable=False),
    Column("received_at", TIME, nullable=False),
    Column("content_sha256", SHA256, nullable=False),
    Column("device", NAME, nullable=False),
    Column("robot", NAME, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("start_document", Text, nullable=False),
    Column("stop_document", Text),
    Column("assessment_id", ID),
    Index("ix_climb_pole_id_climbed_at", "pole_id", "climbed_at", "id"),
)

frame = Table(
    "frame",
    metadata,
    Column("climb_id", ForeignKey("climb.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("taken_at", TIME, nullable=False),
    Column("height_m", Float, nullable=False),
    Column("azimuth_deg", Float, nullable=False),
    Column("mm_per_px", Float, nullable=False),
    Column("blob_sha256", SHA256, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_frame_climb_id_height_m", "climb_id", "height_m"),
)

assessment = Table(
    "assessment",
    metadata,
    Column("id", ID, primary_key=True),
    Column("org_id", ForeignKey("org.id"), nullable=False),
    Column("climb_id", ForeignKey("climb.id"), nullable=False),
    Column("assessed_at", TIME, nullable=False),
    Column("received_at", TIME, nullable=False),
    Column("content_sha256", SHA256, nullable=False),
    Column("model", NAME, nullable=False),
    Column("rule", NAME, nullable=False),
    Column("iso_4628_3", String(8)),
    Column("astm_d610", String(8)),
    Column("rusted_fraction", Float),
    Column("low", Float),
    Column("high", Float),
    Column("coverage", Float, nullable=False),
    Column("rusted_m2", Float),
    Column("worst_grade", String(8)),
    Column("document", Text, nullable=False),
    Column("surface_sha256", SHA256),
    Column("rust_sha256", SHA256),
    Column("coverage_sha256", SHA256),
    Column("supersedes", ID),
    Column("odd_share", Float),
    Index("ix_assessment_climb_id", "climb_id", "assessed_at"),
)

NUMBERS = ("rusted_fraction", "low", "high", "coverage", "rusted_m2", "iso_4628_3", "astm_d610")
"""Columns of an assessment that say how the whole pole is; a pole has those of its newest as `latest_*`."""

frame_mask = Table(
    "frame_mask",
    metadata,
    Column("assessment_id", ForeignKey("assessment.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("blob_sha256", SHA256, nullable=False),
)

element_check = Table(
    "element_check",
    metadata,
    Column("id", ID, primary_key=True),
    Column("org_id", ForeignKey("org.id"), nullable=False),
    Column("pole_id", ForeignKey("pole.id"), nullable=False),
    Column("checked_at", TIME, nullable=False),
    Column("received_at", TIME, nullable=False),
    Column("content_sha256", SHA256, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_element_check_pole_id", "pole_id", "checked_at", "id"),
)

blob = Table(
    "blob",
    metadata,
    Column("org_id", ForeignKey("org.id"), primary_key=True),
    Column("sha256", SHA256, primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("mime", String(40), nullable=False),
    Column("width_px", Integer, nullable=False),
    Column("height_px", Integer, nullable=False),
    Column("received_at", TIME, nullable=False),
)

change = Table(
    "change",
    metadata,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    Column("org_id", ForeignKey("org.id"), nullable=False),
    Column("at", TIME, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("pole_id", ID, nullable=False),
    Column("climb_id", ID),
    Column("assessment_id", ID),
    Index("ix_change_org_id_seq", "org_id", "seq"),
    sqlite_autoincrement=True,
)

job = Table(
    "job",
    metadata,
    Column("id", ID, primary_key=True),
    Column("org_id", ForeignKey("org.id"), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("request", Text, nullable=False),
    Column("result", Text),
    Column("error", Text),
    Column("attempts", Integer, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("started_at", TIME),
    Column("finished_at", TIME),
    Index("ix_job_state_created_at", "state", "created_at"),
)

review = Table(
    "review",
    metadata,
    Column("id", ID, primary_key=True),
    Column("org_id", ForeignKey("org.id"), nullable=False),
    Column("climb_id", ForeignKey("climb.id"), nullable=False),
    Column("frame_seq", Integer, nullable=False),
    Column("decided_at", TIME, nullable=False),
    Column("key_id", ID, nullable=False),
    Column("reviewer", NAME, nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Column("mask_sha256", SHA256),
    Index("ix_review_org_id_climb_id", "org_id", "climb_id", "frame_seq"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("org_id", ForeignKey("org.id"), nullable=False),
    Column("at", TIME, nullable=False),
    Column("key_id", ID),
    Column("action", String(60), nullable=False),
    Column("subject", NAME, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_audit_org_id_id", "org_id", "id"),
    sqlite_autoincrement=True,
)
