"""Checks of elements by people, and what an imported inventory says of a pole."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply. Columns are only added, so that SQLite keeps the table with its references as it is."""
    op.add_column("pole", sa.Column("surveyed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("pole", sa.Column("inventory", sa.Text(), nullable=True))
    op.create_table(
        "element_check",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("pole_id", sa.String(length=36), nullable=False),
        sa.Column("checked_at", sa.String(length=27), nullable=False),
        sa.Column("received_at", sa.String(length=27), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name=op.f("fk_element_check_org_id")),
        sa.ForeignKeyConstraint(["pole_id"], ["pole.id"], name=op.f("fk_element_check_pole_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_element_check")),
    )
    op.create_index("ix_element_check_pole_id", "element_check", ["pole_id", "checked_at", "id"], unique=False)
