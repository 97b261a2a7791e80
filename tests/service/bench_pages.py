"""Measure the pages in Chromium: `python -m tests.service.bench_pages`. 100,000 poles, and a pole of 150 megapixels.

Each load is a new browser without a cache; times are from the click to what was painted. `--folder` keeps what was
filled. The browser draws in software (SwiftShader): a machine with a graphics card is faster.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Browser, Page, StorageState

from climber.service.db import Database
from climber.service.settings import settings_for
from tests.service import bench_fill, bench_pole
from tests.service.browsers import chromium
from tests.service.servers import Server, serving

LOADS = 5
LIMITS_S = {"fleet": 2.0, "pole": 1.0}
FRAMES_PER_S = 30
SIZES = {"laptop": (1366, 768), "tablet": (820, 1180)}
WATCHED = {
    "list": "#results tbody tr, #results p",
    "fleet map": "#map[data-poles]",
    "figures": ".figures b",
    "surface": "#map[data-drawn]",
    "surface whole": "#map[data-loaded=yes]",
}
WATCH = """
const watched = %s;
window.seen = {};
new MutationObserver(() => {
  for (const [name, selector] of Object.entries(watched)) {
    if (name in seen || !document.querySelector(selector)) continue;
    seen[name] = null;
    requestAnimationFrame(() => setTimeout(() => (seen[name] = performance.now())));
  }
}).observe(document, { subtree: true, childList: true, attributes: true });
"""
PAN = """async ([x, y, ms]) => {
  const map = document.querySelector("#map").fleet.map;
  const times = [];
  const drawn = () => times.push(performance.now());
  map.on("render", drawn);
  map.panBy([x, y], { duration: ms, easing: (share) => share });
  await new Promise((done) => map.once("moveend", done));
  map.off("render", drawn);
  return times;
}"""
RENDERER = """() => {
  const gl = document.createElement("canvas").getContext("webgl2");
  return gl ? gl.getParameter(gl.getExtension("WEBGL_debug_renderer_info").UNMASKED_RENDERER_WEBGL) : "no WebGL";
}"""


class Bench:
    """One run; `missed` names every figure beyond its limit."""

    def __init__(self, server: Server, browser: Browser, size: tuple[int, int]) -> None:
        self.server, self.browser, self.missed = server, browser, list[str]()
        self.view = {"width": size[0], "height": size[1]}
        with browser.new_context() as context:
            context.new_page().goto(server.sign_in)
            self.state: StorageState = context.storage_state()

    def say(self, words: str, passed: bool | None = None) -> None:
        print(f"{words}{'' if passed is None else '  ok' if passed else '  MISSED'}", flush=True)
        if passed is False:
            self.missed.append(words)

    @contextmanager
    def opened(self, path: str, awaited: str) -> Iterator[Page]:
        """Open a page as a stranger would whose cache is empty."""
        with self.browser.new_context(viewport=self.view, storage_state=self.state) as context:  # type: ignore[arg-type]
            context.add_init_script(WATCH % WATCHED)
            page = context.new_page()
            page.goto(f"{self.server.url}{path}")
            page.wait_for_function("name => window.seen[name]", arg=awaited, timeout=180_000)
            yield page

    def load(self, path: str, kind: str, limited: tuple[str, ...], awaited: str) -> None:
        """Measure LOADS loads of a page; the medians of what is `limited` have a limit."""
        seen: list[dict[str, float]] = []
        for _ in range(LOADS):
            with self.opened(path, awaited) as page:
                paint = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
                seen.append({"first paint": page.evaluate(paint), **page.evaluate("() => window.seen")})
        for name in seen[0]:
            times_s = sorted(one[name] / 1000 for one in seen if one.get(name))
            words = f"{kind:6} {name:14} {statistics.median(times_s):.2f} s (longest {times_s[-1]:.2f} s)"
            self.say(words, statistics.median(times_s) <= LIMITS_S[kind] if name in limited else None)

    def pan(self) -> None:
        """Move the map evenly for three seconds there and back, over the whole fleet and nearer."""
        with self.opened("/", "fleet map") as page:
            self.say(f"fleet  map drawn by {page.evaluate(RENDERER)}")
            for steps, name in ((0, "whole fleet"), (3, "nearer")):
                for _ in range(steps):
                    page.get_by_role("button", name="Zoom in").click()
                page.wait_for_function("() => document.querySelector('#map').fleet.map.loaded()")
                self._panned(name, [page.evaluate(PAN, [x, 0, 3000]) for x in (600, -600)])

    def _panned(self, name: str, ways: list[list[float]]) -> None:
        gaps_ms = sorted(b - a for times in ways for a, b in pairwise(times))
        rate, slow = 1000 * len(gaps_ms) / sum(gaps_ms), 1000 / gaps_ms[int(len(gaps_ms) * 0.95)]
        words = f"fleet  panning, {name}: {rate:.0f} frames/s, 95 % of them at {slow:.0f} or more"
        self.say(words, rate >= FRAMES_PER_S)


def prepare(server: Server, poles: int, mpx: int) -> str:
    """Fill the history; returns the path of the pole with the large surface."""
    database = Database(settings_for(server.data, None).database_url)
    try:
        if bench_fill.count(database) < poles:
            bench_fill.fill(database, bench_fill.count(database), poles, climbs=2)
        if database.read_now(bench_pole.uniform):
            database.write_now(bench_pole.spread)
        if database.read_now(bench_pole.identity) is None:
            print(f"pole   of {mpx} Mpx: tiles cut {bench_pole.send(server, mpx):.0f} s after its arrival", flush=True)
        return f"/poles/{database.read_now(bench_pole.identity)}"
    finally:
        database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--poles", type=int, default=100_000)
    parser.add_argument("--mpx", type=int, default=150)
    parser.add_argument("--size", choices=SIZES, default="laptop")
    parser.add_argument("--folder", type=Path, help="where to keep what was filled; else a temporary folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="highmast-bench-") as temporary:
        missed = measure(given.folder or Path(temporary) / "data", given)
    sys.exit(1 if missed else 0)


def measure(data: Path, given: argparse.Namespace) -> list[str]:
    """Measure a history in `data`; returns what missed its limit."""
    with serving(data) as server, chromium() as browser:
        pole = prepare(server, given.poles, given.mpx)
        bench = Bench(server, browser, SIZES[given.size])
        bench.load("/", "fleet", ("list", "fleet map"), "fleet map")
        bench.pan()
        bench.load(pole, "pole", ("surface",), "surface whole")
        return bench.missed


if __name__ == "__main__":
    main()
