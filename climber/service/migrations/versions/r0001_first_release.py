"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "org",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_org")),
        sa.UniqueConstraint("name", name=op.f("uq_org_name")),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("session", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("expires_at", sa.String(length=27), nullable=True),
        sa.Column("revoked_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name=op.f("fk_api_key_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_api_key_secret_sha256")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name=op.f("fk_audit_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_org_id_id", "audit", ["org_id", "id"], unique=False)
    op.create_table(
        "blob",
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("mime", sa.String(length=40), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name=op.f("fk_blob_org_id")),
        sa.PrimaryKeyConstraint("org_id", "sha256", name=op.f("pk_blob")),
    )
    op.create_table(
        "change",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("pole_id", sa.String(length=36), nullable=False),
        sa.Column("climb_id", sa.String(length=36), nullable=True),
        sa.Column("assessment_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name=op.f("fk_change_org_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_change")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_change_org_id_seq", "change", ["org_id", "seq"], unique=False)
    op.create_table(
        "job",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("started_at", sa.String(length=27), nullable=True),
        sa.Column("finished_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name=op.f("fk_job_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index("ix_job_state_created_at", "job", ["state", "created_at"], unique=False)
    op.create_table(
        "pole",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("height_m", sa.Float(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("last_climbed_at", sa.String(length=27), nullable=True),
        sa.Column("latest_climb_id", sa.String(length=36), nullable=True),
        sa.Column("latest_climbed_at", sa.String(length=27), nullable=True),
        sa.Column("latest_simulated", sa.Boolean(), nullable=True),
        sa.Column("latest_rusted_fraction", sa.Float(), nullable=True),
        sa.Column("latest_low", sa.Float(), nullable=True),
        sa.Column("latest_high", sa.Float(), nullable=True),
        sa.Column("latest_coverage", sa.Float(), nullable=True),
        sa.Column("latest_rusted_m2", sa.Float(), nullable=True),
        sa.Column("latest_iso_4628_3", sa.String(length=8), nullable=True),
        sa.Column("latest_astm_d610", sa.String(length=8), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name=op.f("fk_pole_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pole")),
        sa.UniqueConstraint("org_id", "code", name=op.f("uq_pole_org_id_code")),
    )
    op.create_index("ix_pole_position", "pole", ["org_id", "lon", "lat"], unique=False)
    op.create_index(
        "ix_pole_worst",
        "pole",
        ["org_id", "latest_rusted_fraction", "id"],
        unique=False,
        sqlite_where=sa.text("latest_rusted_fraction IS NOT NULL"),
        postgresql_where=sa.text("latest_rusted_fraction IS NOT NULL"),
    )
    op.create_table(
        "climb",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("pole_id", sa.String(length=36), nullable=False),
        sa.Column("climbed_at", sa.String(length=27), nullable=False),
        sa.Column("received_at", sa.String(length=27), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("robot", sa.String(length=200), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("start_document", sa.Text(), nullable=False),
        sa.Column("stop_document", sa.Text(), nullable=True),
        sa.Column("assessment_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name=op.f("fk_climb_org_id")),
        sa.ForeignKeyConstraint(["pole_id"], ["pole.id"], name=op.f("fk_climb_pole_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_climb")),
    )
    op.create_index("ix_climb_pole_id_climbed_at", "climb", ["pole_id", "climbed_at", "id"], unique=False)
    op.create_table(
        "assessment",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("climb_id", sa.String(length=36), nullable=False),
        sa.Column("assessed_at", sa.String(length=27), nullable=False),
        sa.Column("received_at", sa.String(length=27), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("iso_4628_3", sa.String(length=8), nullable=True),
        sa.Column("astm_d610", sa.String(length=8), nullable=True),
        sa.Column("rusted_fraction", sa.Float(), nullable=True),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("coverage", sa.Float(), nullable=False),
        sa.Column("rusted_m2", sa.Float(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("surface_sha256", sa.String(length=64), nullable=True),
        sa.Column("rust_sha256", sa.String(length=64), nullable=True),
        sa.Column("coverage_sha256", sa.String(length=64), nullable=True),
        sa.Column("supersedes", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["climb_id"], ["climb.id"], name=op.f("fk_assessment_climb_id")),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name=op.f("fk_assessment_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
    )
    op.create_index("ix_assessment_climb_id", "assessment", ["climb_id", "assessed_at"], unique=False)
    op.create_table(
        "frame",
        sa.Column("climb_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.String(length=27), nullable=False),
        sa.Column("height_m", sa.Float(), nullable=False),
        sa.Column("azimuth_deg", sa.Float(), nullable=False),
        sa.Column("mm_per_px", sa.Float(), nullable=False),
        sa.Column("blob_sha256", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["climb_id"], ["climb.id"], name=op.f("fk_frame_climb_id")),
        sa.PrimaryKeyConstraint("climb_id", "seq", name=op.f("pk_frame")),
    )
    op.create_index("ix_frame_climb_id_height_m", "frame", ["climb_id", "height_m"], unique=False)
