"""What is made of the pictures of new climbs as soon as they are here, so that nobody waits at the first look."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import anyio
from sqlalchemy import Connection, select, update

from climber.service import queries
from climber.service.context import Service
from climber.service.odd_colours import odd_share
from climber.service.previews import MEDIA, Kind
from climber.service.tables import assessment, climb, pole
from climber.service.tiles import cut

AT_ONCE = anyio.CapacityLimiter(1)
"""Beside the one decoder that serves those who are looking."""


async def prepare(service: Service, org_id: str, climb_ids: Iterable[str]) -> None:
    """Cut the pictures of climbs into tiles and look at the colours of what is marked, one climb after the other."""
    for climb_id in climb_ids:
        row = await service.database.read(queries.climb_pictures, org_id, climb_id)
        hashes = {kind: getattr(row, f"{kind}_sha256") for kind in MEDIA} if row else {}
        tiles = {kind: await _tiles(service, kind, sha256) for kind, sha256 in hashes.items() if sha256}
        surface, rust = tiles.get("surface"), tiles.get("rust")
        if surface and rust:
            size = await service.database.read(_size, org_id, hashes["surface"])
            share = await anyio.to_thread.run_sync(odd_share, surface, rust, size, limiter=AT_ONCE)
            await service.database.write(_note, org_id, climb_id, share)


async def catch_up(service: Service) -> None:
    """Prepare what nobody has looked at yet, as when the process was killed just after a climb had come in."""
    for org_id, climb_id in await service.database.read(_left):
        with suppress(OSError, ValueError, SyntaxError):  # lost or damaged, or the store is away: the others go on
            await prepare(service, org_id, [climb_id])


def _left(connection: Connection) -> list[tuple[str, str]]:
    """Return organisation and climb of each pole's newest grading, which the review asks for, without an odd share."""
    query = (
        select(climb.c.org_id, climb.c.id)
        .join_from(pole, climb, climb.c.id == pole.c.latest_climb_id)
        .join(assessment, assessment.c.id == climb.c.assessment_id)
        .where(assessment.c.odd_share.is_(None))
        .where(assessment.c.surface_sha256.is_not(None), assessment.c.rust_sha256.is_not(None))
    )
    return [(row.org_id, row.id) for row in connection.execute(query)]


async def _tiles(service: Service, kind: Kind, sha256: str) -> Path | None:
    """Return the folder of a picture's tiles; None for one that cannot be read: whoever looks at it is told."""
    folder, picture = service.settings.data / "previews", await service.blobs.local(sha256)
    try:
        return await anyio.to_thread.run_sync(cut, folder, picture, kind, limiter=AT_ONCE)
    except (OSError, ValueError, SyntaxError):
        return None


def _size(connection: Connection, org_id: str, sha256: str) -> tuple[int, int]:
    row = queries.one_blob(connection, org_id, sha256)
    assert row is not None, "a climb names only pictures that are here"
    return row.width_px, row.height_px


def _note(connection: Connection, org_id: str, climb_id: str, share: float) -> None:
    current = select(climb.c.assessment_id).where(climb.c.id == climb_id, climb.c.org_id == org_id).scalar_subquery()
    connection.execute(update(assessment).where(assessment.c.id == current).values(odd_share=share))
