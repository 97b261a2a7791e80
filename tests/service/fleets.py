"""A fleet sent to a service: climbs without pictures, many to a batch."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import cos, sin
from typing import Any

import httpx

from climber.record import Assessment, ClimbStop, ClimbUpload
from tests.service.climbs import assessment, start_of

NOW = datetime.now(UTC)


def upload(code: str, lon: float, lat: float, days_ago: float, fraction: float) -> ClimbUpload:
    """A graded climb without photographs."""
    at = NOW - timedelta(days=days_ago)
    start = start_of(code, at, lon)
    start = start.model_copy(update={"pole": start.pole.model_copy(update={"lat": lat})})
    graded = assessment(start.climb_id, at, fraction)
    graded = Assessment(**(dict(graded) | {"parts": (), "gaps": (), "whole": _reaching(graded, fraction)}))
    stop = ClimbStop(previous_sha256="0" * 64, stopped_at=at, outcome="completed", reason="completed", frames=0)
    return ClimbUpload(start=start, observations=(), stop=stop, assessments=(graded,))


def _reaching(graded: Assessment, fraction: float) -> Any:
    """The whole pole with the range of grades that belongs to the fraction."""
    grade = graded.whole.iso_4628_3
    return graded.whole.model_copy(update={"iso_4628_3_range": (grade, "Ri5" if fraction > 0.1 else grade)})


def fleet(count: int) -> Iterator[ClimbUpload]:
    """Poles P-0000 on a spiral around Hong Kong's airport; each third climbed twice and grown fourfold."""
    for n in range(count):
        lon, lat = 113.92 + 0.0004 * n**0.9 * cos(n), 22.31 + 0.0003 * n**0.9 * sin(n)
        fraction = 0.0008 * (1 + n % 200)
        if n % 3 == 0:
            yield upload(f"P-{n:04d}", lon, lat, 900, fraction / 4)
        yield upload(f"P-{n:04d}", lon, lat, 10 + n % 700, fraction)


def send(client: httpx.Client, uploads: Iterator[ClimbUpload]) -> None:
    """Send climbs, 500 a batch; every one must be new."""
    while some := list(islice(uploads, 500)):
        body = f'{{"climbs":[{",".join(one.model_dump_json() for one in some)}]}}'
        answer = client.post("/v1/climbs:batch", content=body, headers={"Content-Type": "application/json"})
        assert {one["result"] for one in answer.raise_for_status().json()["results"]} == {"created"}
