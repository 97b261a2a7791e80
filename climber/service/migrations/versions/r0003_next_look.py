"""When each pole is to be looked at again, and the worst grade of each assessment that this comes from."""

import json

import sqlalchemy as sa
from alembic import op

from climber.service.latest import refresh_poles
from climber.service.recommendation import worst_grade

revision = "0003"
down_revision = "0002"
AT_ONCE = 500
FLEET = ["org_id", "lon", "lat", "latest_iso_4628_3", "next_look_on", "last_climbed_at"]
FLEET += ["latest_rusted_fraction", "latest_rusted_m2", "code", "id"]


def upgrade() -> None:
    """Apply, and work out both for what is there."""
    op.add_column("assessment", sa.Column("worst_grade", sa.String(length=8), nullable=True))
    op.add_column("pole", sa.Column("next_look_on", sa.String(length=10), nullable=True))
    op.drop_index("ix_pole_position", "pole")
    op.create_index("ix_pole_position", "pole", FLEET)
    connection = op.get_bind()
    after = ""
    while rows := connection.execute(
        sa.text("SELECT id, document FROM assessment WHERE id > :after ORDER BY id LIMIT :count"),
        {"after": after, "count": AT_ONCE},
    ).all():
        grades = [{"id": row.id, "grade": worst_grade(json.loads(row.document))} for row in rows]
        connection.execute(sa.text("UPDATE assessment SET worst_grade = :grade WHERE id = :id"), grades)
        after = rows[-1].id
    refresh_poles(connection, set(connection.scalars(sa.text("SELECT id FROM pole"))))
