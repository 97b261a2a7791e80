"""Reading a small history over HTTP, on both databases."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from climber.upload import HistoryClient, send_climb
from tests.service.climbs import BEGAN, write_climb, write_grade
from tests.service.servers import Server


@pytest.fixture(scope="module")
def client(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Poles A to E with 2 climbs each, the later 3, 6, ... % rusted; A has a third grading."""
    folder = tmp_path_factory.mktemp("reading")
    with HistoryClient(server.url, server.key) as sender:
        for number, code in enumerate("ABCDE", start=1):
            for day in (0, 100):
                place = folder / f"{code}{day}"
                write_climb(place, code, day, 0.03 * number * (0.5 + day / 200), lon=114 + number / 10)
                send_climb(sender, place, lambda _done, _total: None)
        write_grade(folder / "A100", _id(folder / "A100"), BEGAN + timedelta(days=200), 0.031)
        send_climb(sender, folder / "A100", lambda _done, _total: None)
    with server.client() as client:
        yield client


def _id(folder: Path) -> str:
    from climber.recording import read_record

    return read_record(folder).start.climb_id


def pole(client: httpx.Client, code: str) -> dict[str, Any]:
    return next(one for one in client.get("/v1/poles").json()["poles"] if one["code"] == code)


def test_poles_come_in_pages(client: httpx.Client) -> None:
    codes, path = [], "/v1/poles?limit=2"
    while path:
        page = client.get(path).json()
        assert len(page["poles"]) <= 2
        codes += [one["code"] for one in page["poles"]]
        path = page["next"]
    assert codes == list("ABCDE")


def test_latest_is_the_newest_graded_climb(client: httpx.Client) -> None:
    climb = client.get(f"/v1/poles/{pole(client, 'B')['id']}/latest").json()
    assert climb["climbed_at"].startswith("2026-04-20")
    assert climb["assessment"]["whole"]["rusted_fraction"] == pytest.approx(0.06)


def test_every_assessment_is_kept(client: httpx.Client) -> None:
    climb = client.get(f"/v1/poles/{pole(client, 'A')['id']}/latest").json()
    given = client.get(f"/v1/climbs/{climb['climb_id']}/assessments").json()["assessments"]
    assert [one["whole"]["rusted_fraction"] for one in given] == [pytest.approx(0.03), 0.031]
    assert climb["assessment"] == given[1]


def test_bands_through_time(client: httpx.Client) -> None:
    climbs = client.get(f"/v1/poles/{pole(client, 'C')['id']}/parts?part=band").json()["climbs"]
    assert [len(climb["parts"]) for climb in climbs] == [12, 12]
    assert climbs[0]["parts"][0]["rusted_fraction"] == pytest.approx(0.18)
    sections = client.get(f"/v1/poles/{pole(client, 'C')['id']}/parts?part=section&limit=1").json()
    assert [part["name"] for part in sections["climbs"][0]["parts"]] == ["lower", "upper"]
    assert client.get(sections["next"]).json()["climbs"][0]["climbed_at"].startswith("2026-01-10")


def test_worst_first_and_in_a_box(client: httpx.Client) -> None:
    worst = client.get("/v1/poles:worst?limit=3").json()["poles"]
    assert [one["code"] for one in worst] == ["E", "D", "C"]
    boxed = client.get("/v1/poles:worst?bbox=114.15,22,114.35,23").json()["poles"]
    assert [one["code"] for one in boxed] == ["C", "B"]


def test_a_box_may_cross_the_antimeridian(client: httpx.Client) -> None:
    assert client.get("/v1/poles:worst?bbox=170,-10,-170,10").json()["poles"] == []
    assert len(client.get("/v1/poles:worst?bbox=114,22,-170,23").json()["poles"]) == 5


@pytest.mark.parametrize("bbox", ["1,2,3", "a,b,c,d", "0,10,10,0", "0,0,200,10", "nan,0,1,1", "0,0,inf,1"])
def test_a_box_that_makes_no_sense_is_refused(client: httpx.Client, bbox: str) -> None:
    assert client.get("/v1/poles:worst", params={"bbox": bbox}).status_code == 400


def test_changes_go_on_from_a_number(client: httpx.Client) -> None:
    seen, since = [], 0
    while changes := client.get(f"/v1/changes?since={since}&limit=7").json()["changes"]:
        seen += changes
        since = changes[-1]["seq"]
    kinds = [one["kind"] for one in seen]
    assert (kinds.count("climb"), kinds.count("assessment")) == (10, 11)
    assert [one["seq"] for one in seen] == sorted({one["seq"] for one in seen})


def test_unchanged_answers_are_not_sent_again(client: httpx.Client) -> None:
    path = f"/v1/poles/{pole(client, 'D')['id']}/history"
    tag = client.get(path).headers["etag"]
    again = client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_quick_way_and_the_routes_answer_alike(client: httpx.Client) -> None:
    pole_id = pole(client, "C")["id"]
    slow = {"Authorization": client.headers["authorization"].replace("Bearer", "bearer")}  # left to the routes
    for path in (f"{pole_id}/latest", f"{pole_id}/history?limit=1", f"{pole_id}/history"):
        _alike(client, f"/v1/poles/{path}", slow)
    for query in ("", "?limit=2", "?bbox=114.15,22,114.35,23&limit=5", "?bbox=114,-90,115,90"):
        _alike(client, f"/v1/poles:worst{query}", slow)
    counted = client.get("/metrics").text
    for route in ("/v1/poles/{pole_id}/latest", "/v1/poles/{pole_id}/history", "/v1/poles:worst"):
        (line,) = [
            line for line in counted.splitlines() if f'_total{{method="GET",route="{route}",status="200"}}' in line
        ]
        assert float(line.split()[-1]) >= 2


