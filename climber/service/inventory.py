"""Taking in an inventory: poles by code, made or brought up to date. What only a climb knows is left as it is."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, field_validator
from sqlalchemy import Connection, Row, insert, select, update

from climber.entries import InventoryPole
from climber.ids import uuid7
from climber.record import Model
from climber.service.answers import Manager
from climber.service.audit import note
from climber.service.auth import Principal
from climber.service.context import service_of
from climber.service.ingest import one_writer
from climber.service.tables import change, pole, stamp

router = APIRouter(prefix="/v1", tags=["inventory"])


class Inventory(Model):
    """Poles to take in; with `dry_run` only told what would happen."""

    poles: Annotated[tuple[InventoryPole, ...], Field(min_length=1, max_length=5000)]
    dry_run: bool = Field(default=False, strict=True)

    @field_validator("poles")
    @classmethod
    def _once(cls, poles: tuple[InventoryPole, ...]) -> tuple[InventoryPole, ...]:
        twice = [code for code, count in Counter(one.code for one in poles).items() if count > 1]
        if twice:
            raise ValueError(f"code {twice[0]} comes twice")
        return poles


class InventoryItem(BaseModel):
    """What became of one row, or would."""

    code: str
    result: Literal["created", "updated", "unchanged"]
    pole_id: str | None
    """None where a dry run would make it."""


class InventoryResult(BaseModel):
    """A result for each row, in order."""

    results: list[InventoryItem]


@router.post("/poles:import", response_model=InventoryResult)
async def poles_import(request: Request, who: Manager, inventory: Inventory) -> dict[str, Any]:
    """Take poles of an inventory in: each is created, updated or unchanged. Sending again is free."""
    database = service_of(request).database
    if inventory.dry_run:
        return {"results": await database.read(_preview, who.org_id, inventory.poles)}
    return {"results": await database.write(_store, who, inventory.poles, datetime.now(UTC))}


def _preview(connection: Connection, org_id: str, poles: Sequence[InventoryPole]) -> list[InventoryItem]:
    known = _known(connection, org_id, poles)
    return [_verdict(known.get(one.code), one) for one in poles]


def _store(
    connection: Connection, who: Principal, poles: Sequence[InventoryPole], now: datetime
) -> list[InventoryItem]:
    one_writer(connection, who.org_id)
    known = _known(connection, who.org_id, poles)
    results = [_verdict(known.get(one.code), one) for one in poles]
    for given, result in zip(poles, results, strict=True):
        if result.result == "updated":
            values = _columns(known[given.code], given)
            connection.execute(update(pole).where(pole.c.id == result.pole_id).values(values))
        elif result.result == "created":
            result.pole_id = uuid7(now)
    new = [
        {"id": result.pole_id, "org_id": who.org_id, "created_at": stamp(now)} | _new_columns(given)
        for given, result in zip(poles, results, strict=True)
        if result.result == "created"
    ]
    changed = [
        {"org_id": who.org_id, "at": stamp(now), "kind": "pole", "pole_id": result.pole_id}
        for result in results
        if result.result != "unchanged"
    ]
    for table, rows in ((pole, new), (change, changed)):
        if rows:
            connection.execute(insert(table), rows)
    counted = Counter(result.result for result in results)
    note(connection, who, "inventory imported", ", ".join(f"{count} {verdict}" for verdict, count in counted.items()))
    return results


def _known(connection: Connection, org_id: str, poles: Sequence[InventoryPole]) -> dict[str, Row[Any]]:
    codes = [one.code for one in poles]
    query = select(pole).where(pole.c.org_id == org_id, pole.c.code.in_(codes))
    return {row.code: row for row in connection.execute(query)}


def _verdict(row: Row[Any] | None, given: InventoryPole) -> InventoryItem:
    if row is None:
        return InventoryItem(code=given.code, result="created", pole_id=None)
    wanted = _columns(row, given)
    same = all(getattr(row, name) == wanted[name] for name in wanted)
    return InventoryItem(code=given.code, result="unchanged" if same else "updated", pole_id=row.id)


def _columns(row: Row[Any], given: InventoryPole) -> dict[str, Any]:
    """Return the columns of a known pole that an inventory's row sets; what the row leaves out stays as it was."""
    columns: dict[str, Any] = {"inventory": _details(given, json.loads(row.inventory or "{}"))}
    if given.lon is not None and given.lat is not None:
        columns |= {"lon": given.lon, "lat": given.lat, "surveyed": True}
    if row.last_climbed_at is None:  # a crew that was there knows the shaft better than a register
        sheet = _sheet(given, json.loads(row.description))
        columns |= {"height_m": sheet["height_m"], "description": json.dumps(sheet)}
    return columns


def _new_columns(given: InventoryPole) -> dict[str, Any]:
    return {
        "code": given.code,
        "lon": given.lon,
        "lat": given.lat,
        "surveyed": given.lon is not None and given.lat is not None,
        "height_m": given.height_m,
        "description": json.dumps(_sheet(given, {})),
        "inventory": _details(given, {}),
    }


def _details(given: InventoryPole, known: dict[str, str]) -> str:
    return json.dumps(known | given.details, ensure_ascii=False, sort_keys=True)


def _sheet(given: InventoryPole, known: dict[str, Any]) -> dict[str, Any]:
    """Describe the pole as `climber.record.PoleDescription` does, with None for what is not known."""
    told = given.model_dump(mode="json", exclude={"details"})
    return {name: known.get(name) if value is None else value for name, value in told.items()} | {"sections": []}
