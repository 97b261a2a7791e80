"""Running the service: what it counts and logs, how it stops, several processes on one database."""

import hashlib
import json
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest
from prometheus_client.parser import text_string_to_metric_families

from climber.upload import HistoryClient, send_climb
from tests.service.climbs import write_climb
from tests.service.postgres import postgresql
from tests.service.servers import Server, serving, start, stop


def counted(server: Server) -> dict[tuple[str, str], float]:
    with server.client() as client:
        text = client.get("/metrics").text
    return {
        (sample.name, sample.labels.get("route") or sample.labels.get("result") or ""): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def counted_when(server: Server, done: Callable[[dict[tuple[str, str], float]], bool]) -> dict[tuple[str, str], float]:
    """Ask again until `done`: a request is counted after its answer is sent."""
    limit = time.monotonic() + 60
    while not done(numbers := counted(server)) and time.monotonic() < limit:
        pass
    return numbers


def send(server: Server, folder: Path) -> str:
    with HistoryClient(server.url, server.key) as client:
        result: str = send_climb(client, folder, lambda _done, _total: None)["result"]
        return result


def test_requests_and_climbs_are_counted(tmp_path: Path) -> None:
    write_climb(tmp_path / "climb", "O-1")
    with serving(tmp_path / "data") as server:
        with server.client("hm_nobody") as nobody:
            assert nobody.get("/metrics").status_code == 401
        send(server, tmp_path / "climb")
        send(server, tmp_path / "climb")
        numbers = counted_when(server, lambda now: now["highmast_requests_total", "/v1/climbs:batch"] >= 2)
    assert numbers["highmast_climbs_total", "created"] == 1
    assert numbers["highmast_climbs_total", "duplicate"] == 1
    assert numbers["highmast_requests_total", "/v1/climbs:batch"] == 2
    assert numbers["highmast_blob_bytes_total", ""] > 1000


@pytest.mark.parametrize(("logged", "seen"), [("all", [200, 404]), ("refused", [404]), ("none", [])])
def test_requests_are_logged_as_json_lines(tmp_path: Path, logged: str, seen: list[int]) -> None:
    with serving(tmp_path / "data", "--log", logged) as server, server.client() as client:
        client.get("/v1/poles")
        refused = client.get("/v1/poles/nothing?token=secret")
    lines = [json.loads(line) for line in (tmp_path / "data" / "stderr.log").read_text().splitlines()]
    assert [line["status"] for line in lines] == seen
    if seen:
        last = lines[-1]
        assert (last["path"], last["method"]) == ("/v1/poles/nothing", "GET")
        assert last["request_id"] == refused.headers["x-request-id"]
        assert server.key not in json.dumps(lines)


def test_a_stop_lets_an_upload_finish(tmp_path: Path) -> None:
    write_climb(tmp_path / "climb", "O-2", frames=1)
    content = (tmp_path / "climb" / "frames" / "000000.jpg").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    under_way, signalled = Event(), Event()

    def chunks() -> Iterator[bytes]:
        yield content[:100]
        under_way.set()
        assert signalled.wait(60)
        yield content[100:]

    (tmp_path / "data").mkdir()
    server = start(tmp_path / "data")
    with server.client() as client, ThreadPoolExecutor(1) as pool:
        uploading = pool.submit(client.put, f"/v1/blobs/{sha256}", content=chunks())
        assert under_way.wait(60)
        server.process.send_signal(signal.SIGTERM)
        signalled.set()
        assert uploading.result().status_code == 201
    stop(server, signal.SIGTERM)
    assert (tmp_path / "data" / "blobs" / sha256[:2] / sha256).read_bytes() == content


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux bounds the files of a running process")
def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path) -> None:
    folder, inventory = tmp_path / "climb", {"poles": [{"code": f"O-{number}"} for number in range(50)]}
    write_climb(folder, "O-3", frames=1)
    content = (folder / "frames" / "000000.jpg").read_bytes()
    blob = f"/v1/blobs/{hashlib.sha256(content).hexdigest()}"
    with serving(tmp_path / "data", "--log", "none") as server, server.client() as client:
        before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, before[1]))
        full = client.put(blob, content=content)
        assert (full.status_code, "disk is full" in full.text) == (507, True), full.text
        assert client.post("/v1/poles:import", json=inventory).status_code in (503, 507)
        assert client.get("/readyz").status_code == 503
        assert client.get("/v1/poles").json()["poles"] == []
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)
        assert not list((tmp_path / "data" / "blobs" / "incoming").iterdir())
        assert client.get("/readyz").status_code == 200
        assert client.post("/v1/poles:import", json=inventory).status_code == 200
        assert send(server, folder) == "created"


def test_what_a_kill_left_half_made_goes_a_day_later(tmp_path: Path) -> None:
    old = ("blobs/incoming/old", "previews/.old/0.png", "export-old.gpkg")
    kept = ("blobs/incoming/new", "previews/whole/0.png")
    for name in (*old, *kept):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"half")
    for name in ("blobs/incoming/old", "previews/.old", "previews/whole", "export-old.gpkg"):
        os.utime(tmp_path / name, (0, 0))
    with serving(tmp_path) as server, server.client() as client:
        client.get("/metrics")  # answered once it has started
        assert [name for name in (*old, *kept) if (tmp_path / name).exists()] == list(kept)


@pytest.mark.postgres
def test_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    with ExitStack() as away:
        url = away.enter_context(postgresql())
        with serving(tmp_path / "data", "--database", url) as server, server.client() as client:
            client.get("/v1/poles:worst")
            away.close()
            for answer in (client.get("/v1/poles:worst"), client.post("/v1/blobs:missing", json={"sha256": []})):
                assert (answer.status_code, "Retry-After" in answer.headers) == (503, True), answer.text


@pytest.mark.postgres
def test_several_processes_serve_one_database(fresh_database: Callable[[str], str | None], tmp_path: Path) -> None:
    """Both migrate at once, take the same climbs from two laptops at once, and number the changes without a gap."""
    url = fresh_database("postgresql")
    options = ("--database", str(url))
    data = tmp_path / "data"
    data.mkdir()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: start(data, *options), range(2))
        folders = [tmp_path / str(number) for number in range(6)]
        for number, folder in enumerate(folders):
            write_climb(folder, f"O-{number % 2}", day=number, frames=1)
        jobs = [pool.submit(send, server, folder) for folder in folders for server in (first, second)]
        results = [job.result() for job in jobs]
    assert sorted(results) == ["created"] * 6 + ["duplicate"] * 6
    for server in (first, second):
        with server.client() as client:
            changes = client.get("/v1/changes").json()["changes"]
        climbs = [one["climb_id"] for one in changes if one["kind"] == "climb"]
        assert len(climbs) == len(set(climbs)) == 6
        stop(server, signal.SIGTERM)
