"""What is on this laptop and what a real service has confirmed: nothing counts as sent before it is."""

import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from climber.laptop import remember
from climber.recording import RECORD
from tests.service import servers
from tests.service.climbs import BEGAN, write_climb, write_grade


@pytest.fixture
def climbs(tmp_path: Path) -> list[Path]:
    """Two climbs that this laptop knows."""
    folders = [tmp_path / "a", tmp_path / "b"]
    for day, folder in enumerate(folders):
        write_climb(folder, code=folder.name, day=day)
        remember(folder, tmp_path / "highmast")
    return folders


def highmast(tmp_path: Path, *arguments: object) -> tuple[int, str, str]:
    done = servers.highmast(*arguments, XDG_DATA_HOME=str(tmp_path))
    return done.returncode, done.stdout, done.stderr


def rows(tmp_path: Path) -> dict[str, str]:
    """Pole -> confirmed."""
    status, said, errors = highmast(tmp_path, "status", "--json")
    assert status == 0, errors
    return {row["pole"]: row["confirmed"] for row in map(json.loads, said.splitlines())}


def test_a_queue_is_sent_and_only_what_is_confirmed_counts(tmp_path: Path, climbs: list[Path]) -> None:
    (tmp_path / "wrong").write_text("hm_wrong")
    with servers.serving(tmp_path / "service") as server:
        to = ("--service", server.url, "--key-file")
        assert highmast(tmp_path, "sync", *to, tmp_path / "wrong")[0] == 4
        assert rows(tmp_path) == {"a": "no", "b": "no"}
        status, said, errors = highmast(tmp_path, "sync", climbs[0], *to, server.key_file, "--language", "zh-Hant")
        assert status == 0, errors
        assert f"{climbs[0]}：已新增（燈柱 " in said
        assert rows(tmp_path) == {"a": "yes", "b": "no"}
        before = sorted(climbs[0].rglob("*"))
        status, said, errors = highmast(tmp_path, "sync", *to, server.key_file)
        assert status == 0, errors
        assert f"{climbs[1]}: created" in said
        assert str(climbs[0]) not in said, "what is confirmed is not sent again"
        assert rows(tmp_path) == {"a": "yes", "b": "yes"}
        assert sorted(climbs[0].rglob("*")) == before, "nothing is deleted"
    start = json.loads((climbs[0] / RECORD).read_text().splitlines()[0])
    write_grade(climbs[0], start["climb_id"], BEGAN, 0.3)
    assert rows(tmp_path) == {"a": "partly", "b": "yes"}
    assert "2 climb(s), 1 waiting" in highmast(tmp_path, "status")[1]


def test_a_record_that_cannot_be_read_is_named_and_the_rest_is_shown(tmp_path: Path, climbs: list[Path]) -> None:
    (climbs[0] / RECORD).write_text("{}\n")
    status, said, errors = highmast(tmp_path, "status")
    assert status == 5
    assert str(climbs[0] / RECORD) in errors
    assert "b " in said


def test_the_table_is_in_the_crews_language_and_json_is_not(tmp_path: Path, climbs: list[Path]) -> None:
    heading, first, second, count = highmast(tmp_path, "status", "--language", "zh-Hant")[1].splitlines()
    place = cell_len(heading[: heading.index("資料夾")])
    for line, folder in zip((first, second), climbs, strict=True):
        assert "  完成  " in line
        assert cell_len(line[: line.index(str(folder))]) == place
    assert count.startswith("2 次攀爬，2 次待")
    english, chinese = (highmast(tmp_path, "status", "--json", "--language", one)[1] for one in ("en", "zh-Hant"))
    assert english == chinese


def test_an_empty_laptop(tmp_path: Path) -> None:
    assert highmast(tmp_path, "status")[1] == "no climbs on this laptop yet\n"
    status, said, _ = highmast(tmp_path, "sync", "--service", "http://127.0.0.1:9")
    assert status == 0
    assert "nothing waits" in said


def test_an_error_is_told_in_the_language_asked_for(tmp_path: Path, climbs: list[Path]) -> None:
    sync = ("sync", climbs[0], "--service", "http://192.0.2.1:9")
    assert "no key for http://192.0.2.1:9" in highmast(tmp_path, *sync)[2]
    status, _, errors = highmast(tmp_path, *sync, "--language", "zh-Hant")
    assert status == 2
    assert errors.startswith("highmast: 沒有 http://192.0.2.1:9 的金鑰")
