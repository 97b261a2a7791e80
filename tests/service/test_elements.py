"""Checks of elements by people: added, sent again at no cost, corrected beside the old one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from climber.ids import uuid7
from tests.service.climbs import BEGAN
from tests.service.servers import Server


@pytest.fixture(scope="module")
def pole_id(server: Server) -> str:
    with server.client() as client:
        answer = client.post("/v1/poles:import", json={"poles": [{"code": "E-1"}]})
        result = answer.json()["results"][0]
    assert (answer.status_code, result["result"]) == (200, "created")
    found: str = result["pole_id"]
    return found


def check(**changed: object) -> dict[str, Any]:
    given = {"entry_id": uuid7(BEGAN), "pole_code": "E-1", "checked_at": BEGAN.isoformat()}
    return {**given, "inspector": "Chan Tai-man", "element": "anchor rods", "state": "CS2", "quantity": 8, **changed}


def send(server: Server, *checks: dict[str, Any]) -> list[dict[str, Any]]:
    with server.client() as client:
        answer = client.post("/v1/elements:batch", json={"checks": checks})
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results


def listed(server: Server, pole_id: str, query: str = "") -> dict[str, Any]:
    with server.client() as client:
        page: dict[str, Any] = client.get(f"/v1/poles/{pole_id}/elements{query}").json()
        return page


def test_a_correction_stands_beside_what_it_corrects(server: Server, pole_id: str) -> None:
    first = check()
    second = check(state="CS3", supersedes=first["entry_id"], checked_at=(BEGAN + timedelta(days=1)).isoformat())
    assert [one["result"] for one in send(server, first, second, first)] == ["created", "created", "duplicate"]
    page = listed(server, pole_id, "?limit=1")
    assert (page["checks"][0]["state"], page["checks"][0]["supersedes"]) == ("CS3", first["entry_id"])
    with server.client() as client:
        rest = client.get(page["next"]).json()["checks"]
        kinds = [one["kind"] for one in client.get("/v1/changes").json()["changes"]]
    assert rest[0]["entry_id"] == first["entry_id"]
    assert kinds.count("element") == 2


@pytest.mark.usefixtures("pole_id")
def test_what_cannot_be_taken_says_why(server: Server) -> None:
    taken = check(element="base plate")
    send(server, taken)
    results = send(
        server,
        taken | {"state": "CS4"},
        check(pole_code="nowhere"),
        check(supersedes=uuid7(BEGAN)),
        check(photographs=["0" * 64]),
    )
    assert [one["result"] for one in results] == ["conflict", "conflict", "conflict", "missing"]
    assert "other content" in results[0]["detail"]
    assert "import it first" in results[1]["detail"]
    assert results[3]["missing"] == ["0" * 64]


def test_a_clock_that_is_ahead_files_the_check_at_its_arrival(server: Server, pole_id: str) -> None:
    ahead = datetime.now(UTC) + timedelta(days=400)
    later = check(element="hand hole", checked_at=ahead.isoformat())
    send(server, later)
    just_now = check(element="ring", checked_at=datetime.now(UTC).isoformat())
    send(server, just_now)
    order = [one["entry_id"] for one in listed(server, pole_id)["checks"]]
    assert order.index(just_now["entry_id"]) < order.index(later["entry_id"])


@pytest.mark.parametrize(
    "wrong", [{"state": "CS5"}, {"quantity": -1}, {"element": ""}, {"inspector": "a\0b"}, {"unknown": 1}]
)
def test_a_malformed_check_is_refused(server: Server, wrong: dict[str, Any]) -> None:
    with server.client() as client:
        assert client.post("/v1/elements:batch", json={"checks": [check(**wrong)]}).status_code == 422


@pytest.mark.usefixtures("pole_id")
def test_a_photograph_that_is_here_is_taken(server: Server, tmp_path: Path) -> None:
    import hashlib

    from PIL import Image

    Image.new("RGB", (8, 8), (90, 60, 30)).save(tmp_path / "rods.png")
    content = (tmp_path / "rods.png").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    with server.client() as client:
        client.put(f"/v1/blobs/{sha256}", content=content)
    assert send(server, check(photographs=[sha256]))[0]["result"] == "created"
