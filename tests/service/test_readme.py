"""The curl lines of the service's page are run as they stand, in order, against a running service."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from climber.upload import HistoryClient, send_climb
from tests.service.climbs import write_climb
from tests.service.servers import serving

PAGE = Path(__file__).parents[2] / "climber" / "service" / "README.md"


def examples() -> list[str]:
    """Every command of the page's indented blocks that begins with curl, with the lines that go on with it."""
    blocks = re.findall(r"(?:^ {4}.*\n)+", PAGE.read_text(), re.MULTILINE)
    commands = [command for block in blocks for command in re.split(r"^(?= {4}curl )", block, flags=re.MULTILINE)]
    return [command.strip() for command in commands if command.startswith("    curl ")]


def test_the_pages_curl_lines_work(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    write_climb(tmp_path / "climb", "HKG-A-017", rusted_fraction=0.08)
    home = tmp_path / "home"
    data = home / ".local" / "share" / "highmast"
    data.mkdir(parents=True)
    lines = examples()
    assert len(lines) >= 7
    with serving(data) as server:
        with HistoryClient(server.url, server.key) as client:
            result = send_climb(client, tmp_path / "climb", lambda _done, _total: None)
        for line in lines:
            command = line.replace("http://127.0.0.1:8000", server.url).replace("curl ", "curl --fail --silent ", 1)
            done = subprocess.run(
                ["bash", "-c", command],
                env={"HOME": str(home), "PATH": "/usr/bin:/bin", "KEY": server.key, "POLE": result["pole_id"]},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (command, done.stdout, done.stderr)
            if not done.stdout.startswith("id,"):
                json.loads(done.stdout)
