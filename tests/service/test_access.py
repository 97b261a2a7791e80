"""Who may do what: roles, organisations on every route, revoked keys, rate limits."""

import asyncio
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from climber.ids import uuid7
from climber.service import signin
from climber.service.app import build_service, create_app
from climber.service.limits import RateLimit
from climber.service.settings import settings_for
from climber.service.signin import local_owner
from climber.upload import HistoryClient, send_climb
from tests.service.climbs import BEGAN, write_climb
from tests.service.servers import Server, highmast, serving

ANYONE = {"/healthz", "/readyz", "/sign-in", "/sign-out"}
"""Routes that answer without a key: they tell nothing of any pole."""
OTHERS = {"kind": "surface", "level": "0", "column": "0", "row": "0", "collection": "poles", "form": "csv"}
"""Parts of paths that are nobody's; a part that is not named anywhere is filled with 1."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, str], dict[str, str]]]:
    """A service with one climb of organisation `local`, keys of all roles there and of another organisation."""
    folder = tmp_path_factory.mktemp("access")
    with serving(folder / "data") as server:
        write_climb(folder / "climb", "A-1")
        with HistoryClient(server.url, server.key) as sender:
            result = send_climb(sender, folder / "climb", lambda _done, _total: None)
        keys = {role: issue(server, role) for role in ("crew", "ml", "manager", "admin")}
        keys["stranger"] = issue(server, "admin", "--organisation", "another airport")
        sha256 = next(path.name for path in (folder / "data" / "blobs").glob("??/*"))
        names = {"pole_id": result["pole_id"], "climb_id": result["climb_id"], "sha256": sha256}
        yield server, keys, names


def issue(server: Server, role: str, *options: str) -> str:
    done = highmast("keys", "--data", server.data, "issue", f"a {role}", "--role", role, *options)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def routes(server: Server) -> list[tuple[str, str]]:
    """Every method and path that the application answers: what is described, what is not, and the pages."""
    service = build_service(settings_for(server.data))
    found = list(_routes(create_app(service).routes))
    service.database.close()
    return found


def _routes(some: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for route in some:
        if hasattr(route, "original_router"):
            yield from _routes(route.original_router.routes)
        else:
            yield from ((method, route.path) for method in getattr(route, "methods", None) or ())


def filled(path: str, names: dict[str, str]) -> str:
    known = OTHERS | {"feature_id": names["pole_id"]} | names
    return re.sub(r"{(\w+)[^}]*}", lambda part: known.get(part[1], "1"), path)


def test_every_route_wants_a_key(shared: tuple[Server, dict[str, str], dict[str, str]]) -> None:
    server, _, names = shared
    every = routes(server)
    assert len(every) > 30
    with server.client("hm_nobody") as nobody:
        for method, path in every:
            if path not in ANYONE:
                answer = nobody.request(method, filled(path, names))
                to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
                assert answer.status_code == 401 or to_sign_in, (method, path, answer.status_code)


def test_a_body_from_nobody_is_not_read(shared: tuple[Server, dict[str, str], dict[str, str]]) -> None:
    server, keys, _ = shared
    for key, status in (("hm_nobody", 401), (keys["crew"], 422)):
        with server.client(key) as client:
            headers = {"Content-Type": "application/json"}
            answer = client.post("/v1/climbs:batch", content=b"{not json", headers=headers)
            assert answer.status_code == status, key


def test_another_organisation_sees_nothing(shared: tuple[Server, dict[str, str], dict[str, str]]) -> None:
    server, keys, names = shared
    with server.client(keys["stranger"]) as stranger, server.client() as owner:
        for method, path in routes(server):
            if method != "GET" or path in ANYONE:
                continue
            mine, theirs = owner.get(filled(path, names)), stranger.get(filled(path, names))
            if any(part in path for part in ("{pole_id", "{climb_id", "{sha256", "{feature_id")):
                assert mine.status_code == 200, (path, mine.text)
                assert theirs.status_code == 404, (path, theirs.text)
            for name in names.values():
                assert name not in theirs.text or theirs.status_code == 404, path
            assert "A-1" not in theirs.text, path


def test_another_organisation_writes_beside_not_into(
    shared: tuple[Server, dict[str, str], dict[str, str]],
) -> None:
    server, keys, names = shared
    check = {"entry_id": uuid7(BEGAN), "pole_code": "A-1", "checked_at": BEGAN.isoformat(), "inspector": "x"}
    check |= {"element": "base plate", "state": "CS4"}
    with server.client(keys["stranger"]) as stranger, server.client() as owner:
        before = owner.get(f"/v1/poles/{names['pole_id']}").json()
        refused = stranger.post("/v1/elements:batch", json={"checks": [check]}).json()["results"][0]
        made = stranger.post("/v1/poles:import", json={"poles": [{"code": "A-1", "lon": 1, "lat": 1}]}).json()
        assert (refused["result"], made["results"][0]["result"]) == ("conflict", "created")
        assert made["results"][0]["pole_id"] != names["pole_id"]
        assert owner.get(f"/v1/poles/{names['pole_id']}").json() == before
        assert owner.get(f"/v1/poles/{names['pole_id']}/elements").json()["checks"] == []


def test_another_organisation_can_neither_use_nor_change_what_is_here(
    shared: tuple[Server, dict[str, str], dict[str, str]], tmp_path: Path
) -> None:
    server, keys, names = shared
    write_climb(tmp_path / "climb", "A-1", day=3)
    with server.client(keys["stranger"]) as stranger:
        asked = stranger.post("/v1/blobs:missing", json={"sha256": [names["sha256"]]}).json()
        assert asked == {"missing": [names["sha256"]]}
    with HistoryClient(server.url, keys["stranger"]) as sender:
        result = send_climb(sender, tmp_path / "climb", lambda _done, _total: None)
    assert result["pole_id"] != names["pole_id"]
    with server.client() as owner:
        assert len(owner.get(f"/v1/poles/{names['pole_id']}/history").json()["climbs"]) == 1


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        ("crew", "GET", "/v1/poles", 200),
        ("ml", "GET", "/v1/poles", 200),
        ("manager", "GET", "/v1/poles", 200),
        ("manager", "POST", "/v1/climbs:batch", 403),
        ("manager", "POST", "/v1/blobs:missing", 403),
        ("crew", "GET", "/v1/audit", 403),
        ("ml", "GET", "/v1/audit", 403),
        ("manager", "GET", "/v1/audit", 403),
        ("admin", "GET", "/v1/audit", 200),
    ],
)
def test_roles(
    shared: tuple[Server, dict[str, str], dict[str, str]], role: str, method: str, path: str, status: int
) -> None:
    server, keys, _ = shared
    with server.client(keys[role]) as client:
        assert client.request(method, path).status_code == status


def test_a_revoked_key_ends(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        secret = issue(server, "crew")
        listing = highmast("keys", "--data", server.data, "list").stdout
        key_id = next(line.split()[0] for line in listing.splitlines() if "a crew" in line)
        assert secret not in listing
        assert highmast("keys", "--data", server.data, "revoke", key_id).returncode == 0
        with server.client(secret) as client:
            assert client.get("/v1/poles").status_code == 401
        with server.client() as administrator:
            actions = [line["action"] for line in administrator.get("/v1/audit").json()["lines"]]
    assert actions[:2] == ["key revoked", "key issued"]
    again = highmast("keys", "--data", tmp_path / "data", "revoke", key_id)
    assert (again.returncode, "no valid key" in again.stderr) == (2, True)


def test_secrets_are_not_stored(shared: tuple[Server, dict[str, str], dict[str, str]]) -> None:
    server, keys, _ = shared
    stored = b"".join(path.read_bytes() for path in server.data.glob("history.sqlite*"))
    assert not [secret for secret in keys.values() if secret.encode() in stored]


def test_rate_limit_lets_a_burst_through_then_a_steady_stream() -> None:
    now_s = 0.0
    limit = RateLimit(per_second=2, burst=3, clock_s=lambda: now_s)
    assert [limit.wait_s("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert limit.wait_s("b") == 0
    now_s = timedelta(milliseconds=500).total_seconds()
    assert [limit.wait_s("a") for _ in range(2)] == [0, 0.5]


@pytest.mark.parametrize("what", ["latest", "history"])
def test_a_question_that_the_quick_way_passes_on_counts_once(tmp_path: Path, what: str) -> None:
    burst = 6
    service = build_service(settings_for(tmp_path, None))
    service = replace(service, rate=RateLimit(per_second=1e-9, burst=burst))
    local_owner(service.database, tmp_path / "local.key")
    headers = {"Authorization": f"Bearer {(tmp_path / 'local.key').read_text().strip()}"}

    async def ask() -> list[int]:
        transport = httpx.ASGITransport(create_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://history", headers=headers) as client:
            nowhere = f"/v1/poles/{'0' * 8}-0000-7000-8000-{'0' * 12}/{what}"
            return [(await client.get(nowhere)).status_code for _ in range(burst + 1)]

    assert asyncio.run(ask()) == [404] * burst + [429]
    service.database.close()


def test_two_services_that_start_at_once_share_the_first_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (build_service(settings_for(tmp_path, None)).database for _ in range(2))
    write_key, starting = signin._write_key, []

    def slowly(key_file: Path, secret: str) -> None:
        starting.append(pool.submit(local_owner, second, key_file))
        wait(starting, timeout=0.5)  # the other service must not get on while the key is in the database alone
        write_key(key_file, secret)

    monkeypatch.setattr(signin, "_write_key", slowly)
    with ThreadPoolExecutor(1) as pool:
        owner = local_owner(first, tmp_path / "local.key")
        assert [each.result(timeout=60) for each in starting] == [owner]
    first.close()
    second.close()


def test_another_address_can_be_served_once_there_is_an_administrator(tmp_path: Path) -> None:
    with serving(tmp_path / "data"):
        pass
    with serving(tmp_path / "data", "--host", "0.0.0.0", lines=1) as server, server.client() as client:
        assert client.get("/v1/poles").status_code == 200
