"""Cameras: a real RTSP server, a real MJPEG stream, folders; what hangs, dies or freezes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from firmware_bridge import clock_picture
from firmware_bridge.camera import Still, StreamCamera, decode, open_camera
from firmware_bridge.errors import CameraError
from firmware_bridge.exposure import Stamp, stamp_of, stamped
from firmware_bridge.robot import Robot
from tests.firmware_bridge.motions import aloft, run
from tests.firmware_bridge.simulated import ROOT, simulator


@pytest.fixture
def rtsp() -> Iterator[tuple[str, int]]:
    """URL and process number of a real RTSP server whose pictures show the time."""
    why = clock_picture.missing()
    if why and os.environ.get("HIGHMAST_REQUIRE_ALL") != "1":
        pytest.skip(why)
    assert not why, why
    with clock_picture.rtsp_clock() as (url, server):
        yield url, server.pid


def still_of(camera: StreamCamera, index: int, limit_s: float = 60.0) -> Still:
    """Ask until it comes."""
    came = threading.Event()
    end_s = time.monotonic() + limit_s
    while (still := camera.take(index)) is None:
        assert time.monotonic() < end_s, camera.trouble
        came.wait(0.02)
    return still


@pytest.mark.rtsp
def test_an_rtsp_still_was_exposed_after_its_trigger(rtsp: tuple[str, int]) -> None:
    camera = StreamCamera(rtsp[0], lambda: None)
    try:
        for index in (1, 2):
            triggered_s = time.monotonic()
            still = still_of(camera, index)
            grey = cv2.cvtColor(decode(still), cv2.COLOR_RGB2GRAY)
            assert grey.shape == (720, 1280)
            age_ms = clock_picture.age_ms(np.asarray(grey, np.uint8), still.received_s)
            assert age_ms < (still.received_s - triggered_s) * 1000
    finally:
        camera.close()


@pytest.mark.rtsp
def test_a_climb_photographs_over_rtsp(rtsp: tuple[str, int]) -> None:
    with simulator("pty", "max", "height_px=720") as simulated, Robot.open(simulated.robot, rtsp[0]) as robot:
        aloft(robot, 1.0)
        _, frame = run(robot.capture())
        assert frame.image.shape == (720, 1280, 3)


def drain(robot: Robot) -> None:
    """Photograph until no picture comes: a busy machine still decodes some that were under way."""
    for _ in range(20):
        run(robot.capture())


@pytest.mark.rtsp
def test_a_server_that_freezes_is_a_camera_error_and_not_a_hang(rtsp: tuple[str, int]) -> None:
    with simulator("pty", "max", "height_px=720") as simulated, Robot.open(simulated.robot, rtsp[0]) as robot:
        aloft(robot, 1.0)
        run(robot.capture())
        os.kill(rtsp[1], signal.SIGSTOP)
        try:
            with pytest.raises(CameraError, match="did not come"):
                drain(robot)
        finally:
            os.kill(rtsp[1], signal.SIGCONT)
        run(robot.hold(0.1))


def test_a_camera_process_that_dies_is_started_again() -> None:
    with simulator("pty", "max") as simulated, Robot.open(simulated.robot, simulated.camera) as robot:
        aloft(robot, 1.0)
        run(robot.capture())
        camera = robot.eyes[0].camera
        assert isinstance(camera, StreamCamera)
        os.kill(camera.pid, signal.SIGKILL)
        with pytest.raises(CameraError, match="process ended with status -9"):
            run(robot.capture())  # the still went to nobody
        run(robot.capture())


def test_a_killed_host_leaves_no_camera_process_behind() -> None:
    host = "import sys, time; from firmware_bridge.camera import StreamCamera; "
    host += "camera = StreamCamera(sys.argv[1], print); print('open', flush=True); time.sleep(600)"
    with simulator("pty", "max") as simulated:
        command = [sys.executable, "-c", host, simulated.camera]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            while process.stdout.readline() != "open\n":
                assert process.poll() is None
            process.kill()
            # both pipes end only when the camera process, which shares standard error, has ended too
            process.communicate(timeout=60)


def test_a_folder_gives_one_photograph_per_trigger_in_name_order(tmp_path: Path) -> None:
    for name, level in (("b.jpg", 90), ("a.png", 30)):
        cv2.imwrite(str(tmp_path / name), np.full((40, 60, 3), level, np.uint8))
    camera = open_camera(str(tmp_path), lambda: None)
    levels = []
    for index in (1, 2):
        still = camera.take(index)
        assert still is not None
        levels.append(int(decode(still).mean()))
    assert levels == [30, 90]
    with pytest.raises(CameraError, match="no photograph left"):
        camera.take(3)


def test_a_trial_photograph_of_a_folder_comes_again(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "only.png"), np.full((960, 1280, 3), 80, np.uint8))
    with simulator("pty", "max") as simulated, Robot.open(simulated.robot, str(tmp_path)) as robot:
        _, trial = run(robot.capture(trial=True))
        aloft(robot, 1.0)
        _, kept = run(robot.capture())  # the same picture from elsewhere, and not taken for a frozen camera
        assert np.array_equal(kept.image, trial.image)
        with pytest.raises(CameraError, match="no photograph left"):
            run(robot.capture())


def test_a_frozen_picture_from_another_place_is_refused(tmp_path: Path) -> None:
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((960, 1280, 3), 80, np.uint8))
    with simulator("pty", "max") as simulated, Robot.open(simulated.robot, str(tmp_path)) as robot:
        aloft(robot, 1.0)
        run(robot.capture())
        run(robot.capture())  # the same place may look the same
        run(robot.goto(1.5, 0.0, 0.3))
        with pytest.raises(CameraError, match="frozen"):
            run(robot.capture())


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="no JPEG or PNG"):
        decode(Still(b"words", None, 0.0, "x.jpg"))
    with pytest.raises(CameraError, match=r"no \.jpg or \.png"):
        open_camera(str(tmp_path), lambda: None)
    with pytest.raises(CameraError, match=r"cannot open camera uvc:///dev/video99: .*No such file"):
        open_camera("uvc:///dev/video99", lambda: None)
    with pytest.raises(CameraError, match=r"cannot open camera rtsp://127\.0\.0\.1:9/x: .*Connection refused"):
        open_camera("rtsp://127.0.0.1:9/x", lambda: None)


def test_a_stamp_survives_in_the_jpeg() -> None:
    _, jpeg = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))
    marked = stamped(jpeg.tobytes(), Stamp(12, 81.24))
    assert stamp_of(marked) == Stamp(12, 81.24)
    assert stamp_of(jpeg.tobytes()) is None
    assert decode(Still(marked, None, 0.0, "x")).shape == (8, 8, 3)
