"""Poles of an asset register: made, brought up to date, and how they meet climbs."""

from pathlib import Path
from typing import Any

from climber.upload import HistoryClient, send_climb
from tests.service.climbs import write_climb
from tests.service.servers import Server


def take(server: Server, *poles: dict[str, Any], dry_run: bool = False) -> list[str]:
    with server.client() as client:
        answer = client.post("/v1/poles:import", json={"poles": poles, "dry_run": dry_run})
        assert answer.status_code == 200, answer.text
        return [one["result"] for one in answer.json()["results"]]


def pole(server: Server, code: str) -> dict[str, Any]:
    with server.client() as client:
        poles = client.get("/v1/poles?limit=1000").json()["poles"]
    return next(one for one in poles if one["code"] == code)


def sync(server: Server, folder: Path) -> None:
    with HistoryClient(server.url, server.key) as client:
        send_climb(client, folder, lambda _done, _total: None)


def test_created_then_unchanged_then_updated(server: Server) -> None:
    row = {"code": "V-1", "lon": 113.9, "lat": 22.3, "height_m": 30, "details": {"road": "Airport Road"}}
    assert take(server, row, dry_run=True) == ["created"]
    with server.client() as client:
        assert "V-1" not in client.get("/v1/poles").text
    assert take(server, row, {"code": "V-2"}) == ["created", "created"]
    assert take(server, row) == ["unchanged"]
    assert take(server, row | {"lat": 22.4}) == ["updated"]
    stored = pole(server, "V-1")
    assert (stored["lat"], stored["inventory"], stored["latest"]) == (22.4, {"road": "Airport Road"}, None)
    with server.client() as client:
        history = client.get(f"/v1/poles/{stored['id']}/history").json()
        assert "V-1" in client.get(f"/poles/{stored['id']}").text
    assert (history["pole"]["height_m"], history["pole"]["base_diameter_mm"], history["climbs"]) == (30, None, [])


def test_a_file_with_fewer_columns_takes_nothing_away(server: Server) -> None:
    take(server, {"code": "V-8", "height_m": 30, "base_diameter_mm": 400, "details": {"road": "Airport Road"}})
    surveyed = {"code": "V-8", "lon": 113.9, "lat": 22.3}
    assert [take(server, surveyed | more) for more in ({}, {"details": {"lamps": "8"}})] == [["updated"], ["updated"]]
    stored = pole(server, "V-8")
    assert (stored["lon"], stored["height_m"]) == (113.9, 30)
    assert stored["inventory"] == {"lamps": "8", "road": "Airport Road"}
    with server.client() as client:
        sheet = client.get(f"/v1/poles/{stored['id']}/history").json()["pole"]
    assert (sheet["height_m"], sheet["base_diameter_mm"]) == (30, 400)
    assert take(server, surveyed) == ["unchanged"]


def test_a_surveyed_place_outlasts_a_climb_and_the_shaft_is_the_crews(server: Server, tmp_path: Path) -> None:
    take(server, {"code": "V-3", "lon": 113.9, "lat": 22.2, "height_m": 99})
    write_climb(tmp_path / "climb", "V-3", lon=114.17)
    sync(server, tmp_path / "climb")
    stored = pole(server, "V-3")
    assert (stored["lon"], stored["lat"], stored["height_m"]) == (113.9, 22.2, 12.0)
    assert take(server, {"code": "V-3", "height_m": 50}) == ["unchanged"]
    assert pole(server, "V-3")["height_m"] == 12.0


def test_half_a_place_does_not_keep_the_crews_out(server: Server, tmp_path: Path) -> None:
    take(server, {"code": "V-7", "lon": 113.9})
    write_climb(tmp_path / "climb", "V-7", lon=114.17)
    sync(server, tmp_path / "climb")
    stored = pole(server, "V-7")
    assert (stored["lon"], stored["lat"]) == (114.17, 22.3)


def test_a_pole_file_without_a_place_keeps_the_known_one(server: Server, tmp_path: Path) -> None:
    write_climb(tmp_path / "first", "V-4", lon=114.0)
    write_climb(tmp_path / "second", "V-4", day=1, lon=None)
    sync(server, tmp_path / "first")
    sync(server, tmp_path / "second")
    assert pole(server, "V-4")["lon"] == 114.0


def test_a_code_twice_in_one_batch_is_refused(server: Server) -> None:
    with server.client() as client:
        answer = client.post("/v1/poles:import", json={"poles": [{"code": "V-5"}, {"code": "V-5"}]})
    assert answer.status_code == 422
    assert "V-5 comes twice" in answer.json()["detail"]


def test_what_is_out_of_bounds_is_refused(server: Server) -> None:
    wrong: list[dict[str, Any]] = [
        {"lat": 91},
        {"height_m": 0},
        {"code": "'; DROP TABLE pole; --"},
        {"details": {"a": "\0"}},
    ]
    with server.client() as client:
        for changed in wrong:
            answer = client.post("/v1/poles:import", json={"poles": [{"code": "V-6", **changed}]})
            assert answer.status_code == 422
        assert "V-6" not in client.get("/v1/poles?limit=1000").text
