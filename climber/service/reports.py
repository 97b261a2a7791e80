"""Reports of a pole: PDF for people, CSV of the same numbers."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection, select

from climber.service import pole_view, queries, report_data, report_pictures, schemas, words
from climber.service.answers import Identity, Reader, found
from climber.service.context import Service, service_of
from climber.service.recommendation import RULE
from climber.service.report_files import CSV, PDF, as_csv, as_file, typeset
from climber.service.tables import climb
from climber.service.typesetting import pdf

router = APIRouter(prefix="/v1", tags=["reports"])
CLIMBS = 200
ClimbId = Annotated[str | None, Query(pattern=r"^[0-9a-f-]{36}$", description="Another climb than the newest graded")]


@router.get("/poles/{pole_id}/report.pdf", response_class=Response, responses={**PDF, **schemas.refusals(404)})
async def pole_pdf(request: Request, who: Reader, pole_id: Identity, climb: ClimbId = None) -> Response:
    """Report a pole by its newest graded climb, or the one asked for, in the reader's language."""
    service, language = service_of(request), words.language_of(request)
    row, climbs, chosen = await _pole(service, who.org_id, pole_id, climb)
    places = await service.database.read(report_pictures.worst_places, who.org_id, chosen["id"], chosen["assessment"])
    files = await _files(service, chosen["row"], [frame for _, frame in places])
    made = await typeset(_pole_pdf, service.settings.data / "previews", files, language, row, climbs, chosen, places)
    return as_file(made, "application/pdf", f"{row.code} {words.date(chosen['climbed_at'])}.pdf")


@router.get("/poles/{pole_id}/report.csv", response_class=Response, responses={**CSV, **schemas.refusals(404)})
async def poleas_csv(request: Request, who: Reader, pole_id: Identity, climb: ClimbId = None) -> Response:
    """Send the numbers of a pole's report as CSV: the whole pole and each part of it in a row."""
    row, _, chosen = await _pole(service_of(request), who.org_id, pole_id, climb)
    assessed = chosen["assessment"]
    about = {"code": row.code, "climbed_at": chosen["climbed_at"], "simulated": chosen["simulated"]}
    about |= {"model": assessed["model"], "rule": assessed["rule"], "record_sha256": chosen["record"]}
    rows = [about | part for part in report_data.part_rows(assessed)]
    return as_csv([*about, *report_data.PART_COLUMNS], rows, f"{row.code} {words.date(chosen['climbed_at'])}.csv")


async def _pole(service: Service, org_id: str, pole_id: str, wanted: str | None) -> tuple[Any, list[Any], Any]:
    """Return a pole's row, its climbs and the graded one to report, or answer 404."""
    row = found(await service.database.read(queries.one_pole, org_id, pole_id), "pole", pole_id)
    rows = await service.database.read(queries.history, org_id, pole_id, None, CLIMBS)
    climbs = [pole_view.climb_view(one) | {"row": one} for one in rows]
    graded = [one for one in climbs if one["assessment"] and wanted in (None, one["id"])]
    chosen = found(next(iter(graded), None), "graded climb of pole", pole_id)
    chosen["record"] = await service.database.read(_record, org_id, chosen["id"])
    return row, climbs, chosen


def _record(connection: Connection, org_id: str, climb_id: str) -> str:
    query = select(climb.c.content_sha256).where(climb.c.id == climb_id, climb.c.org_id == org_id)
    return str(connection.scalar(query))


async def _files(service: Service, climb: Any, frames: list[dict[str, Any]]) -> dict[str, Path]:
    """Return the files of a climb's unrolled pictures and of photographs by their hashes."""
    kinds = (climb.surface_sha256, climb.rust_sha256, climb.coverage_sha256)
    hashes = {*filter(None, kinds), *(frame["sha256"] for frame in frames)}
    return {sha256: await service.blobs.local(sha256) for sha256 in hashes}


def _pole_pdf(
    previews: Path,
    files: dict[str, Path],
    language: str,
    row: Any,
    climbs: list[Any],
    chosen: dict[str, Any],
    places: list[tuple[dict[str, Any], dict[str, Any]]],
) -> bytes:
    t = words.translator(language)
    assessed = chosen["assessment"]
    strips, pictures = report_pictures.strips(previews, files, chosen["row"], assessed["whole"]["top_m"])
    curve = report_pictures.curve(pole_view.series(climbs, t))
    pictures |= {"curve.svg": curve} if curve else {}
    photographs = []
    for number, (part, frame) in enumerate(places):
        picture = report_pictures.photograph(files[frame["sha256"]])
        if picture:
            pictures[f"photograph{number}.jpg"] = picture
            photographs.append({"file": f"photograph{number}.jpg", "said": _said(part, frame, t)})
    told = report_data.pole_report(queries.pole_document(row), climbs, chosen, t)
    told |= {"strips": strips, "photographs": photographs, "curve": curve is not None, **_heads(t)}
    told |= {"record": chosen["record"][:16], "words": words.words(language)}
    told["advice_means"] = t("next_look_means", rule=RULE)
    document = json.dumps(assessed, sort_keys=True, separators=(",", ":")).encode()
    told["hashes"] = [
        [t("report_record"), chosen["record"]],
        [t("report_assessment"), hashlib.sha256(document).hexdigest()],
        [f"{t('ui_model')} {assessed['model']}", assessed["model_sha256"]],
    ]
    return pdf("pole", language, told, pictures)


def _said(part: dict[str, Any], frame: dict[str, Any], t: Callable[..., str]) -> str:
    name = words.part_name(part, t)
    at = {"height": f"{frame['height_m']:.2f}", "azimuth": str(round(frame["azimuth_deg"]) % 360)}
    return f"{name}: {words.percent(part['rusted_fraction'])}. {t('report_taken_at', **at)}"


def _heads(t: Callable[..., str]) -> dict[str, list[str]]:
    part = ("part", "from_to", "grade", "report_d610", "rusted", "interval", "area", "coverage")
    one_climb = ("climbed_at", "grade", "rusted", "interval", "coverage", "outcome")
    gap = ("from_to", "ui_azimuth", "report_gap_area", "report_reason")
    return {"part_heads": [*map(t, part)], "climb_heads": [*map(t, one_climb)], "gap_heads": [*map(t, gap)]}
