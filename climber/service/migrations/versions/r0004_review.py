"""Decisions of people on what the model marked."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "review",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("climb_id", sa.String(length=36), nullable=False),
        sa.Column("frame_seq", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.String(length=27), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("reviewer", sa.String(length=200), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("mask_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name=op.f("fk_review_org_id")),
        sa.ForeignKeyConstraint(["climb_id"], ["climb.id"], name=op.f("fk_review_climb_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index("ix_review_org_id_climb_id", "review", ["org_id", "climb_id", "frame_seq"], unique=False)
