"""What the page of a pole shows, from the rows of its climbs."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from climber.service.recommendation import rated, recommend, worst_part
from climber.service.words import part_name

LINES = ("pole", "section")
"""Parts whose history is drawn."""


def climb_view(row: Any) -> dict[str, Any]:
    """Return a climb of `queries.history` with its assessment's document, or None where it was not graded."""
    return {
        "id": row.id,
        "climbed_at": row.climbed_at,
        "simulated": bool(row.simulated),
        "outcome": row.outcome,
        "reason": row.reason,
        "frames": row.frames,
        "has_map": row.surface_sha256 is not None,
        "assessment": json.loads(row.document) if row.document else None,
    }


def chosen_climb(climbs: list[dict[str, Any]], wanted: str | None) -> dict[str, Any] | None:
    """Return the climb asked for, else the newest graded one, else the newest."""
    asked = [one for one in climbs if one["id"] == wanted]
    graded = [one for one in climbs if one["assessment"]]
    return next(iter(asked or graded or climbs), None)


def advice(climbs: list[dict[str, Any]], t: Callable[..., str]) -> dict[str, Any] | None:
    """Return the recommendation from the newest graded climb in words; None when there is nothing to go by."""
    graded = [one for one in climbs if one["assessment"]]
    if not graded:
        return None
    before = rated(graded[1]["assessment"]) if len(graded) > 1 else None
    found = recommend(graded[0]["climbed_at"], rated(graded[0]["assessment"]), before)
    part = worst_part(graded[0]["assessment"])
    if found is None or part is None:
        return None
    reasons = [t(key, **fields, part=part_name(part, t)) for key, fields in found.reasons]
    return {**asdict(found), "reasons": reasons}


def series(climbs: list[dict[str, Any]], t: Callable[..., str]) -> list[dict[str, Any]]:
    """Return the graded climbs for the chart, first climb first: the whole pole and its sections in numbers."""
    return [
        {
            "id": climb["id"],
            "at": climb["climbed_at"],
            "coverage": climb["assessment"]["whole"]["coverage"],
            "parts": [{**_numbers(part), "label": part_name(part, t)} for part in _drawn(climb["assessment"])],
        }
        for climb in reversed(climbs)
        if climb["assessment"]
    ]


def _drawn(assessed: dict[str, Any]) -> list[dict[str, Any]]:
    return [assessed["whole"], *(part for part in assessed["parts"] if part["part"] in LINES)]


def _numbers(part: dict[str, Any]) -> dict[str, Any]:
    interval = part["interval"] or {"low": None, "high": None}
    return {
        "part": part["part"],
        "name": part["name"],
        "fraction": part["rusted_fraction"],
        "low": interval["low"],
        "high": interval["high"],
        "seen_m2": part["seen_m2"],
        "grade": part["iso_4628_3"],
    }


def bands(climb: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the height profile of a graded climb, lowest band first."""
    parts = [part for part in climb["assessment"]["parts"] if part["part"] == "band"]
    return [
        {**_numbers(part), "bottom_m": part["bottom_m"], "top_m": part["top_m"], "coverage": part["coverage"]}
        for part in sorted(parts, key=lambda part: part["bottom_m"])
    ]


def before(climbs: list[dict[str, Any]], chosen: dict[str, Any]) -> dict[str, Any] | None:
    """Return the graded climb before the chosen one."""
    older = climbs[climbs.index(chosen) + 1 :]
    return next((one for one in older if one["assessment"]), None)
