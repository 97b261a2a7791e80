"""What was marked on each photograph, and how much of it has a colour that rust seldom has."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "frame_mask",
        sa.Column("assessment_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("blob_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessment.id"], name=op.f("fk_frame_mask_assessment_id")),
        sa.PrimaryKeyConstraint("assessment_id", "seq", name=op.f("pk_frame_mask")),
    )
    op.add_column("assessment", sa.Column("odd_share", sa.Float(), nullable=True))
