"""How long a climb takes by phase, and how soon a stop stands. Real programs, a simulated robot.

    python -m tests.climber.bench_climb time [--height-m 30]
    python -m tests.climber.bench_climb [stop] [--times 5]

`time` counts seconds of the robot's clock, so that a fast simulation tells what a real one would. `stop` runs in real
time: from the click (POST /stop) to the robot's own report that it is latched and stands, read from the link's trace.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median

from firmware_bridge.messages import ClimbStatus
from firmware_bridge.protocol import HOST_COMPONENT, HOST_SYSTEM, Protocol
from firmware_bridge.trace import Direction, read_trace
from firmware_bridge.types import ClimbState
from tests.climber.programs import POLE, simulator, wait_for_words, wait_while_running

STOP_LIMIT_S = 0.3
STANDS_M_S = 0.005
MOVING_M_S = 0.1


def statuses(folder: Path) -> list[tuple[float, ClimbStatus]]:
    """Wall time and status, in order, from the newest trace in a climb folder."""
    protocol = Protocol(HOST_SYSTEM, HOST_COMPONENT)
    found = []
    for record in read_trace(max(folder.glob("link-*.tlog"))):
        if record.direction == Direction.ROBOT:
            packets = protocol.receive(record.data, record.time_us / 1e6)
            found += [(record.time_us / 1e6, one.message) for one in packets if isinstance(one.message, ClimbStatus)]
    return found


def time_to_stand_s(base: Path) -> float:
    """One climb, stopped by its page while it moves."""
    folder, told = base / "climb", base / "told.txt"
    with simulator(base, pole=POLE, model=None) as robot, told.open("w") as out:
        climb = subprocess.Popen(robot.climb("--out", str(folder)), stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        try:
            url = wait_for_words(told, r"http://127\.0\.0\.1:\d+/", climb)
            wait_while_running(climb, lambda: rate_now(url) > MOVING_M_S)
            clicked_s = time.time()
            urllib.request.urlopen(urllib.request.Request(f"{url}stop", method="POST")).read()
            climb.wait(120)
        finally:
            climb.kill()
    since = [(at_s, one) for at_s, one in statuses(folder) if at_s >= clicked_s]  # the tested stop latched before
    return next(at_s for at_s, one in since if one.state == ClimbState.STOPPED and stands(one)) - clicked_s


def rate_now(url: str) -> float:
    """Climb rate that the page shows."""
    with urllib.request.urlopen(f"{url}state") as answer:
        found = re.search(rb'"climb_rate_m_s":(-?[\d.e-]+)', answer.read())
    return float(found[1]) if found else 0.0


def stands(status: ClimbStatus) -> bool:
    """Whether it does not climb any more."""
    return abs(status.climb_rate_m_s) < STANDS_M_S


def time_by_phase(base: Path, height_m: float) -> str:
    """The climb's own line on where its time went."""
    folder, told = base / "climb", base / "told.txt"
    pole = POLE.replace("height_m = 2.0", f"height_m = {height_m}").replace("= 220", "= 500").replace("= 180", "= 200")
    with simulator(base, "--speed", "max", pole=pole, model=None) as robot, told.open("w") as out:
        climb = subprocess.Popen(robot.climb("--out", str(folder)), stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        try:
            return wait_for_words(told, r"time, .*", climb)
        finally:
            climb.kill()  # grading afterwards is vision's time, not the climb's
            climb.wait()


def main() -> int:
    """Run one of them."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", nargs="?", choices=["time", "stop"], default="stop")
    options.add_argument("--height-m", type=float, default=30.0)
    options.add_argument("--times", type=int, default=5)
    given = options.parse_args()
    if given.what == "time":
        with tempfile.TemporaryDirectory() as base:
            print(f"{given.height_m:g} m: {time_by_phase(Path(base), given.height_m)}")
        return 0
    taken_s = []
    for _ in range(given.times):
        with tempfile.TemporaryDirectory() as base:
            taken_s.append(time_to_stand_s(Path(base)))
    worst_s = max(taken_s)
    print(f"stop, click to standing: median {median(taken_s):.3f} s, worst {worst_s:.3f} s (limit {STOP_LIMIT_S} s)")
    return int(worst_s > STOP_LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
