"""Filters in CQL2 text, on both databases, against what the same features say of themselves."""

from collections.abc import Iterator

import httpx
import pytest

from climber.upload import HistoryClient, send_climb
from tests.service.climbs import write_climb
from tests.service.servers import Server


@pytest.fixture(scope="module")
def client(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Poles C-0 to C-4: the newest climb 0, 1, 2, 3 % rusted, C-4 not graded; and c_x, from an inventory."""
    folder = tmp_path_factory.mktemp("cql")
    with HistoryClient(server.url, server.key) as sender:
        for number in range(5):
            fraction = number / 100 if number < 4 else None
            write_climb(folder / str(number), f"C-{number}", number, fraction, frames=1, lon=114 + number / 10)
            send_climb(sender, folder / str(number), lambda _done, _total: None)
    with server.client() as client:
        client.post("/v1/poles:import", json={"poles": [{"code": "c_x"}]})
        yield client


def ask(client: httpx.Client, text: str, collection: str = "poles", **more: object) -> httpx.Response:
    return client.get(f"/ogc/collections/{collection}/items", params={"filter": text, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("latest_rusted_fraction > 0.015", "C-2 C-3"),
        ("latest_rusted_fraction >= 0.01 AND NOT code = 'C-2'", "C-1 C-3"),
        ("code = 'C-0' OR code = 'C-1' AND latest_rusted_fraction > 0.5", "C-0"),
        ("latest_rusted_fraction IS NULL", "C-4 c_x"),
        ("latest_rusted_fraction IS NOT NULL AND code <> 'C-0'", "C-1 C-2 C-3"),
        ("code LIKE 'C-%'", "C-0 C-1 C-2 C-3 C-4"),
        ("code LIKE 'c%'", "c_x"),
        (r"code LIKE 'c\_x'", "c_x"),
        (r"code LIKE 'C-1\\\\'", ""),
        ("code IN ('C-1','c_x','it''s')", "C-1 c_x"),
        ("latest_rusted_fraction BETWEEN 0.01 AND 0.02", "C-1 C-2"),
        ("last_climbed_at >= TIMESTAMP('2026-01-13T00:00:00Z')", "C-3 C-4"),
        ("last_climbed_at < DATE('2026-01-11')", "C-0"),
        ("latest_simulated AND S_INTERSECTS(geometry, BBOX(114.05,22,114.25,23))", "C-1 C-2"),
        ("S_INTERSECTS(geometry, POINT(114.2 22.3))", "C-2"),
        ("latest_simulated = false", ""),
    ],
)
def test_a_filter_chooses(client: httpx.Client, text: str, codes: str) -> None:
    page = ask(client, text).json()
    assert [one["properties"]["code"] for one in page["features"]] == sorted(codes.split())
    assert page["numberMatched"] == len(codes.split())


def test_a_filter_stays_on_the_next_pages(client: httpx.Client) -> None:
    seen, page = [], ask(client, "code <> 'C-2'", limit=2).json()
    while True:
        seen += [one["properties"]["code"] for one in page["features"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not following:
            break
        page = client.get(following[0]).json()
    assert seen == ["C-0", "C-1", "C-3", "C-4", "c_x"]


def test_climbs_are_filtered_by_their_own_properties(client: httpx.Client) -> None:
    page = ask(client, "frames = 1 AND outcome = 'completed' AND iso_4628_3 IS NULL", "climbs").json()
    assert [one["properties"]["code"] for one in page["features"]] == ["C-4"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code =", "not CQL2 text"),
        ("nothing = 1", "there is no property"),
        ("org_id = 'x'", "there is no property"),
        ("code > 3", "cannot be compared"),
        ("last_climbed_at > 'x'", "cannot be compared"),
        ("code", "condition is missing"),
        ("latest_low + 1 > 2", "not offered"),
        ("last_climbed_at > TIMESTAMP('2026-99-01T00:00:00Z')", "no time"),
        ("last_climbed_at > DATE('2026-02-31')", "'2026-02-31' is no time; give one such as DATE('2026-02-28')"),
        (r"code LIKE 'C\'", r"ends in a lone '\\'"),
        (r"code LIKE 'C-1\\\'", r"ends in a lone '\\'"),
        ("code LIKE code", "a pattern in quotes"),
        ("S_INTERSECTS(geometry, POLYGON((0 0,1 0,1 1,0 0)))", "POINT or a BBOX"),
        ("S_INTERSECTS(geometry, POINT EMPTY)", "not CQL2 text"),
        ("S_INTERSECTS(geometry, BBOX(0,-1e999,1,2))", "-90..90 degrees"),
        ("S_INTERSECTS(geometry, BBOX(836000,815000,837000,816000))", "-90..90 degrees"),
        ("S_INTERSECTS(geometry, BBOX(114,23,115,22))", "south first"),
        ("(" * 400 + "code = 'x'" + ")" * 600, "at most 1000"),
        (" AND (code = 'x' OR ".join(["code = 'x'"] * 25) + ")" * 24, "one inside the other"),
        ("code = 'x'; DROP TABLE pole", "not CQL2 text"),
    ],
)
def test_a_filter_that_makes_no_sense_is_explained(client: httpx.Client, text: str, words: str) -> None:
    answer = ask(client, text)
    assert (answer.status_code, words in answer.text) == (400, True), answer.text


def test_sql_in_a_filter_is_only_text(client: httpx.Client) -> None:
    assert ask(client, "code = '''; DROP TABLE pole; --'").json()["features"] == []
    assert ask(client, "code = 'C-0'").json()["numberMatched"] == 1


def test_queryables_name_what_a_filter_may(client: httpx.Client) -> None:
    document = client.get("/ogc/collections/poles/queryables").json()
    assert document["properties"]["latest_rusted_fraction"]["type"] == "number"
    assert document["properties"]["last_climbed_at"]["format"] == "date-time"
    for name in document["properties"]:
        if name != "geometry":
            assert ask(client, f"{name} IS NULL").status_code == 200
    assert ask(client, "code = 'x'", **{"filter-lang": "cql2-json"}).status_code == 400