def _alike(client: httpx.Client, path: str, slow: dict[str, str]) -> None:
    quick, routed = client.get(path), client.get(path, headers=slow)
    assert (quick.status_code, quick.content) == (routed.status_code, routed.content)
    assert quick.headers["etag"] == routed.headers["etag"]
    assert quick.headers.keys() == routed.headers.keys()


@pytest.mark.parametrize("path", ["history?limit=0", "history?limit=1001", "history?before=x"])
def test_the_quick_way_refuses_nothing_itself(client: httpx.Client, path: str) -> None:
    assert client.get(f"/v1/poles/{pole(client, 'C')['id']}/{path}").status_code in (400, 404, 422)


def test_a_wrong_method_is_told_the_right_ones(client: httpx.Client) -> None:
    refused = client.delete(f"/v1/blobs/{'0' * 64}")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, PUT")
    assert client.put("/v1/changes").headers["allow"] == "GET"


def test_photographs_that_show_a_place(client: httpx.Client) -> None:
    climb = client.get(f"/v1/poles/{pole(client, 'A')['id']}/latest").json()
    frames = client.get(f"/v1/climbs/{climb['climb_id']}/frames").json()["frames"]
    assert [one["height_m"] for one in frames] == [1, 2, 3]
    near = client.get(f"/v1/climbs/{climb['climb_id']}/frames?height_m=2.2&azimuth_deg=80&within_m=1").json()
    assert [one["height_m"] for one in near["frames"]] == [2, 3]
    photograph = client.get(f"/v1/blobs/{near['frames'][0]['sha256']}")
    assert photograph.headers["content-type"] == "image/jpeg"
    assert hashlib.sha256(photograph.content).hexdigest() == near["frames"][0]["sha256"]


def test_the_surface_comes_in_tiles(client: httpx.Client) -> None:
    climb = client.get(f"/v1/poles/{pole(client, 'A')['id']}/latest").json()
    path = f"/v1/climbs/{climb['climb_id']}/pictures/surface"
    levels = client.get(path).json()["levels"]
    assert levels == [[25, 300], [50, 600], [100, 1200], [200, 2400]]
    last = client.get(f"{path}/3/0/4")
    assert (last.status_code, last.headers["content-type"]) == (200, "image/jpeg")
    assert client.get(f"{path}/3/0/5").status_code == 404
    assert client.get(f"/v1/climbs/{climb['climb_id']}/pictures/rust/0/0/0").headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/poles?limit=0",
        "/v1/poles?limit=100000000000000000000",
        "/v1/changes?since=9223372036854775808",
        "/v1/changes?since=-1",
        "/v1/poles/../../etc/passwd",
        "/v1/poles/not-an-id",
        "/v1/blobs/..%2f..%2fhistory.sqlite",
        "/v1/poles?after=%00",
        "/v1/poles?after=WyJcdTAwMDAiXQ",
        "/v1/climbs/00000000-0000-0000-0000-000000000000/frames?height_m=nan",
    ],
)
def test_senseless_questions_are_refused(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code in (400, 404, 422)


@pytest.mark.parametrize("what", ["/v1/blobs/{sha256}", "/v1/climbs/{climb}/pictures/surface/preview"])
def test_a_lost_picture_is_named(server: Server, client: httpx.Client, what: str) -> None:
    climb = client.get(f"/v1/poles/{pole(client, 'E')['id']}/latest").json()
    sha256 = climb["pictures"]["surface"]
    path, held = server.data / "blobs" / sha256[:2] / sha256, server.data / "held"
    path.rename(held)
    answer = client.get(what.format(sha256=sha256, climb=climb["climb_id"]))
    assert (answer.status_code, f"blobs/{sha256[:2]}/{sha256} is lost" in answer.text) == (404, True), answer.text
    held.rename(path)
    assert client.get(what.format(sha256=sha256, climb=climb["climb_id"])).status_code == 200


def test_unknown_things_are_not_found(client: httpx.Client) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    for path in ("", "/latest", "/history", "/parts"):
        assert client.get(f"/v1/poles/{nobody}{path}").status_code == 404
    for path in ("", "/frames", "/assessments", "/pictures/rust", "/pictures/rust/0/0/0"):
        assert client.get(f"/v1/climbs/{nobody}{path}").status_code == 404


def test_ready_and_alive(client: httpx.Client) -> None:
    assert client.get("/healthz").text == "alive"
    assert client.get("/readyz").json() == {"ready": True}


def test_audit_tells_who_sent_climbs(client: httpx.Client) -> None:
    lines = client.get("/v1/audit?limit=2").json()
    assert lines["lines"][0]["action"] == "climbs sent"
    assert lines["lines"][0]["detail"] == "1 created"
    assert client.get(f"/v1/audit?before={lines['next']}").json()["lines"][0]["id"] < lines["next"]
