"""Several cameras around the pole: one trigger, a frame from each, each with its own place and lens."""

import os
import signal
from pathlib import Path

import pytest

from firmware_bridge.calibration_file import Calibration, save_calibration
from firmware_bridge.camera import StreamCamera
from firmware_bridge.errors import CameraError
from firmware_bridge.ring import load_ring
from firmware_bridge.robot import Robot
from firmware_bridge.types import Frame
from tests.firmware_bridge.motions import aloft, run
from tests.firmware_bridge.simulated import simulator

LENS = Calibration(1280, 960, 900.0, 901.0, 640.0, 480.0, (-0.1, 0.0, 0.0, 0.0, 0.0), 0.5, 0.2, 12)


def ring_file(folder: Path, url: str, offsets: tuple[int, ...]) -> Path:
    """A ring on one simulated camera server; the second camera is calibrated."""
    save_calibration(folder / "second.toml", LENS, "a test")
    lines = []
    for number, offset in enumerate(offsets):
        lines += ["[[camera]]", f'url = "{url}/?azimuth_deg={offset}"', f"azimuth_deg = {offset}"]
        lines += ['calibration = "second.toml"'] if number == 1 else []
    path = folder / "ring.toml"
    path.write_text("\n".join(lines))
    return path


def test_each_camera_sees_its_side_with_its_lens_and_one_that_dies_does_not_blind_the_others(tmp_path: Path) -> None:
    with simulator("pty", "max") as simulated:
        ring = ring_file(tmp_path, simulated.camera, (0, 90, 180, 270))
        with Robot.open(simulated.robot, str(ring)) as robot:
            aloft(robot, 1.0)
            _, frames = run(robot.capture_ring())
            for offset, frame in zip((0, 90, 180, 270), frames, strict=True):
                assert isinstance(frame, Frame)
                assert frame.pose.azimuth_deg == pytest.approx((frames[0].pose.azimuth_deg + offset) % 360)
                red = float(frame.image[480, 640, 0])
                assert abs((red * 2 - offset + 180) % 360 - 180) < 8  # where it truly looked from
            assert [frame.mm_per_px for frame in frames] == pytest.approx([600 / 860, 600 / 900, *[600 / 860] * 2])
            assert frames[1].camera == LENS.info
            camera = robot.eyes[2].camera
            assert isinstance(camera, StreamCamera)
            os.kill(camera.pid, signal.SIGKILL)
            _, again = run(robot.capture_ring())
            assert [isinstance(one, Frame) for one in again] == [True, True, False, True]
            assert "process ended" in str(again[2])


def test_a_ring_with_one_camera_away_is_not_opened(tmp_path: Path) -> None:
    with simulator("pty", "max") as simulated:
        ring = ring_file(tmp_path, simulated.camera, (0, 120))
        ring.write_text(ring.read_text() + '\n[[camera]]\nurl = "http://127.0.0.1:9"\nazimuth_deg = 240\n')
        with pytest.raises(CameraError, match=r"cannot open camera http://127\.0\.0\.1:9"):
            Robot.open(simulated.robot, str(ring))


ONE = '[[camera]]\nurl = "frames"\nazimuth_deg = 10\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "1 to 8"),
        (ONE * 9, "1 to 8"),
        ("speed = 3\n" + ONE, "nothing else"),
        (ONE + "zoom = 2\n", "camera 1: unknown key `zoom`"),
        (ONE.replace("10", "360"), "below 360"),
        (ONE.replace("10", '"left"'), "'left'"),
        (ONE.replace('"frames"', "7"), "`url` is 7"),
        (ONE + ONE.replace("10", "8"), "2 degrees apart"),
        (ONE.replace("10", "1") + ONE.replace("10", "359"), "2 degrees apart"),
        (ONE + "calibration = 4\n", "`calibration` is 4"),
        (ONE + 'calibration = "none.toml"\n', "No such file"),
        ("[[[", r"\[\[camera\]\] tables"),
    ],
)
def test_what_is_wrong_in_a_ring_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "ring.toml"
    path.write_text(text)
    with pytest.raises(CameraError, match=words):
        load_ring(path)


def test_a_single_camera_needs_no_calibration_and_a_ring_has_its_own(tmp_path: Path) -> None:
    path = tmp_path / "ring.toml"
    path.write_text(ONE)
    (only,) = load_ring(path)
    assert (only.url, only.azimuth_deg, only.info) == ("frames", 10.0, None)
    with pytest.raises(CameraError, match="for each camera"):
        Robot.open("loop://", str(path), calibration=tmp_path / "lens.toml")
    with pytest.raises(CameraError, match="No such file"):
        load_ring(tmp_path / "none.toml")
