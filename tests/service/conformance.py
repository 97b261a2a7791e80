"""Hold the running service to its OpenAPI document: `python -m tests.service.conformance`. Needs schemathesis (`st`).

A service with a few climbs is started, and every operation is asked with a valid key, within and outside its schema.
All checks of schemathesis are on but two: `positive_data_acceptance`, because a schema cannot say that a pole must
exist or that west, south, east, north must be in order, and `negative_data_rejection`, because a query parameter that
an operation does not know is passed over, as HTTP caches and GIS programs expect.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from climber.upload import HistoryClient, send_climb
from tests.service.climbs import write_climb
from tests.service.servers import Server, serving

LEFT_OUT = ("positive_data_acceptance", "negative_data_rejection")


def judge(server: Server, st: str, examples: int) -> int:
    """Run schemathesis against a service; returns its exit status."""
    options = ("--checks", "all", "--exclude-checks", ",".join(LEFT_OUT), "--max-examples", str(examples))
    options += ("--suppress-health-check", "all", "--generation-deterministic")
    key = ("-H", f"Authorization: Bearer {server.key}")
    command = (Path(st).absolute(), "run", f"{server.url}/v1/openapi.json", *key, *options)
    return subprocess.run(command, cwd=server.data.parent, check=False).returncode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--st", default=shutil.which("st"), help="program of schemathesis")
    parser.add_argument("--examples", type=int, default=30, help="requests of one kind for one operation")
    parser.add_argument("--database", help="PostgreSQL instead of SQLite")
    given = parser.parse_args()
    if given.st is None:
        sys.exit("schemathesis is not installed (pip install schemathesis, in an environment of its own; then --st)")
    with tempfile.TemporaryDirectory(prefix="highmast-conformance-") as temporary:
        folder = Path(temporary)
        database = ("--database", given.database) if given.database else ()
        with serving(folder / "data", *database) as server:
            with HistoryClient(server.url, server.key) as sender:
                for number in range(3):
                    write_climb(folder / str(number), f"C-{number}", number, number / 100)
                    send_climb(sender, folder / str(number), lambda _done, _total: None)
            status = judge(server, given.st, given.examples)
    sys.exit(status)


if __name__ == "__main__":
    main()
