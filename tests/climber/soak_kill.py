"""`kill -9` of a climb at random moments: every confirmed frame is kept, every record can be read and gone on with.

    python -m tests.climber.soak_kill [--times 50] [--seed 1]

A record that was killed is taken up again, and killed again, until it is complete; then a new one begins. Prints what
became of each kill and exits 1 when anything was lost. On a machine too busy for the link or the camera a run may be
refused or end by itself: that is told and no kill, and a soak with more of those than kills is none.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from climber.recording import RECORD, read_record
from climber.signing import verify
from tests.climber.programs import Simulator, simulator, wait_while_running

TRIES = 3
ENDED = "ended by itself"
LONGEST_S = 8.0
"""After the line that this run writes first, or after its start."""


def confirmed(folder: Path) -> bytes:
    """The whole lines that are in the record now."""
    path = folder / RECORD
    content = path.read_bytes() if path.exists() else b""
    return content[: content.rfind(b"\n") + 1]


def kill_once(robot: Simulator, folder: Path, after_s: float, early: bool) -> tuple[str, bytes]:
    """Start or go on, and kill so long after the start (`early`: loading, checklist) or after its first line (climb,
    grading); returns what it was doing and the lines that it had confirmed."""
    already = confirmed(folder)
    how = ["--resume", str(folder)] if already else ["--out", str(folder)]
    told = folder.parent / "told.txt"
    with told.open("w") as out:
        climb = subprocess.Popen(robot.climb(*how), stdout=out, stderr=out, stdin=subprocess.DEVNULL, text=True)
        try:
            if not early:
                wait_while_running(climb, lambda: confirmed(folder) != already or climb.poll() is not None)
            climb.wait(timeout=after_s)
            if climb.returncode:
                print(told.read_text(), flush=True)
            return f"{ENDED} with {climb.returncode}", confirmed(folder)
        except subprocess.TimeoutExpired:
            before = confirmed(folder)
            climb.kill()
            climb.wait()
            return ("while climbing" if before else "before the first line"), before


def check(folder: Path, before: bytes) -> str | None:
    """What was lost, if anything: a line, a photograph, or that the record can be read."""
    if not before:
        return None
    if not confirmed(folder).startswith(before):
        return "a confirmed line is gone"
    record = read_record(folder)
    problems = [one for one in verify(record).problems if "signed another state" not in one]
    if problems:
        return problems[0]
    return None if len(record.observations) >= before.count(b'"observation"') else "a confirmed frame is gone"


def soak(base: Path, times: int, seed: int, early_share: float = 0.2, model: Path | None = None) -> Counter[str]:
    """Kill so many times; raises AssertionError at the first loss."""
    random, told = Random(seed), Counter[str]()
    kills, climbs, folder = 0, 1, base / "climb-1"
    with simulator(base, "--speed", "max", model=model) as robot:
        while kills < times:
            early = random.random() < early_share
            what, before = kill_once(robot, folder, random.uniform(0.0, LONGEST_S), early)
            lost = check(folder, before)
            assert lost is None, f"kill {kills + 1}, {folder}: {lost}"
            told[what] += 1
            kills += not what.startswith(ENDED)
            assert told.total() - kills <= max(times, 4), f"more runs ended by themselves than were killed: {told}"
            ended = confirmed(folder) and read_record(folder).stop
            if ended and ended.outcome == "completed":
                climbs += 1
                folder = base / f"climb-{climbs}"
            print(f"{kills:3d} {what}, {before.count(bytes([10]))} lines kept", flush=True)
        if confirmed(folder):
            told[to_the_end(robot, folder)] += 1
    return told


def to_the_end(robot: Simulator, folder: Path) -> str:
    """Go on with the last record until it is complete."""
    for _ in range(TRIES):
        done = subprocess.run(robot.climb("--resume", str(folder)), capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return "resumed to the end"
    raise AssertionError(done.stderr)


def main() -> None:
    """Run it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=50)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as base:
        told = soak(Path(base), given.times, given.seed)
    print(f"{given.times} kills in {time.monotonic() - began_s:.0f} s, nothing lost: {dict(told)}")


if __name__ == "__main__":
    sys.exit(main())
