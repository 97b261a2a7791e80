"""Keys, roles and organisations.

A key is 256 random bits; only its SHA-256 is stored. Nobody has a default password. A browser session is a key too:
short-lived, held in a cookie that scripts cannot read, and good for reading only.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, Literal, get_args

from fastapi import HTTPException, Request
from sqlalchemy import Connection, insert, or_, select
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from climber.ids import uuid7
from climber.service.db import Database
from climber.service.tables import api_key, org, stamp

Role = Literal["crew", "ml", "manager", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
COOKIE = "highmast_session"
SESSION = timedelta(days=7)
REMEMBERED_S = 5.0
"""How long a checked key is trusted without asking the database: a revoked key works at most this much longer."""
REMEMBERED_KEYS = 10_000
NO_KEY = "No valid key. Send 'Authorization: Bearer KEY'."
WITH_KEY = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: one key of one organisation."""

    key_id: str
    org_id: str
    role: Role
    name: str
    session: bool


def new_secret() -> str:
    """Return a key as its owner sees it, once."""
    return "hm_" + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what the database keeps of a key."""
    return hashlib.sha256(secret.encode()).hexdigest()


def ensure_org(connection: Connection, name: str) -> str:
    """Return the id of the organisation `name`, made now if it is new."""
    found: str | None = connection.scalar(select(org.c.id).where(org.c.name == name))
    if found:
        return found
    now = datetime.now(UTC)
    identity = uuid7(now)
    connection.execute(insert(org).values(id=identity, name=name, created_at=stamp(now)))
    return identity


def add_key(connection: Connection, org_id: str, name: str, role: Role, *, session: bool = False) -> str:
    """Store a new key and return its secret. A session ends after SESSION, other keys when they are revoked."""
    now = datetime.now(UTC)
    secret = new_secret()
    connection.execute(
        insert(api_key).values(
            id=uuid7(now),
            org_id=org_id,
            name=name,
            role=role,
            secret_sha256=digest(secret),
            session=session,
            created_at=stamp(now),
            expires_at=stamp(now + SESSION) if session else None,
        )
    )
    return secret


def find_key(connection: Connection, secret_sha256: str, now: datetime) -> Principal | None:
    """Return the owner of a valid key."""
    row = connection.execute(
        select(api_key).where(
            api_key.c.secret_sha256 == secret_sha256,
            api_key.c.revoked_at.is_(None),
            or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > stamp(now)),
        )
    ).first()
    return Principal(row.id, row.org_id, row.role, row.name, row.session) if row else None


def has_admin(connection: Connection) -> bool:
    """Tell whether some administrator's key exists: without one the service stays on this machine."""
    query = select(api_key.c.id).where(
        api_key.c.role == "admin", api_key.c.revoked_at.is_(None), api_key.c.session.is_(False)
    )
    return connection.execute(query.limit(1)).first() is not None


class Keyring:
    """Checks keys, and remembers the good ones for REMEMBERED_S seconds."""

    def __init__(self, database: Database, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock_s = clock_s
        self._known: dict[str, tuple[float, Principal]] = {}

    async def check(self, secret: str) -> Principal | None:
        """Return who holds `secret`, or None."""
        hashed = digest(secret)
        known = self._known.get(hashed)
        if known and known[0] > self._clock_s():
            return known[1]
        principal = await self._database.read(find_key, hashed, datetime.now(UTC))
        if len(self._known) >= REMEMBERED_KEYS:
            self._known.clear()
        if principal:
            self._known[hashed] = (self._clock_s() + REMEMBERED_S, principal)
        return principal

    def remembered(self, authorization: str) -> Principal | None:
        """Return who holds the bearer key of a header, if it was checked a moment ago."""
        scheme, _, secret = authorization.partition(" ")
        known = self._known.get(digest(secret)) if scheme == "Bearer" else None
        return known[1] if known and known[0] > self._clock_s() else None

    def forget(self) -> None:
        """Ask the database again for every key."""
        self._known.clear()


def given_key(request: Request) -> str | None:
    """Return the key in the Authorization header: a bearer, or, for GIS programs, a password with any user name."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            secret = base64.b64decode(secret, validate=True).decode().partition(":")[2]
        except ValueError:
            return None
    return secret.strip() or None if scheme.lower() in ("bearer", "basic") else None


async def identify(request: Request) -> Principal | None:
    """Return who sent the request, by header or, for reading, by cookie."""
    keyring: Keyring = request.app.state.service.keyring
    secret = given_key(request)
    if secret:
        return await keyring.check(secret)
    cookie = request.cookies.get(COOKIE)
    return await keyring.check(cookie) if cookie and request.method in ("GET", "HEAD") else None


class KeyFirst:
    """Refuses a body for `/v1` from nobody before any of it is read: the framework would parse it first."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sends = scope["type"] == "http" and scope["method"] in ("POST", "PUT", "PATCH")
        if sends and scope["path"].startswith("/v1/") and not await _has_key(Request(scope)):
            return await JSONResponse({"detail": NO_KEY}, 401, WITH_KEY)(scope, receive, send)
        return await self._app(scope, receive, send)


async def _has_key(request: Request) -> bool:
    """Tell whether some valid key came along, in the header or as a cookie; each route decides what it is good for."""
    keyring: Keyring = request.app.state.service.keyring
    secret = given_key(request) or request.cookies.get(COOKIE)
    return bool(secret) and await keyring.check(str(secret)) is not None


def requires(*roles: Role) -> Callable[[Request], Coroutine[Any, Any, Principal]]:
    """Return a dependency that lets in the given roles (an administrator always) and refuses the rest."""

    async def check(request: Request) -> Principal:
        principal = await identify(request)
        if principal is None:
            raise HTTPException(401, NO_KEY, WITH_KEY)
        request.state.key_id = principal.key_id
        counted = getattr(request.state, "counted", False)  # by the quick way, which then found nothing to answer
        wait_s = 0.0 if counted else request.app.state.service.rate.wait_s(principal.key_id)
        if wait_s:
            raise HTTPException(429, "Too many requests with this key.", {"Retry-After": str(ceil(wait_s))})
        if principal.role not in (*roles, "admin"):
            raise HTTPException(
                403, f"The role {principal.role} may not do this; it takes {' or '.join((*roles, 'admin'))}."
            )
        return principal

    return check
