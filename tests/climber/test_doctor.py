"""The doctor names what is wrong on this machine and what to do."""

import grp
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from climber.checkup import Health, clock, disk
from climber.checkup_hardware import camera, may_open, ports
from climber.preflight import EARLIEST
from firmware_bridge.discovery import Candidate
from tests.climber.programs import simulator
from tests.service.servers import serving

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 5, 1, tzinfo=UTC)


def doctor(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "climber", "doctor", *words],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )


def test_a_robot_and_its_camera_are_found_and_nothing_is_sent(tmp_path: Path) -> None:
    with simulator(tmp_path) as robot:
        done = doctor("--robot", robot.robot, "--camera", robot.camera, "--out", str(tmp_path), "--json")
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stdout + done.stderr
    by_name = {one["what"]: one for one in findings}
    assert by_name["robot"]["words"] == f"a robot's heartbeat on {robot.robot}"
    assert by_name["camera"]["health"] == "ok"
    assert "640x480" in by_name["model"]["words"]
    assert {"highmast", "libraries", "disk", "clock"} <= set(by_name)
    assert all(one["advice"] for one in findings if one["health"] != "ok")


def test_what_is_out_of_reach_is_said_with_what_to_do(tmp_path: Path) -> None:
    done = doctor("--robot", "tcp://127.0.0.1:9", "--camera", str(tmp_path / "none"), "--service", "http://127.0.0.1:9")
    assert done.returncode == 3
    lines = done.stdout.splitlines()
    for what in ("robot", "camera", "service"):
        (place,) = (number for number, line in enumerate(lines) if line.startswith(f"bad   {what}: "))
        assert lines[place + 1].startswith("      -> ")


def test_findings_are_said_in_the_crews_language_and_json_is_not() -> None:
    told = doctor("--service", "http://127.0.0.1:9", "--language", "zh-Hant").stdout
    assert "不妥  服務：http://127.0.0.1:9: " in told
    assert "      -> 請檢查網址及網絡" in told
    assert "  磁碟：" in told
    assert json.loads(doctor("--language", "zh-Hant", "--json").stdout.splitlines()[-1])["what"] == "clock"


def test_each_camera_of_a_ring_is_opened(tmp_path: Path) -> None:
    ring = tmp_path / "ring.toml"
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "1.jpg").touch()
    for number, place in enumerate(("frames", "none")):
        with ring.open("a") as file:
            file.write(f'[[camera]]\nurl = "{tmp_path / place}"\nazimuth_deg = {90 * number}\n')
    assert [one.health for one in camera(str(ring))] == [Health.GOOD, Health.BAD]
    ring.write_text("zoom = 1\n")
    (wrong,) = camera(str(ring))
    assert "CAMERA.md" in wrong.advice


def test_a_service_is_asked_and_clocks_compared(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        done = doctor("--service", server.url)
    assert f"ok    service: {server.url} is ready" in done.stdout
    assert "the service" in next(line for line in done.stdout.splitlines() if " clock: " in line)


@pytest.mark.parametrize(
    ("now", "there", "health"),
    [
        (EARLIEST - timedelta(seconds=1), None, Health.BAD),
        (NOW, None, Health.LOOK),
        (NOW, NOW + timedelta(seconds=4), Health.GOOD),
        (NOW, NOW + timedelta(seconds=6), Health.BAD),
        (NOW, NOW - timedelta(seconds=6), Health.BAD),
    ],
)
def test_the_clock(now: datetime, there: datetime | None, health: Health) -> None:
    assert clock(now, there).health is health


def test_no_ports_and_no_room_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (none,) = ports([])
    assert none.health is Health.LOOK
    (port,) = ports([Candidate("/dev/null", "a port")])
    assert port.health is Health.GOOD
    monkeypatch.setattr("climber.checkup.CLIMB_FRAMES", 10**12)
    assert disk(tmp_path / "not" / "there").health is Health.BAD


def test_a_device_that_may_not_be_opened_names_the_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = tmp_path / "ttyUSB0"
    device.touch()
    device.chmod(0o660)
    if os.geteuid() == 0:  # to whom everything may be opened, and whose group helps nobody
        os.chown(device, -1, grp.getgrnam("tty").gr_gid)
    monkeypatch.setattr("os.access", lambda path, mode: False)
    finding = may_open("port", device, "a port")
    assert finding.health is Health.BAD
    assert f"sudo usermod -aG {device.group()} $USER" in finding.advice
    device.chmod(0o600)
    assert "ask for the right" in may_open("port", device, "a port").advice
