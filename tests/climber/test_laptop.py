"""Several climbs on one laptop: nothing is used twice, and every climb is found again."""

import multiprocessing
import os
import signal
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from climber.errors import InputError
from climber.laptop import Claim, claimed, remember, remembered
from tests.firmware_bridge.full_disk import full_disk

ROBOT = Claim("robot", "tcp://127.0.0.1:5760")


@pytest.mark.parametrize("kind", ["robot", "camera"])
def test_what_is_in_use_is_refused_with_its_owner(tmp_path: Path, kind: str) -> None:
    claim = Claim(kind, "tcp://127.0.0.1:5760")
    with claimed((claim,), "the climb of A", tmp_path):
        with (
            pytest.raises(InputError, match=rf"{kind} tcp://.* is in use by the climb of A \(process {os.getpid()}\)"),
            claimed((claim,), "the climb of B", tmp_path),
        ):
            pass
        with claimed((Claim(kind, "tcp://127.0.0.1:5761"),), "the climb of B", tmp_path):
            pass
    with claimed((claim,), "the climb of B", tmp_path):
        pass


def test_one_device_under_two_names_is_one(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "ttyUSB0")
    with (
        claimed((Claim("robot", str(tmp_path / "ttyUSB0")),), "A", tmp_path),
        pytest.raises(InputError, match="in use by A"),
        claimed((Claim("robot", str(tmp_path / "by-id")),), "B", tmp_path),
    ):
        pass


def test_nothing_is_kept_when_one_of_several_is_in_use(tmp_path: Path) -> None:
    camera = Claim("camera", "http://127.0.0.1:8080")
    with claimed((ROBOT,), "A", tmp_path):
        with pytest.raises(InputError, match="robot"), claimed((camera, ROBOT), "B", tmp_path):
            pass
        with claimed((camera,), "C", tmp_path):
            pass


def test_a_full_disk_is_no_reason_to_leave_a_robot_up_there(tmp_path: Path) -> None:
    with (
        full_disk(),
        claimed((ROBOT,), "a descent", tmp_path),
        pytest.raises(InputError, match="in use by another climb"),
        claimed((ROBOT,), "B", tmp_path),
    ):
        pass


def hold(data: Path, held: Event) -> None:
    with claimed((ROBOT,), "the killed climb", data):
        held.set()
        signal.pause()


def test_a_killed_climb_lets_go(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    process = context.Process(target=hold, args=(tmp_path, held))
    process.start()
    assert held.wait(60)
    with pytest.raises(InputError, match="the killed climb"), claimed((ROBOT,), "B", tmp_path):
        pass
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with claimed((ROBOT,), "B", tmp_path):
        pass


def test_climbs_are_remembered_once_and_forgotten_when_they_are_gone(tmp_path: Path) -> None:
    for name in ("one", "two", "one"):
        (tmp_path / name).mkdir(exist_ok=True)
        remember(tmp_path / name, tmp_path / "data")
    assert remembered(tmp_path / "data") == (tmp_path / "one", tmp_path / "two")
    (tmp_path / "one").rmdir()
    assert remembered(tmp_path / "data") == (tmp_path / "two",)
    assert remembered(tmp_path / "nowhere") == ()
