"""The numbers of a report in the reader's language, once for the PDF and for the CSV."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from climber.service import pole_view, words
from climber.service.recommendation import Rated, recommend, worst_grade

Translate = Callable[..., str]
PART_COLUMNS: tuple[str, ...] = (
    "part",
    "name",
    "bottom_m",
    "top_m",
    "azimuth_from_deg",
    "azimuth_to_deg",
    "area_m2",
    "seen_m2",
    "coverage",
    "rusted_m2",
    "rusted_fraction",
    "low",
    "high",
    "level",
    "iso_4628_3",
    "iso_4628_3_low",
    "iso_4628_3_high",
    "astm_d610",
    "reason",
)
CLIMB_COLUMNS: tuple[str, ...] = (
    "code",
    "lon",
    "lat",
    "climbed_at",
    "simulated",
    "outcome",
    "coverage",
    "rusted_m2",
    "rusted_fraction",
    "low",
    "high",
    "iso_4628_3",
    "astm_d610",
    "fraction_before",
    "climbed_before",
    "next_look_on",
    "model",
    "rule",
    "record_sha256",
)


def made(t: Translate) -> str:
    """Say when the report was made."""
    return t("report_made", at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))


def part_rows(assessed: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the whole pole and each part in PART_COLUMNS, as stored."""
    for part in (assessed["whole"], *assessed["parts"]):
        interval = part["interval"] or {}
        span = part.get("iso_4628_3_range") or (None, None)
        row = {**part, **interval, "iso_4628_3_low": span[0], "iso_4628_3_high": span[1]}
        yield {name: row.get(name) for name in PART_COLUMNS}


def part_line(part: dict[str, Any], t: Translate) -> list[str]:
    """Return a part as the report's table shows it."""
    interval = part["interval"] or {"low": None, "high": None}
    spanned = "–".join(part.get("iso_4628_3_range") or ())
    grades = f"{part['iso_4628_3']} ({spanned})" if part["iso_4628_3"] else t("ungraded")
    place = f"{part['bottom_m']:.2f}–{part['top_m']:.2f} m"
    if part["azimuth_from_deg"] is not None:
        place += f", {part['azimuth_from_deg']:.0f}–{part['azimuth_to_deg']:.0f}°"
    return [
        words.part_name(part, t),
        place,
        grades,
        part["astm_d610"] or "–",
        words.percent(part["rusted_fraction"]),
        words.span(interval["low"], interval["high"]),
        words.square_metres(part["rusted_m2"]),
        words.percent(part["coverage"]),
    ]


def climb_line(climb: dict[str, Any], t: Translate) -> list[str]:
    """Return a climb of the history as the report's table shows it."""
    whole = climb["assessment"]["whole"] if climb["assessment"] else None
    began = words.date(climb["climbed_at"])
    if whole is None:
        return [began, t("ungraded"), "–", "–", "–", t(climb["outcome"])]
    interval = whole["interval"] or {"low": None, "high": None}
    found = [words.percent(whole["rusted_fraction"]), words.span(interval["low"], interval["high"])]
    return [began, whole["iso_4628_3"] or t("ungraded"), *found, words.percent(whole["coverage"]), t(climb["outcome"])]


def pole_report(pole: dict[str, Any], climbs: list[dict[str, Any]], chosen: dict[str, Any], t: Translate) -> Any:
    """Return everything in words that the report of a pole says; pictures and hashes come beside it."""
    assessed = chosen["assessment"]
    whole, gaps = assessed["whole"], assessed["gaps"]
    method = {
        "model": assessed["model"],
        "rule": assessed["rule"],
        "mm": assessed["required_mm_per_px"],
        "angle": round(assessed["required_angle_deg"]),
    }
    return {
        "title": f"{t('report_pole')} {pole['code']}",
        "made": made(t),
        "simulated": t("report_simulated") if chosen["simulated"] else "",
        "facts": _facts(pole, chosen, t),
        "whole": part_line(whole, t),
        "level": t("interval_of", level=words.percent(whole["interval"]["level"])) if whole["interval"] else "",
        "sections": [part_line(part, t) for part in assessed["parts"] if part["part"] in ("section", "zone", "window")],
        "bands": [part_line(part, t) for part in assessed["parts"] if part["part"] == "band"],
        "history": [climb_line(one, t) for one in climbs],
        "gaps": [_gap(gap, t) for gap in gaps[:20]],
        "gaps_title": _gaps_title(gaps, t),
        "advice": pole_view.advice(climbs[climbs.index(chosen) :], t),
        "method": [
            t("method", **method),
            t("graded_only_seen"),
            *(words.note_text(one, t) for one in assessed["notes"]),
        ],
        "limits": [t("never_says"), t("report_limits")],
    }


def _facts(pole: dict[str, Any], chosen: dict[str, Any], t: Translate) -> list[list[str]]:
    known = pole["lon"] is not None
    return [
        [t("code"), pole["code"]],
        [t("report_place"), f"{pole['lat']:.5f}, {pole['lon']:.5f}" if known else "–"],
        [t("height"), f"{pole['height_m']} m"],
        [t("climbed_at"), words.day(chosen["climbed_at"])],
        [t("outcome"), f"{t(chosen['outcome'])}, {t('frames_of', count=chosen['frames'])}"],
        [t("coverage"), words.percent(chosen["assessment"]["whole"]["coverage"])],
    ]


def _gaps_title(gaps: list[dict[str, Any]], t: Translate) -> str:
    area_m2 = sum(gap["area_m2"] for gap in gaps)
    return t("gaps", count=len(gaps), area=words.square_metres(area_m2)) if gaps else t("no_gaps")


def _gap(gap: dict[str, Any], t: Translate) -> list[str]:
    reason = t(f"gap_{gap['reason'].replace(' ', '_')}")
    heights = f"{gap['bottom_m']:.2f}–{gap['top_m']:.2f} m"
    turns = f"{gap['azimuth_from_deg']:.0f}–{gap['azimuth_to_deg']:.0f}°"
    return [heights, turns, words.square_metres(gap["area_m2"]), reason]


def campaign_row(row: Any) -> dict[str, Any]:
    """Return a climb of a campaign in CLIMB_COLUMNS, as stored."""
    own = {"simulated": bool(row.simulated), "next_look_on": _next_look(row)}
    return {name: own[name] if name in own else getattr(row, name) for name in CLIMB_COLUMNS}


def _next_look(row: Any) -> str | None:
    """Return the day that a climb asks for by itself and the one before it, whatever is known since."""
    worst = row.worst_grade or (worst_grade(json.loads(row.document)) if row.document else None)
    before = Rated(None, 0, None, row.high_before)
    found = recommend(row.climbed_at, Rated(worst, row.coverage, row.low, row.high), before)
    return found.due_on if found else None


def campaign_line(row: dict[str, Any], t: Translate) -> list[str]:
    """Return a climb as the campaign's table shows it."""
    before = words.percent(row["fraction_before"]) if row["climbed_before"] else "–"
    return [
        row["code"],
        words.date(row["climbed_at"]),
        row["iso_4628_3"] or t("ungraded"),
        words.percent(row["rusted_fraction"]),
        words.span(row["low"], row["high"]),
        before,
        "–" if row["coverage"] is None else words.percent(row["coverage"]),
        row["next_look_on"] or "–",
        row["record_sha256"][:10],
    ]
