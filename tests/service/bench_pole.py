"""What the pages are measured with: a fleet of all grades and ages, and a pole of 35 m at 0.5 mm a pixel."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, select, text

from climber.png import write_png
from climber.recording import Recorder
from climber.service.tables import pole
from climber.upload import HistoryClient, send_climb
from tests.service.climbs import BEGAN, assessment, photograph, start_of
from tests.service.servers import Server

Pixels = npt.NDArray[np.uint8]
CODE, HEIGHT_M, ROWS, PATCH_PX = "LARGE-1", 35.0, 70_000, 100
KINDS = 3
SPREAD = """
UPDATE pole SET latest_iso_4628_3 = 'Ri' || CAST(min(5, latest_rusted_fraction * 15) AS INTEGER),
  latest_climbed_at = strftime('%Y-%m-%dT02:30:00.000000Z', 'now', '-' || (rowid * 7919 % 700) || ' days'),
  next_look_on = strftime('%Y-%m-%d', 'now', '-100 days', '+' || (rowid * 7919 % 700) || ' days');
UPDATE pole SET last_climbed_at = latest_climbed_at;
UPDATE climb SET climbed_at = pole.latest_climbed_at FROM pole WHERE climb.id = pole.latest_climb_id;
UPDATE assessment SET rusted_fraction = rusted_fraction / 3, low = low / 3, high = high / 3
  WHERE rowid % 3 = 0 AND id NOT IN (SELECT latest_climb_id FROM pole);
ANALYZE
"""


def uniform(connection: Connection) -> bool:
    """Tell whether the poles are still as `bench_fill` left them."""
    return connection.scalar(select(pole.c.id).where(pole.c.next_look_on.is_not(None)).limit(1)) is None


def spread(connection: Connection) -> None:
    """Give the poles of a filled SQLite history grades, ages, overdue days and growth."""
    for statement in SPREAD.replace(":", r"\:").split(";"):
        connection.execute(text(statement))


def identity(connection: Connection) -> str | None:
    """Return the id of the large pole, if it is there."""
    found: str | None = connection.scalar(select(pole.c.id).where(pole.c.code == CODE))
    return found


def send(server: Server, mpx: int) -> float:
    """Send the large pole and wait until its tiles are cut; returns the seconds from its arrival to then."""
    with TemporaryDirectory() as temporary, HistoryClient(server.url, server.key) as sender:
        write(Path(temporary) / "climb", mpx * 1_000_000 // ROWS)
        send_climb(sender, Path(temporary) / "climb", lambda _done, _total: None)
        began_s = time.monotonic()
        while len(list((server.data / "previews").glob("*-tiles"))) < KINDS:
            assert time.monotonic() - began_s < 600, "the service cut no tiles"
            time.sleep(0.2)
        return time.monotonic() - began_s


def write(folder: Path, columns: int) -> None:
    """Write a climb whose unrolled pictures have ROWS rows."""
    start = start_of(CODE, BEGAN, 113.81, HEIGHT_M)
    with Recorder.begin(folder, start) as recorder:
        for seq in range(3):
            recorder.observe(photograph(seq, BEGAN, f"large {seq}"))
        recorder.stop("completed", "completed", BEGAN + timedelta(minutes=40))
    graded = assessment(start.climb_id, BEGAN + timedelta(hours=1), 0.03, height_m=HEIGHT_M)
    (folder / "grade.json").write_text(graded.model_dump_json())
    rng = np.random.default_rng(6)
    rust, seen = _patches(rng, columns, 0.03), 1 - _patches(rng, columns, 0.05)
    size = columns, ROWS
    write_png(folder / "surface.png", size, (_paint(rng, one) for one in _strips(rust, columns)))
    write_png(folder / "rust.png", size, _strips(rust, columns), ((90, 90, 90), (213, 94, 0)))
    write_png(folder / "coverage.png", size, _strips(seen, columns), ((0, 0, 0), (255, 255, 255)))


def _patches(rng: np.random.Generator, columns: int, share: float) -> Pixels:
    """Return one value for each square of PATCH_PX, 1 in a share of them."""
    return (rng.random((ROWS // PATCH_PX, -(-columns // PATCH_PX))) < share).astype(np.uint8)


def _strips(patches: Pixels, columns: int) -> Iterator[Pixels]:
    for row in patches:
        yield np.tile(np.repeat(row, PATCH_PX)[:columns], (PATCH_PX, 1))


def _paint(rng: np.random.Generator, rust_hw: Pixels) -> Pixels:
    """Grey paint with grain, brown where the rust is."""
    colours = np.array([(150, 155, 160), (150, 80, 30)], np.uint8)
    return colours[rust_hw] + rng.integers(0, 12, (*rust_hw.shape, 1), dtype=np.uint8)
