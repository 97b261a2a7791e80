"""An older database with data is brought up to date, on both databases, also by several processes at once."""

import hashlib
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, insert, select, text

from climber.errors import InputError
from climber.record import Assessment, ClimbUpload
from climber.service import jobs, latest
from climber.service.app import open_database
from climber.service.db import Database
from climber.service.settings import settings_for
from climber.service.tables import metadata, pole
from climber.upload import HistoryClient, read_climb, send_climb
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
    add(
        "climb",
        id=start.climb_id,
        pole_id=POLE,
        climbed_at=NOW,
        content_sha256=_old_sha256(upload),
        **told,
        **documents,
        **mine,
    )
    scale = {"model": graded.model, "rule": graded.rule, "coverage": 0.93, "document": graded.model_dump_json()}
    when = {"climb_id": start.climb_id, "assessed_at": NOW, "content_sha256": _old_sha256(graded)}
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
        with HistoryClient(server.url, SECRET) as sender:  # the first release hashed another text of the same lines
            assert send_climb(sender, tmp_path / "climb", lambda _done, _total: None)["result"] == "duplicate"
        assert wait_for_next_look(client) == "2028-01-10"
    assert (pole["code"], pole["inventory"], pole["latest"]["rusted_fraction"]) == ("OLD-1", None, 0.02)
    assert climb["climb_id"] == climb_id
    assert len(climb["assessment"]["parts"]) == 14


def _old_sha256(of: ClimbUpload | Assessment) -> str:
    """Hash as the first release did."""
    models = (of.start, *of.observations, of.stop) if isinstance(of, ClimbUpload) else (of,)
    documents = [model.model_dump(mode="json") if model else None for model in models]
    return hashlib.sha256(json.dumps(documents, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def wait_for_next_look(client: httpx.Client) -> str | None:
    """Ask until the job that the upgrade left has done its work."""
    until_s, pause = time.monotonic() + 60, Event()
    while time.monotonic() < until_s:
        clusters = client.get("/v1/poles:clusters?bbox=-180,-90,180,90&zoom=3").json()["features"]
        if clusters[0]["properties"]["due_on"]:
            return str(clusters[0]["properties"]["due_on"])
        pause.wait(0.1)
    return None


def test_a_job_goes_on_where_it_was_left(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(url)
    first_release(database, tmp_path / "climb")
    database.write_now(_more_poles, 3)
    database.migrate()
    monkeypatch.setattr(latest, "CAUGHT_UP_AT_ONCE", 2)
    assert database.write_now(jobs.step)  # two poles done, then the process ends
    database.close()
    database = Database(url)
    left = [database.write_now(jobs.step) for _ in range(4)]
    assert left == [True, True, False, False]  # the other two, nothing more, no job
    looked = database.read_now(lambda connection: list(connection.execute(select(pole.c.id, pole.c.next_look_on))))
    database.close()
    assert dict(looked)[POLE] == "2028-01-10"
    assert len(looked) == 4


def _more_poles(connection: Connection, count: int) -> None:
    known = Table("pole", MetaData(), autoload_with=connection)
    for number in range(count):
        row = {"id": f"pole-{number}", "org_id": ORG, "code": f"NEW-{number}", "description": "{}", "created_at": NOW}
        connection.execute(insert(known).values(row))


def test_migrating_again_and_at_once_changes_nothing(url: str) -> None:
    databases = [Database(url) for _ in range(4)]
    with ThreadPoolExecutor(len(databases)) as pool:
        list(pool.map(Database.migrate, databases))
    databases[0].migrate()
    for database in databases:
        database.close()


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_migrations_make_the_tables_that_the_code_speaks_of(url: str) -> None:
    database = Database(url)
    database.migrate()
    differences = database.read_now(
        lambda connection: compare_metadata(MigrationContext.configure(connection), metadata)
    )
    database.close()
    assert differences == []


def test_a_database_of_a_newer_release_is_refused_as_it_is(url: str, tmp_path: Path) -> None:
    """As when a backup is restored on a spare machine with an older highmast."""
    database = Database(url)
    database.migrate()
    database.write_now(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    database.close()
    with pytest.raises(InputError, match=r"newer highmast .*'9999'"):
        open_database(settings_for(tmp_path / "data", url))


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "history.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(InputError, match=r"history\.sqlite cannot be opened: file is not a database"):
        open_database(settings_for(tmp_path))
