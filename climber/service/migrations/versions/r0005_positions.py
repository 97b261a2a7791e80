"""Poles by place: an index that finds a small box in strips of latitude."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
COLUMNS = ["lon", "lat", "latest_iso_4628_3", "next_look_on", "last_climbed_at"]
COLUMNS += ["latest_rusted_fraction", "latest_rusted_m2", "code", "id"]


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_pole_position", "pole")
    op.create_index("ix_pole_position", "pole", ["org_id", sa.text("round(lat * 50)"), *COLUMNS])
