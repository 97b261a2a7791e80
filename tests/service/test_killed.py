"""The server is killed again and again while four laptops upload: nothing that it acknowledged is lost.

`HIGHMAST_UPLOADS=1000` makes the run as long as one wants.
"""

import hashlib
import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock

import pytest

from climber.upload import HistoryClient, send_climb
from tests.service.climbs import write_climb
from tests.service.conftest import DATABASES
from tests.service.servers import Server, free_port, start, stop

CLIMBS = int(os.environ.get("HIGHMAST_UPLOADS", "48"))
LAPTOPS = 4
KILLS = 4


class Laptops:
    """Four clients that send climbs and keep what was acknowledged."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.acknowledged: list[str] = []
        self.pictures: set[str] = set()
        self.reached = [Event() for _ in range(KILLS)]
        self._server = server
        self._folder = folder
        self._lock = Lock()

    def run(self, laptop: int) -> None:
        pause = Event()
        with HistoryClient(self._server.url, self._server.key, wait=pause.wait) as client:
            for number in range(laptop, CLIMBS, LAPTOPS):
                folder = self._folder / str(number)
                write_climb(folder, f"K-{number % 7}", day=number / 10, rusted_fraction=None, frames=2)
                result = send_climb(client, folder, lambda _done, _total: None)
                assert result["result"] in ("created", "duplicate"), result
                self._keep(folder, result["climb_id"])

    def _keep(self, folder: Path, climb_id: str) -> None:
        with self._lock:
            self.acknowledged.append(climb_id)
            for path in folder.glob("frames/*"):
                self.pictures.add(hashlib.sha256(path.read_bytes()).hexdigest())
            for kill, reached in enumerate(self.reached, start=1):
                if len(self.acknowledged) >= CLIMBS * kill // (KILLS + 1):
                    reached.set()


@pytest.mark.slow
@pytest.mark.parametrize("kind", DATABASES)
def test_nothing_acknowledged_is_lost(kind: str, fresh_database: Callable[[str], str | None], tmp_path: Path) -> None:
    url = fresh_database(kind)
    options = ["--port", str(free_port()), *(["--database", url] if url else [])]
    data = tmp_path / "data"
    data.mkdir()
    server = start(data, *options)
    laptops = Laptops(server, tmp_path / "climbs")
    with ThreadPoolExecutor(LAPTOPS) as pool:
        running = [pool.submit(laptops.run, laptop) for laptop in range(LAPTOPS)]
        for reached in laptops.reached:
            wait_for(reached, laptops, running)
            stop(server, signal.SIGKILL)
            server = start(data, *options)
        for one in running:
            one.result()
    try:
        check(server, laptops)
    finally:
        stop(server, signal.SIGTERM)


def wait_for(reached: Event, laptops: Laptops, running: list[Future[None]]) -> None:
    """Wait as long as climbs keep coming in, however slow the machine is."""
    seen = -1
    while not reached.wait(240):
        for one in running:
            if one.done():
                one.result()  # raises what ended this laptop
        assert len(laptops.acknowledged) > seen, "nothing was acknowledged for four minutes"
        seen = len(laptops.acknowledged)


def check(server: Server, laptops: Laptops) -> None:
    with server.client() as client:
        stored = []
        for pole in client.get("/v1/poles").json()["poles"]:
            path = f"/v1/poles/{pole['id']}/history?limit=100"
            while path:
                page = client.get(path).json()
                stored += [climb["climb_id"] for climb in page["climbs"]]
                path = page["next"]
        assert sorted(stored) == sorted(laptops.acknowledged)
        for sha256 in laptops.pictures:
            assert hashlib.sha256(client.get(f"/v1/blobs/{sha256}").content).hexdigest() == sha256
    assert len(laptops.acknowledged) == CLIMBS
