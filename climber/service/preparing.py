"""Cutting the pictures of new climbs into tiles as soon as they are here, so that nobody waits at the first look."""

from collections.abc import Iterable

import anyio

from climber.service import queries
from climber.service.context import Service
from climber.service.previews import MEDIA
from climber.service.tiles import cut

AT_ONCE = anyio.CapacityLimiter(1)
"""Beside the one decoder that serves those who are looking."""


async def prepare(service: Service, org_id: str, climb_ids: Iterable[str]) -> None:
    """Cut the pictures of climbs, one after the other; what cannot be read is left to whoever looks at it."""
    for climb_id in climb_ids:
        row = await service.database.read(queries.climb_pictures, org_id, climb_id)
        for kind in MEDIA if row else ():
            sha256 = getattr(row, f"{kind}_sha256")
            if sha256:
                folder, blob = service.settings.data / "previews", await service.blobs.local(sha256)
                try:
                    await anyio.to_thread.run_sync(cut, folder, blob, kind, limiter=AT_ONCE)
                except (OSError, ValueError, SyntaxError):
                    continue
