"""Who did what, kept with the data."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from climber.service.auth import Principal
from climber.service.tables import audit, stamp


def note(connection: Connection, who: Principal, action: str, detail: str, subject: str = "") -> None:
    """Write one line of the audit log, in the transaction of what it tells of."""
    connection.execute(
        insert(audit).values(
            org_id=who.org_id,
            at=stamp(datetime.now(UTC)),
            key_id=who.key_id,
            action=action,
            subject=subject[:200],
            detail=detail,
        )
    )


def lines(connection: Connection, org_id: str, before_id: int | None, limit: int) -> list[Row[Any]]:
    """Return up to `limit` lines of an organisation, newest first, beginning before one."""
    query = select(audit).where(audit.c.org_id == org_id)
    if before_id is not None:
        query = query.where(audit.c.id < before_id)
    return list(connection.execute(query.order_by(audit.c.id.desc()).limit(limit)))
