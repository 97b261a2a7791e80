"""Measure the service: `python -m tests.service.bench`. SQLite and PostgreSQL beside a bare ASGI application.

`--poles 100000` is the full size (2 million climbs; about 10 GB of disk). `--pygeoapi PYTHON` measures pygeoapi too,
on the same PostgreSQL tables; PYTHON is an interpreter that has it, with geoalchemy2, psycopg2 and uvicorn; the server
needs PostGIS.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx

from climber.service.db import Database
from climber.service.settings import Limits, settings_for
from tests.service import bench_fill, bench_pygeoapi
from tests.service.postgres import new_database, postgresql
from tests.service.servers import free_port

CONNECTIONS = 16
PATHS = 500
P99_MS = 150.0
ROWS_S = {"sqlite": 8000, "postgresql": 10_000}
QUESTIONS = ("latest", "history", "worst")
TIMES = {"latest": 4, "history": 4, "worst": 10}
"""How many times as many requests a second as pygeoapi."""


@dataclass
class Load:
    """What wrk says of one run."""

    per_s: float
    p99_ms: float
    failed: int


def wrk(url: str, paths: list[str], key: str, seconds: int) -> Load:
    """Ask for `paths` in turn over CONNECTIONS connections."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        listed = ",".join(f'"{path}"' for path in paths)
        script.write(f'wrk.headers["Authorization"]="Bearer {key}"\nlocal paths={{{listed}}}\nlocal at=0\n')
        script.write("request=function() at=at%#paths+1; return wrk.format(nil,paths[at]) end\n")
        script.flush()
        options = ("-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", script.name)
        said = subprocess.run(["wrk", *options, url], capture_output=True, text=True, check=True).stdout
    failed = sum(map(int, re.findall(r"(?:Non-2xx or 3xx responses: |timeout )(\d+)", said)))
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert p99, said
    assert rate, said
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}[p99[2]]
    return Load(float(rate[1]), float(p99[1]) * scale, failed)


