"""Work that an upgrade leaves behind, done in short transactions while the service already answers.

A job is a row of one organisation; `result` says how far it came, so that it goes on after any end of the process.
Of several processes on one PostgreSQL, one works at a job.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection, select, update

from climber.service.db import Database
from climber.service.ingest import one_writer
from climber.service.latest import catch_up
from climber.service.tables import job, stamp

Step = Callable[[Connection, str, str], str | None]
KINDS: dict[str, Step] = {"next looks": catch_up}
"""Each does the part after a place and returns the new place, or None when all is done."""


async def work_off(database: Database) -> None:
    """Do everything that waits, then return."""
    while await database.write(step):
        pass


def step(connection: Connection) -> bool:
    """Do one part of the oldest job that no other process is at; returns whether there was one."""
    waiting = select(job).where(job.c.state == "waiting", job.c.kind.in_(KINDS)).order_by(job.c.created_at, job.c.id)
    row = connection.execute(waiting.limit(1).with_for_update(skip_locked=True)).first()
    if row is None:
        return False
    one_writer(connection, row.org_id)
    place = KINDS[row.kind](connection, row.org_id, row.result or "")
    now = stamp(datetime.now(UTC))
    done = {"state": "done", "finished_at": now} if place is None else {"result": place}
    connection.execute(update(job).where(job.c.id == row.id).values(started_at=row.started_at or now, **done))
    return True
