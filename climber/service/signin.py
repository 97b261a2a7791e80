"""First start on one's own machine, and signing a browser in.

The first start on loopback makes an organisation and an administrator's key, and writes the key to `local.key` in the
data folder, readable by its owner alone. Each start on loopback prints a link that signs one browser in, once.
"""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock
from sqlalchemy import Connection

from climber.errors import InputError
from climber.files import write_file
from climber.service.auth import Principal, add_key, digest, ensure_org, find_key, has_admin
from climber.service.db import Database

LOCAL_ORG = "local"


class SignInTokens:
    """Tokens that each sign one browser in, once; they live as long as this process."""

    def __init__(self) -> None:
        self._owners: dict[str, Principal] = {}

    def issue(self, owner: Principal) -> str:
        """Return a new token for `owner`."""
        token = secrets.token_urlsafe(24)
        self._owners[token] = owner
        return token

    def redeem(self, token: str) -> Principal | None:
        """Return the token's owner and forget the token."""
        return self._owners.pop(token, None)


def start_session(database: Database, owner: Principal) -> str:
    """Make a browser session with the owner's role and return its secret."""
    return database.write_now(add_key, owner.org_id, f"browser of {owner.name}"[:200], owner.role, session=True)


def local_owner(database: Database, key_file: Path) -> Principal:
    """Return the person at this machine, whose key is made at the very first start.

    Raises InputError when keys exist but the key file is lost or no longer valid.
    """
    with FileLock(key_file.with_name(f".{key_file.name}.lock")):  # another service may start on this folder now
        if not key_file.exists() and not database.read_now(has_admin):
            _write_key(key_file, database.write_now(_first_key))
    try:
        secret = key_file.read_text().strip()
    except OSError:
        secret = ""
    owner = database.read_now(find_key, digest(secret), datetime.now(UTC))
    if owner is None:
        raise InputError(
            f"{key_file} holds no valid key, yet the database has keys. Serve the data folder that belongs to this "
            f"database, or put an administrator's key into that file."
        )
    return owner


def _first_key(connection: Connection) -> str:
    return add_key(connection, ensure_org(connection, LOCAL_ORG), "this machine", "admin")


def _write_key(key_file: Path, secret: str) -> None:
    before = os.umask(0o077)
    try:
        write_file(key_file, secret.encode() + b"\n")
    finally:
        os.umask(before)
