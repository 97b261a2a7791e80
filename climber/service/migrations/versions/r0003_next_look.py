"""When each pole is to be looked at again, and the worst grade of each assessment that this comes from.

Both are worked out by a job after the start (`climber.service.jobs`): a large history must not wait for it.
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
FLEET = ["org_id", "lon", "lat", "latest_iso_4628_3", "next_look_on", "last_climbed_at"]
FLEET += ["latest_rusted_fraction", "latest_rusted_m2", "code", "id"]
JOB = (
    "INSERT INTO job (id, org_id, kind, state, request, attempts, created_at)"
    " VALUES (:id, :org, :kind, :state, '', 0, :at)"
)


def upgrade() -> None:
    """Apply."""
    op.add_column("assessment", sa.Column("worst_grade", sa.String(length=8), nullable=True))
    op.add_column("pole", sa.Column("next_look_on", sa.String(length=10), nullable=True))
    op.drop_index("ix_pole_position", "pole")
    op.create_index("ix_pole_position", "pole", FLEET)
    connection = op.get_bind()
    for org_id, at in connection.execute(sa.text("SELECT id, created_at FROM org")).all():
        waiting = {"id": str(uuid.uuid4()), "org": org_id, "kind": "next looks", "state": "waiting", "at": at}
        connection.execute(sa.text(JOB), waiting)
