"""Fill a history with poles and climbs inside the database, as the service would have stored them."""

import json
from datetime import timedelta

import numpy as np
from sqlalchemy import Connection, select, text

from climber.ids import uuid7
from climber.service.db import Database
from climber.service.signin import LOCAL_ORG
from climber.service.tables import org
from tests.service.climbs import BEGAN, start_of
from tests.service.climbs import assessment as an_assessment

BANDS = 8
WEST, SOUTH, SIDE_DEG = 113.8, 22.1, 0.6
POLE_COLUMNS = (
    "id, org_id, code, lon, lat, height_m, description, created_at, surveyed, last_climbed_at, latest_climb_id,"
    " latest_climbed_at, latest_simulated, latest_rusted_fraction, latest_low, latest_high, latest_coverage,"
    " latest_rusted_m2, latest_iso_4628_3, latest_astm_d610"
)
POLES = """
INSERT INTO pole ({columns}) SELECT {pole_id}, :org, {code}, :west + :side * ((p * 7919) % 100003) / 100003.0,
  :south + :side * ((p * 104729) % 100019) / 100019.0, 12.0, :sheet, {time}, false, {time}, {climb_id}, {time}, true,
  {fraction}, {fraction} * 0.8, {fraction} * 1.2, 0.93, {fraction} * 9, 'Ri3', '5-S' FROM {poles}, (SELECT :last AS c) x
"""
CLIMBS = """
INSERT INTO climb (id, org_id, pole_id, climbed_at, received_at, content_sha256, device, robot, simulated, outcome,
  reason, frames, start_document, assessment_id) SELECT {climb_id}, :org, {pole_id}, {time}, {time}, :hash, 'laptop',
  'simulator', true, 'completed', 'completed', 60, :start, {climb_id} FROM {poles}, {climbs}
"""
ASSESSMENTS = """
INSERT INTO assessment (id, org_id, climb_id, assessed_at, received_at, content_sha256, model, rule, iso_4628_3,
  astm_d610, rusted_fraction, low, high, coverage, rusted_m2, document) SELECT {climb_id}, :org, {climb_id}, {time},
  {time}, :hash, 'm 1', 'r 1', 'Ri3', '5-S', {fraction}, {fraction} * 0.8, {fraction} * 1.2, 0.93, {fraction} * 9,
  :document FROM {poles}, {climbs}
"""
SQLITE = {
    "poles": "(WITH RECURSIVE s(p) AS (VALUES (:first) UNION ALL SELECT p+1 FROM s WHERE p+1 < :end) SELECT p FROM s)",
    "climbs": "(WITH RECURSIVE t(c) AS (SELECT 1 UNION ALL SELECT c + 1 FROM t WHERE c < :last) SELECT c FROM t)",
    "pole_id": "printf('%08x-0000-7000-8000-000000000000', p)",
    "climb_id": "printf('%08x-0000-7000-8000-%012x', p, c)",
    "code": "printf('B-%06d', p)",
    "time": "printf('20%02d-01-10T02:30:00.000000Z', c)",
}
POSTGRESQL = {
    "poles": "generate_series(CAST(:first AS bigint), CAST(:end AS bigint) - 1) AS s(p)",
    "climbs": "generate_series(1, CAST(:last AS int)) AS t(c)",
    "pole_id": "lpad(to_hex(p), 8, '0') || '-0000-7000-8000-000000000000'",
    "climb_id": "lpad(to_hex(p), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(CAST(c AS int)), 12, '0')",
    "code": "'B-' || lpad(CAST(p AS text), 6, '0')",
    "time": "'20' || lpad(CAST(c AS text), 2, '0') || '-01-10T02:30:00.000000Z'",
}
FRACTION = "(0.6 * ((p * 7919) % 10007) / 10007.0 * ((p * 104729) % 10009) / 10009.0)"


def pole_id(number: int) -> str:
    """Return the id of a pole by its number."""
    return f"{number:08x}-0000-7000-8000-000000000000"


def fill(database: Database, first: int, end: int, climbs: int) -> None:
    """Make the poles of numbers `first` to before `end`, each with `climbs` climbs of 8 bands."""
    database.write_now(_fill, first, end, climbs)


def count(database: Database) -> int:
    """Return how many poles there are."""
    counting = text("SELECT count(*) FROM pole WHERE code LIKE 'B-%'")
    return int(database.read_now(Connection.scalar, counting) or 0)


def _fill(connection: Connection, first: int, end: int, climbs: int) -> None:
    words = (POSTGRESQL if connection.dialect.name == "postgresql" else SQLITE) | {"fraction": FRACTION}
    values = {"first": first, "end": end, "last": climbs, "west": WEST, "south": SOUTH, "side": SIDE_DEG}
    values |= {"org": connection.scalar(select(org.c.id).where(org.c.name == LOCAL_ORG)), **_documents()}
    for statement in (POLES, CLIMBS, ASSESSMENTS):
        connection.execute(text(statement.format(columns=POLE_COLUMNS, **words)), values)
    connection.execute(text("ANALYZE"))


def _documents() -> dict[str, str]:
    given = an_assessment(uuid7(BEGAN), BEGAN, 0.02).model_copy(update={"gaps": ()})
    bands = [one for one in given.parts if one.part == "band"][:BANDS]
    start = start_of("B-000000", BEGAN)
    return {
        "document": given.model_copy(update={"parts": tuple(bands)}).model_dump_json(),
        "start": start.model_dump_json(),
        "sheet": start.pole.model_dump_json(),
        "hash": "0" * 64,
    }


def boxes(count: int) -> list[str]:
    """Return boxes of a tenth of the area's side, at random, as west,south,east,north."""
    rng = np.random.default_rng(6)
    corners = rng.random((count, 2)) * SIDE_DEG * 0.9 + (WEST, SOUTH)
    side = SIDE_DEG / 10
    return [f"{x:.4f},{y:.4f},{x + side:.4f},{y + side:.4f}" for x, y in corners]


def batches(climbs: int, size: int) -> list[bytes]:
    """Return the bodies of batches of new climbs, `size` each, of 20 a pole, without photographs."""
    bodies = []
    shared = json.loads(_documents()["document"])
    for first in range(0, climbs, size):
        sent = []
        for number in range(first, min(first + size, climbs)):
            at = BEGAN + timedelta(days=number % 20, seconds=number)
            start = json.loads(start_of(f"N-{number // 20}", at).model_dump_json())
            graded = shared | {"assessment_id": uuid7(at), "climb_id": start["climb_id"], "assessed_at": at.isoformat()}
            sent.append({"start": start, "observations": [], "stop": None, "assessments": [graded]})
        bodies.append(json.dumps({"climbs": sent}).encode())
    return bodies
