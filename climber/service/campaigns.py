"""Reports of a campaign, the climbs of some days: PDF for people, CSV of the same numbers."""

import hashlib
from itertools import groupby
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy import Connection, Row, case, func, select

from climber.service import report_data, words
from climber.service.answers import Day, Reader
from climber.service.context import service_of
from climber.service.fleet import GRADES, UNGRADED
from climber.service.report_files import CSV, PDF, as_csv, as_file, typeset
from climber.service.tables import assessment, climb, pole
from climber.service.typesetting import pdf

router = APIRouter(prefix="/v1", tags=["reports"])
MOST_CLIMBS = 2000
MOST_WORSE = 20
EARLIEST, LATEST = "1970-01-01", "9999-12-31"


@router.get("/campaign.pdf", response_class=Response, responses=PDF)
async def campaign_pdf(request: Request, who: Reader, since: Day = EARLIEST, until: Day = LATEST) -> Response:
    """Report the climbs of the days `since` to `until` (both included), in the reader's language."""
    service, language = service_of(request), words.language_of(request)
    rows = await service.database.read(_campaign, who.org_id, since, until)
    made = await typeset(_campaign_pdf, language, (since, until), rows)
    return as_file(made, "application/pdf", f"campaign {since} {until}.pdf")


@router.get("/campaign.csv", response_class=Response, responses=CSV)
async def campaignas_csv(request: Request, who: Reader, since: Day = EARLIEST, until: Day = LATEST) -> Response:
    """Send the numbers of a campaign's report as CSV, one climb a row."""
    rows = await service_of(request).database.read(_campaign, who.org_id, since, until)
    listed = [report_data.campaign_row(row) for row in rows]
    return as_csv(report_data.CLIMB_COLUMNS, listed, f"campaign {since} {until}.csv")


def _campaign(connection: Connection, org_id: str, since: str, until: str) -> list[Row[Any]]:
    """Return the climbs of a campaign in CLIMB_COLUMNS by pole and time, or answer 400: too many, or no days at all."""
    if since > until:
        raise HTTPException(400, f"since {since} lies after until {until}: there are no days between. Exchange them.")
    earlier, given = climb.alias("earlier"), assessment.alias("given")
    last = (
        select(earlier.c.id)
        .where(earlier.c.pole_id == climb.c.pole_id, earlier.c.climbed_at < climb.c.climbed_at)
        .where(earlier.c.assessment_id.is_not(None))
        .order_by(earlier.c.climbed_at.desc(), earlier.c.id.desc())
        .limit(1)
        .correlate(climb)
        .scalar_subquery()
    )
    columns: list[Any] = [one for one in (*pole.c, *climb.c, *assessment.c) if one.name in report_data.CLIMB_COLUMNS]
    columns.remove(pole.c.next_look_on)  # today's; each row has its climb's own
    query = (
        select(*columns)
        .add_columns(
            climb.c.content_sha256.label("record_sha256"),
            assessment.c.worst_grade,
            case((assessment.c.worst_grade.is_(None), assessment.c.document)).label("document"),
            given.c.rusted_fraction.label("fraction_before"),
            given.c.high.label("high_before"),
            earlier.c.climbed_at.label("climbed_before"),
        )
        .select_from(climb)
        .join(pole, pole.c.id == climb.c.pole_id)
        .outerjoin(assessment, assessment.c.id == climb.c.assessment_id)
        .outerjoin(earlier, earlier.c.id == last)
        .outerjoin(given, given.c.id == earlier.c.assessment_id)
        .where(climb.c.org_id == org_id, func.substr(climb.c.climbed_at, 1, 10).between(since, until))
        .order_by(pole.c.code, climb.c.climbed_at)
        .limit(MOST_CLIMBS + 1)
    )
    rows = list(connection.execute(query))
    if len(rows) > MOST_CLIMBS:
        raise HTTPException(
            400, f"There are more than {MOST_CLIMBS} climbs from {since} to {until}. Choose fewer days."
        )
    return rows


def _campaign_pdf(language: str, days: tuple[str, str], rows: list[Any]) -> bytes:
    t = words.translator(language)
    listed = [report_data.campaign_row(row) for row in rows]
    grades = [row["iso_4628_3"] or UNGRADED for row in listed]
    names = {UNGRADED: t("ungraded")}
    told = {
        "title": t("report_campaign", since=days[0], until=days[1]),
        "made": report_data.made(t),
        "simulated": t("report_simulated") if any(row["simulated"] for row in listed) else "",
        "counts": [[names.get(one, one), str(grades.count(one))] for one in (*GRADES, UNGRADED)],
        "summary": [t("report_summary", climbs=len(listed), poles=len({row["code"] for row in listed}))],
        "heads": [*map(t, ("code", "climbed_at", "grade", "rusted", "interval", "was", "coverage", "next_look"))],
        "rows": [report_data.campaign_line(row, t) for row in listed],
        "worse": [_worse(was, now) for was, now in _worsened(rows)],
        "worse_heads": [t("code"), t("was"), t("is"), t("interval")],
        "method": sorted({t("report_by", model=row["model"], rule=row["rule"]) for row in listed if row["model"]}),
        "limits": [t("never_says"), t("report_limits")],
        "record": "",
        "words": words.words(language),
    }
    told["heads"] = [*told["heads"], t("report_record")]
    together = hashlib.sha256("".join(sorted(row["record_sha256"] for row in listed)).encode()).hexdigest()
    told["hashes"] = [[t("report_together"), together]]
    return pdf("campaign", language, told, {})


def _worsened(rows: list[Any]) -> list[tuple[Any, Any]]:
    """Return the poles whose rust clearly grew in the days of `rows`, most first: the intervals lie apart.

    Each is its first climb of these days, whose `_before` is from before them, and its last graded one.
    """
    poles = [list(climbs) for _, climbs in groupby(rows, key=lambda row: row.code)]
    ends = [(climbs[0], graded[-1]) for climbs in poles if (graded := [one for one in climbs if one.model])]
    grown = [(was, now) for was, now in ends if None not in (was.high_before, now.low) and now.low > was.high_before]
    return sorted(grown, key=lambda ends: ends[0].fraction_before - ends[1].rusted_fraction)[:MOST_WORSE]


def _worse(was: Any, now: Any) -> list[str]:
    return [
        now.code,
        f"{words.percent(was.fraction_before)} ({words.date(was.climbed_before)})",
        f"{words.percent(now.rusted_fraction)} ({words.date(now.climbed_at)})",
        words.span(now.low, now.high),
    ]
