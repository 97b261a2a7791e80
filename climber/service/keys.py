"""Handing out, listing and revoking keys. Each change is in the audit log, in the same transaction."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from climber.service.auth import Role, add_key, ensure_org
from climber.service.tables import api_key, audit, org, stamp


def issue(connection: Connection, org_name: str, name: str, role: Role) -> str:
    """Make a key of an organisation, which is made too if it is new; returns the secret, which is not kept."""
    org_id = ensure_org(connection, org_name)
    secret = add_key(connection, org_id, name, role)
    _note(connection, org_id, "key issued", f"{name} ({role})")
    return secret


def listed(connection: Connection) -> list[Row[Any]]:
    """Return every key but browser sessions: organisation, name, role, id, when made and revoked."""
    query = (
        select(org.c.name.label("org"), api_key)
        .join_from(api_key, org)
        .where(api_key.c.session.is_(False))
        .order_by(org.c.name, api_key.c.created_at)
    )
    return list(connection.execute(query))


def revoke(connection: Connection, key_id: str) -> bool:
    """End a key and the organisation's browser sessions of the same name; returns whether there was such a key."""
    row = connection.execute(select(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))).first()
    if row is None:
        return False
    names = (row.name, f"browser of {row.name}"[:200])
    same = (api_key.c.org_id == row.org_id) & api_key.c.session.is_(True) & api_key.c.name.in_(names)
    now = stamp(datetime.now(UTC))
    connection.execute(update(api_key).where((api_key.c.id == key_id) | same).values(revoked_at=now))
    _note(connection, row.org_id, "key revoked", f"{row.name} ({row.role})")
    return True


def _note(connection: Connection, org_id: str, action: str, detail: str) -> None:
    now = stamp(datetime.now(UTC))
    connection.execute(
        insert(audit).values(org_id=org_id, at=now, key_id=None, action=action, subject="", detail=detail)
    )