def touch(url: str, paths: list[str], key: str) -> None:
    """Ask for every path once, so that what is measured next is the servers and not the disk."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with httpx.Client(headers=headers, timeout=120) as client, ThreadPoolExecutor(4) as pool:
        for answer in pool.map(lambda path: client.get(url + path), paths):
            answer.raise_for_status()


@contextmanager
def process(*command: object, url: str, log: Path, **environment: str) -> Iterator[None]:
    """Run a server until the block ends; begins when it answers."""
    with log.open("a") as out:
        running = subprocess.Popen(
            [*map(str, command)], stdout=out, stderr=out, env=os.environ | environment, start_new_session=True
        )
    try:
        _wait(url, running, log)
        yield
    finally:
        running.terminate()
        running.wait(30)


def _wait(url: str, running: "subprocess.Popen[bytes]", log: Path) -> None:
    until_s = time.monotonic() + 120
    while time.monotonic() < until_s:
        assert running.poll() is None, log.read_text()
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)


def serve(data: Path, port: int, database: str) -> None:
    """Serve without a rate limit; runs in a process of its own."""
    import socket

    from climber.service.app import build_service
    from climber.service.running import run
    from climber.service.settings import Settings
    from climber.service.signin import local_owner

    settings = settings_for(data, database or None)
    service = build_service(Settings(data, settings.database_url, limits=Limits(requests_per_second=1e9)))
    local_owner(service.database, settings.local_key_file)
    with socket.create_server(("127.0.0.1", port), backlog=512) as listening:
        run(service, listening)


def floor(port: int) -> None:
    """Serve one fixed answer of the size of a history: what ASGI and the machine cost by themselves."""
    import uvicorn

    body = b"x" * 3500

    async def app(_scope: object, _receive: object, send: object) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"3500")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": body})  # type: ignore[operator]

    uvicorn.run(app, port=port, log_level="warning", access_log=False, lifespan="off")


class Bench:
    """One run; `failures` names every figure that missed its limit."""

    def __init__(self, poles: int, climbs: int, seconds: int, folder: Path) -> None:
        self.poles, self.climbs, self.seconds, self.folder = poles, climbs, seconds, folder
        folder.mkdir(parents=True, exist_ok=True)
        self.failures: list[str] = []
        self.rates: dict[tuple[str, str], float] = {}

    def say(self, words: str, passed: bool | None = None) -> None:
        print(f"{words}{'' if passed is None else '  ok' if passed else '  MISSED'}", flush=True)
        if passed is False:
            self.failures.append(words)

    def load(self, who: str, what: str, url: str, paths: list[str], key: str) -> None:
        touch(url, paths, key)
        got = wrk(url, paths, key, self.seconds)
        self.rates[who, what] = got.per_s
        limited = who in ("sqlite", "postgresql")
        passed = got.p99_ms <= P99_MS and not got.failed if limited else None
        failed = f", {got.failed} FAILED" if got.failed else ""
        self.say(f"{who:10} {what:8} {got.per_s:9.0f} requests/s, p99 {got.p99_ms:6.1f} ms{failed}", passed)

    def bare(self) -> None:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        with process(
            sys.executable, "-m", "tests.service.bench", "--floor", port, url=url, log=self.folder / "floor.log"
        ):
            self.load("bare ASGI", "any", url, ["/"], "")

    def service(self, kind: str, database: str) -> None:
        """Fill, ask, and take climbs in, on one database."""
        data, port = self.folder / kind, free_port()
        data.mkdir(exist_ok=True)
        url = f"http://127.0.0.1:{port}"
        options = (sys.executable, "-m", "tests.service.bench", "--serve", data, "--port", port, "--database", database)
        with process(*options, url=f"{url}/readyz", log=self.folder / f"{kind}.log"):
            key = (data / "local.key").read_text().strip()
            store = Database(settings_for(data, database or None).database_url)
            few = min(500, self.poles)
            small = self._fill(store, kind, few) and wrk(url, _paths("history", few), key, self.seconds).per_s
            self._fill(store, kind, self.poles)
            for what in QUESTIONS:
                self.load(kind, what, url, _paths(what, self.poles), key)
            store.close()
            if small:
                flat = self.rates[kind, "history"] / small
                rows = f"{few * self.climbs} to {self.poles * self.climbs} climbs"
                self.say(f"{kind:10} history from {rows}: {flat:.2f} of the speed", flat > 0.7)
            self.ingest(kind, url, key)

    def _fill(self, store: Database, kind: str, poles: int) -> int:
        """Bring the poles to `poles`; returns how many were added."""
        began_s, there = time.perf_counter(), bench_fill.count(store)
        if there < poles:
            bench_fill.fill(store, there, poles, self.climbs)
        added = max(0, poles - there)
        print(f"{kind:10} filled {added} poles in {time.perf_counter() - began_s:.0f} s", flush=True)
        return added

    def ingest(self, kind: str, url: str, key: str) -> None:
        """Send batches of 500 climbs of 8 bands from two clients."""
        bodies = bench_fill.batches(10_000, 500)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

        def send(body: bytes) -> int:
            answer = httpx.post(f"{url}/v1/climbs:batch", content=body, headers=headers, timeout=120)
            answer.raise_for_status()
            return sum(one["result"] == "created" for one in answer.json()["results"])

        began_s = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            climbs = sum(pool.map(send, bodies))
        took_s = time.perf_counter() - began_s
        rows = climbs * 4 / took_s  # climb, assessment, and a change for each
        bands = climbs * bench_fill.BANDS / took_s
        words = f"{climbs / took_s:.0f} climbs/s = {rows:.0f} rows/s with {bands:.0f} bands/s in their documents"
        self.say(f"{kind:10} ingest   {words}", rows >= ROWS_S[kind])

    def compare(self) -> None:
        for what, times in TIMES.items():
            theirs, ours = self.rates["pygeoapi", what], self.rates["postgresql", what]
            self.say(f"{what:8} {ours / theirs:.1f} times pygeoapi's", ours >= times * theirs)


def _paths(what: str, poles: int) -> list[str]:
    if what == "worst":
        return [f"/v1/poles:worst?limit=100&bbox={box}" for box in bench_fill.boxes(PATHS)]
    chosen = map(bench_fill.pole_id, Random(3).choices(range(poles), k=PATHS))
    return [f"/v1/poles/{one}/{what}{'?limit=20' if what == 'history' else ''}" for one in chosen]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--poles", type=int, default=2000)
    parser.add_argument("--climbs", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--pygeoapi", help="interpreter that has pygeoapi")
    parser.add_argument("--folder", type=Path, help="where to keep what was filled; else a temporary folder")
    parser.add_argument("--postgres", help="URL of a database to use; else a private server")
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--database", default="", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--floor", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        return serve(given.serve, given.port, given.database)
    if given.floor:
        return floor(given.floor)
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (Debian: apt install wrk)")
    with tempfile.TemporaryDirectory(prefix="highmast-bench-") as temporary:
        bench = Bench(given.poles, given.climbs, given.seconds, given.folder or Path(temporary))
        run(bench, given.only, given.pygeoapi, given.postgres)
    if bench.failures:
        sys.exit(1)
    return None


def run(bench: Bench, only: str | None, pygeoapi: str | None, postgres: str | None) -> None:
    """Measure everything, or one database."""
    bench.bare()
    if only != "postgresql":
        bench.service("sqlite", "")
    if only == "sqlite":
        return
    with nullcontext(postgres) if postgres else postgresql() as server:
        url = postgres or new_database(server, "bench")
        bench.service("postgresql", url)
        if pygeoapi:
            bench_pygeoapi.measure(bench, pygeoapi, url)
            bench.compare()


if __name__ == "__main__":
    main()
