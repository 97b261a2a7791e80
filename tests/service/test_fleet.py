"""The fleet over HTTP, on both databases: clusters, filters, orders, what got worse."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from climber.service import clusters, fleet
from climber.service.clusters import Cluster
from climber.service.db import Database
from climber.service.fleet import Wanted
from climber.service.tables import org
from tests.service.conftest import DATABASES
from tests.service.fleets import fleet as poles
from tests.service.fleets import send
from tests.service.servers import PATIENCE_S, highmast, serving

COUNT = 90


@pytest.fixture(scope="module", params=DATABASES)
def served(
    request: pytest.FixtureRequest,
    fresh_database: Callable[[str], str | None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[httpx.Client, Database, str]]:
    """A service with COUNT poles; its client, its database and the organisation."""
    folder = tmp_path_factory.mktemp("fleet")
    url = fresh_database(request.param)
    outlines = folder / "outlines.geojson"
    outlines.write_text('{"type": "FeatureCollection", "features": []}')
    options = ["--base-map", str(outlines), *(["--database", url] if url else [])]
    with serving(folder / "data", *options) as server, server.client() as client:
        send(client, poles(COUNT))
        database = Database(url or f"sqlite:///{folder / 'data' / 'history.sqlite'}")
        yield client, database, database.read_now(lambda connection: connection.scalar(org.select()))
        database.close()


def groups(client: httpx.Client, query: str = "") -> list[dict[str, Any]]:
    found = client.get(f"/v1/poles:clusters?{query}")
    assert found.status_code == 200, found.text
    return [one["properties"] for one in found.json()["features"]]


@pytest.mark.parametrize("zoom", [0, 8, 12, 16, 22])
def test_every_pole_is_in_one_cluster(served: tuple[httpx.Client, Database, str], zoom: int) -> None:
    found = groups(served[0], f"zoom={zoom}")
    assert sum(one["count"] for one in found) == COUNT
    assert max(one["worst"] for one in found) == "Ri3"


def test_far_out_poles_are_one_cluster_and_close_up_they_are_themselves(
    served: tuple[httpx.Client, Database, str],
) -> None:
    assert len(groups(served[0], "zoom=2")) == 1
    close = groups(served[0], "zoom=22")
    assert {one["code"] for one in close} >= {f"P-{n:04d}" for n in range(20)}
    assert all(one["id"] for one in close if one["count"] == 1)


def test_circles_of_clusters_do_not_lie_on_each_other(served: tuple[httpx.Client, Database, str]) -> None:
    _, database, org_id = served
    box = (113.0, 22.0, 115.0, 23.0)
    for zoom in (9, 11, 13):
        found = database.read_now(clusters.clusters, org_id, Wanted(), box, zoom)
        degree_px = 512 * 2**zoom / 360
        apart = [
            ((one.lon - other.lon) ** 2 + ((one.lat - other.lat) / 0.94) ** 2) ** 0.5 * degree_px
            for n, one in enumerate(found)
            for other in found[:n]
        ]
        assert min(apart, default=1e9) > 30


def test_joined_clusters_keep_the_mean_the_worst_and_the_earliest() -> None:
    one = Cluster(3, 10.0, 20.0, "Ri2", "2027-01-01", "a", "A")
    one.take(Cluster(1, 14.0, 24.0, "Ri4", None, "b", "B"))
    one.take(Cluster(4, 11.0, 21.0, None, "2026-05-05", "c", "C"))
    assert one == Cluster(8, 11.0, 21.0, "Ri4", "2026-05-05", "a", "A")


def test_clusters_follow_the_filter_and_the_box(served: tuple[httpx.Client, Database, str]) -> None:
    client = served[0]
    total = {grade: sum(one["count"] for one in groups(client, f"grade={grade}")) for grade in fleet.GRADES}
    assert sum(total.values()) == COUNT
    assert total["Ri3"] > 0
    assert sum(one["count"] for one in groups(client, "grade=Ri3&grade=Ri1")) == total["Ri3"] + total["Ri1"]
    assert sum(one["count"] for one in groups(client, "code=P-001")) == 10
    half = sum(one["count"] for one in groups(client, "bbox=113.92,-90,180,90"))
    assert 0 < half < COUNT
    assert groups(client, "bbox=0,0,1,1") == []
    day = (datetime.now(UTC) - timedelta(days=40)).date().isoformat()
    before = sum(one["count"] for one in groups(client, f"climbed_before={day}"))
    assert before + sum(one["count"] for one in groups(client, f"changed_since={day}")) == COUNT


@pytest.mark.parametrize("sort", ["code", "worst", "area", "oldest", "due"])
def test_each_order_lists_every_pole_once(served: tuple[httpx.Client, Database, str], sort: fleet.Sort) -> None:
    _, database, org_id = served
    rows: list[Any] = []
    after = None
    while some := database.read_now(fleet.listed, org_id, Wanted(), sort, after, 7):
        rows += some
        after = (some[-1].sort_key, some[-1].id)
    keys = [row.sort_key for row in rows]
    assert len({row.id for row in rows}) == len(rows) == COUNT
    assert keys == sorted(keys, reverse=sort in ("worst", "area"))


def test_counts_and_overdue(served: tuple[httpx.Client, Database, str]) -> None:
    _, database, org_id = served
    found = database.read_now(fleet.counts, org_id, Wanted(), "2100-01-01")
    assert found["all"] == found["overdue"] == sum(found[one] for one in (*fleet.GRADES, "none")) == COUNT
    assert database.read_now(fleet.counts, org_id, Wanted(), "2000-01-01")["overdue"] == 0


def test_what_got_worse_since_a_day(served: tuple[httpx.Client, Database, str]) -> None:
    _, database, org_id = served
    since = (datetime.now(UTC) - timedelta(days=800)).date().isoformat()
    rows = database.read_now(fleet.worsened, org_id, since, 1000)
    assert {row.code for row in rows} == {f"P-{n:04d}" for n in range(0, COUNT, 3)}
    grown = [row.latest_rusted_fraction - row.was_fraction for row in rows]
    assert grown == sorted(grown, reverse=True)
    assert database.read_now(fleet.worsened, org_id, "2020-01-01", 10) == []


@pytest.mark.parametrize("query", ["zoom=23", "zoom=-1", "bbox=1,2", "climbed_before=yesterday", "code=%00"])
def test_senseless_questions_are_refused(served: tuple[httpx.Client, Database, str], query: str) -> None:
    assert served[0].get(f"/v1/poles:clusters?{query}").status_code in (400, 422)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/poles:clusters?climbed_before",
        "/v1/poles:clusters?changed_since",
        "/v1/poles:clusters?overdue_on",
        "/?changed_since",
        "/fleet/worse?since",
        "/v1/campaign.csv?since",
        "/v1/campaign.pdf?until",
    ],
)
def test_a_day_that_does_not_exist_is_refused(served: tuple[httpx.Client, Database, str], path: str) -> None:
    answer = served[0].get(f"{path}=2026-02-31")
    assert answer.status_code == 422
    said = f"query.{path.partition('?')[2]}: Value error, 2026-02-31 is no day of the calendar"
    assert answer.json()["detail"].startswith(said)
    assert served[0].get(f"{path}=2024-02-29").status_code == 200


@pytest.mark.parametrize("after", ["W10", "WyJbMSwgMl0iXQ", "eA", "WyJbXCJ4XCIsIFwieVwiXSJd"])
def test_a_cursor_of_another_order_is_refused(served: tuple[httpx.Client, Database, str], after: str) -> None:
    assert served[0].get(f"/?sort=worst&after={after}").status_code == 400


def test_the_owners_outlines_are_served(served: tuple[httpx.Client, Database, str]) -> None:
    answer = served[0].get("/v1/base-map")
    assert answer.headers["content-type"] == "application/geo+json"
    assert json.loads(answer.text)["type"] == "FeatureCollection"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--base-map", "nothing.geojson", "No such file"),
        ("--base-map", "wrong.geojson", "not FeatureCollection"),
        ("--map-tiles", "https://tiles.example.org/all.png", "with {z}, {x} and {y}"),
        ("--map-tiles", "/{z}/{x}/{y}.png", "http or https"),
    ],
)
def test_a_base_map_that_cannot_be_used_is_refused(tmp_path: Path, option: str, value: str, said: str) -> None:
    (tmp_path / "wrong.geojson").write_text('{"type": "Topology"}')
    given = value if option == "--map-tiles" else tmp_path / value
    done = highmast("serve", "--data", tmp_path / "data", "--port", "0", option, given)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_tiles_from_elsewhere_are_allowed_only_when_named(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--map-tiles", "https://tiles.example.org/{z}/{x}/{y}.png") as server:
        policy = httpx.get(f"{server.url}/sign-in", timeout=PATIENCE_S).headers["content-security-policy"]
    assert "connect-src 'self' https://tiles.example.org;" in policy
