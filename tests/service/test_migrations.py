"""An older database with data is brought up to date, on both databases, also by several processes at once."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, insert

from climber.service.db import Database
from climber.service.tables import metadata
from climber.upload import read_climb
from tests.service.climbs import write_climb
from tests.service.conftest import DATABASES
from tests.service.servers import serving

NOW = "2026-01-10T03:00:00.000000Z"
ORG, POLE, KEY, SECRET = "org-1", "0" * 8 + "-0000-7000-8000-" + "0" * 12, "key-1", "hm_of-the-first-release"


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, fresh_database: Callable[[str], str | None], tmp_path: Path) -> str:
    return fresh_database(request.param) or f"sqlite:///{tmp_path / 'history.sqlite'}"


def first_release(database: Database, folder: Path) -> str:
    """Make the tables of the first release and put a pole with one graded climb into them, as that release did."""
    database.migrate("0001")
    climb_id = write_climb(folder, "OLD-1")
    database.write_now(_fill, folder)
    return climb_id


def _fill(connection: Connection, folder: Path) -> None:
    old = MetaData()
    old.reflect(connection)
    upload, _ = read_climb(folder)
    (graded,) = upload.assessments
    start, whole = upload.start, graded.whole
    mine = {"org_id": ORG, "received_at": NOW}

    def add(table: str, **row: Any) -> None:
        known: Table = old.tables[table]
        connection.execute(insert(known).values({name: row[name] for name in row if name in known.c}))

    secret = hashlib.sha256(SECRET.encode()).hexdigest()
    add("org", id=ORG, name="local", created_at=NOW)
    owner = {"org_id": ORG, "name": "old", "role": "admin", "session": False, "created_at": NOW}
    add("api_key", id=KEY, secret_sha256=secret, **owner)
    latest = {"latest_climb_id": start.climb_id, "latest_climbed_at": NOW, "latest_simulated": True}
    latest |= {"latest_rusted_fraction": whole.rusted_fraction, "latest_coverage": 0.93}
    sheet = start.pole.model_dump_json()
    add("pole", id=POLE, org_id=ORG, code="OLD-1", lon=114.2, lat=22.3, description=sheet, created_at=NOW, **latest)
    documents = {"start_document": start.model_dump_json(), "assessment_id": graded.assessment_id}
    told = {"device": "laptop", "robot": "r", "simulated": True, "outcome": "completed", "reason": "", "frames": 3}
    add("climb", id=start.climb_id, pole_id=POLE, climbed_at=NOW, content_sha256="0" * 64, **told, **documents, **mine)
    scale = {"model": graded.model, "rule": graded.rule, "coverage": 0.93, "document": graded.model_dump_json()}
    when = {"climb_id": start.climb_id, "assessed_at": NOW, "content_sha256": "1" * 64}
    add("assessment", id=graded.assessment_id, rusted_fraction=whole.rusted_fraction, **when, **scale, **mine)
    add("change", at=NOW, kind="climb", pole_id=POLE, climb_id=start.climb_id, org_id=ORG)


def test_the_first_release_with_data_is_brought_up_to_date(url: str, tmp_path: Path) -> None:
    database = Database(url)
    climb_id = first_release(database, tmp_path / "climb")
    database.close()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "local.key").write_text(SECRET)
    with serving(tmp_path / "data", "--database", url) as server, server.client() as client:
        (pole,) = client.get("/v1/poles").json()["poles"]
        (climb,) = client.get(f"/v1/poles/{POLE}/history").json()["climbs"]
        assert client.get(f"/v1/poles/{POLE}/elements").json() == {"checks": [], "next": None}
    assert (pole["code"], pole["inventory"], pole["latest"]["rusted_fraction"]) == ("OLD-1", None, 0.02)
    assert climb["climb_id"] == climb_id
    assert len(climb["assessment"]["parts"]) == 14


def test_migrating_again_and_at_once_changes_nothing(url: str) -> None:
    databases = [Database(url) for _ in range(4)]
    with ThreadPoolExecutor(len(databases)) as pool:
        list(pool.map(Database.migrate, databases))
    databases[0].migrate()
    for database in databases:
        database.close()


def test_the_migrations_make_the_tables_that_the_code_speaks_of(url: str) -> None:
    database = Database(url)
    database.migrate()
    differences = database.read_now(
        lambda connection: compare_metadata(MigrationContext.configure(connection), metadata)
    )
    database.close()
    assert differences == []
