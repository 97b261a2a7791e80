"""`highmast climb` against a real simulator process over TCP: the whole way, and each way it can end early."""

import contextlib
import json
import signal
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from PIL import Image

from climber.pole import load_pole
from climber.record import Assessment
from climber.recording import RECORD, Record, read_record
from climber.signing import verify
from climber.truth import rusted_truth_m2
from firmware_bridge.calibration_file import Calibration, save_calibration
from firmware_bridge.keys import new_key
from firmware_bridge.trace import Direction, read_raw
from tests.climber.programs import POLE, Simulator, simulator, wait_for_lines, wait_for_words
from tests.climber.quick_model import QUICK
from tests.climber.soak_kill import soak
from tests.service.servers import PATIENCE_S

LENS = Calibration(1280, 960, 860.0, 860.0, 639.6, 479.5, (0.0,) * 5, 0.1, 0.1, 12)
LOW = POLE.replace("height_m = 2.0", "height_m = 1.0")


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


@pytest.fixture(scope="module")
def climbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one complete climb: signed line, traced, with a calibrated camera."""
    base = tmp_path_factory.mktemp("climbed")
    key, lens = base / "robot.key", base / "lens.toml"
    new_key(key)
    save_calibration(lens, LENS, "as the simulator's, but for a tenth of a pixel")
    with simulator(base, "--speed", "max", "--key", str(key), model=None) as robot:
        options = ("--key", str(key), "--trace", str(base / "line"), "--calibration", str(lens))
        done = run(robot.climb("--out", str(base / "climb"), *options))
    assert done.returncode == 0, done.stderr
    return base / "climb"


def test_record_is_complete_signed_and_checked(climbed: Path) -> None:
    record = read_record(climbed)
    assert record.stop is not None
    assert record.stop.outcome == "completed"
    assert record.stop.frames == len(record.observations) == record.start.planned_frames
    assert verify(record).problems == ()
    names = {check.name for check in record.start.preflight}
    assert {"link", "battery", "camera", "disk", "clock", "clamps", "stop"} <= names
    assert {check.source for check in record.start.preflight} == {"measured", "script"}
    assert record.start.simulated


def test_poses_are_those_of_the_plan(climbed: Path) -> None:
    observations = read_record(climbed).observations
    assert max(o.height_m for o in observations) > 1.6
    assert all(o.height_std_m > 0 and o.azimuth_std_deg > 0 for o in observations)
    assert len({round(o.azimuth_deg) for o in observations}) >= 3


def test_area_agrees_with_the_simulator(climbed: Path) -> None:
    assessment = Assessment.model_validate_json((climbed / "grade.json").read_bytes())
    pole = load_pole(climbed.parent / "pole.toml")
    rust = pole.surface().rust
    assert rust is not None
    whole = assessment.whole
    assert whole.coverage > 0.99
    assert whole.interval is not None
    assert whole.interval.low <= rusted_truth_m2(pole.shape, rust) / whole.area_m2 <= whole.interval.high


def test_pictures_are_unrolled_like_the_pole_file(climbed: Path) -> None:
    surface = cv2.imread(str(climbed / "surface.png"), cv2.IMREAD_COLOR_RGB)
    rust, coverage = (np.array(Image.open(climbed / name)) for name in ("rust.png", "coverage.png"))
    assert surface.shape[:2] == rust.shape == coverage.shape
    assert set(np.unique(rust)) == {0, 1}
    assert (coverage == 1).mean() > 0.99
    truth = load_pole(climbed.parent / "pole.toml").surface()
    painted = cv2.resize(truth.rgb, (8, 60), interpolation=cv2.INTER_AREA).astype(float).mean(axis=2)
    seen = cv2.resize(surface, (8, 60), interpolation=cv2.INTER_AREA).astype(float).mean(axis=2)
    right = np.corrcoef(painted.mean(axis=1), seen.mean(axis=1))[0, 1]
    flipped = np.corrcoef(painted.mean(axis=1), seen.mean(axis=1)[::-1])[0, 1]
    assert right > flipped


def test_the_calibrated_lens_is_recorded_and_the_line_traced(climbed: Path) -> None:
    camera = read_record(climbed).start.camera
    assert (camera.fx_px, camera.cx_px) == (LENS.fx_px, LENS.cx_px)
    records = list(read_raw(climbed.parent / "line.raw"))
    assert {record.direction for record in records} == set(Direction)
    assert (climbed.parent / "line.tlog").stat().st_size > 10_000


def test_folder_with_a_record_is_refused(climbed: Path) -> None:
    before = (climbed / RECORD).read_bytes()
    with simulator(climbed.parent, "--speed", "max") as robot:
        done = run(robot.climb("--out", str(climbed)))
    assert done.returncode == 2
    assert "never overwritten" in done.stderr
    assert (climbed / RECORD).read_bytes() == before


def begin(robot: Simulator, folder: Path) -> "subprocess.Popen[str]":
    """Start a climb and wait until three photographs are confirmed."""
    climb = subprocess.Popen(
        robot.climb("--out", str(folder)), stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    )
    wait_for_lines(folder / RECORD, 4, climb)
    return climb


def test_killed_simulator_ends_the_climb_with_a_reason(tmp_path: Path) -> None:
    with simulator(tmp_path, "--speed", "max") as robot:
        climb = begin(robot, tmp_path / "climb")
        robot.process.kill()
        _, errors = climb.communicate()
    assert climb.returncode == 3, errors
    record = read_record(tmp_path / "climb")
    assert record.stop is not None
    assert record.stop.outcome == "failed"
    assert "link lost" in record.stop.reason
    assert record.stop.reason in errors
    assert len(record.observations) >= 3
    assessment = Assessment.model_validate_json((tmp_path / "climb" / "grade.json").read_bytes())
    assert assessment.whole.coverage < 0.9
    assert assessment.gaps


def stopped_by(number: signal.Signals, robot: Simulator, folder: Path) -> Record:
    """Begin a climb, send a signal, and return the record that it leaves."""
    climb = begin(robot, folder)
    climb.send_signal(number)
    _, errors = climb.communicate()
    assert climb.returncode == 3, errors
    record = read_record(folder)
    assert record.stop is not None
    assert record.stop.outcome == "stopped"
    assert number.name in record.stop.reason
    return record


def test_a_system_that_shuts_down_stops_the_climb_in_order(tmp_path: Path) -> None:
    with simulator(tmp_path, "--speed", "max") as robot:
        assert stopped_by(signal.SIGTERM, robot, tmp_path / "climb").observations


def test_ctrl_c_stops_once_and_resume_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "climb"
    with simulator(tmp_path, "--speed", "max") as robot:
        stopped = stopped_by(signal.SIGINT, robot, folder)
        again = run(robot.climb("--resume", str(folder)))
    assert again.returncode == 0, again.stderr
    assert len(list(folder.glob("link-*.tlog"))) == 2, "what was said on the line is kept for each run"
    record = read_record(folder)
    assert record.stop is not None
    assert record.stop.outcome == "completed"
    assert len(record.observations) == record.start.planned_frames
    assert record.observations[: len(stopped.observations)] == stopped.observations
    assert verify(record).problems == ()


def test_killed_climbs_keep_every_confirmed_frame(tmp_path: Path) -> None:
    """A few of the kills that `python -m tests.climber.soak_kill` does by the dozen, then on to the end."""
    told = soak(tmp_path, times=2, seed=4, early_share=0.0, model=QUICK)
    assert told["while climbing"] == 2


def test_resume_of_another_pole_or_with_another_camera_is_refused(tmp_path: Path, climbed: Path) -> None:
    with simulator(tmp_path, "--speed", "max", pole=POLE.replace("T-1", "T-2")) as robot:
        other_pole = run(robot.climb("--resume", str(climbed)))
        same_pole = replace(robot, pole=climbed.parent / "pole.toml")
        other_camera = run(same_pole.climb("--resume", str(climbed)))
        same_trace = run(same_pole.climb("--out", str(tmp_path / "new"), "--trace", str(climbed.parent / "line")))
    assert [done.returncode for done in (other_pole, other_camera, same_trace)] == [2, 2, 2]
    assert "describes another pole (T-2)" in other_pole.stderr
    assert "another camera or calibration" in other_camera.stderr
    assert "give a new name" in same_trace.stderr


def test_a_ring_of_cameras_climbs_with_fewer_stops(tmp_path: Path) -> None:
    save_calibration(tmp_path / "lens.toml", LENS, "of one camera")
    with simulator(tmp_path, "--speed", "max", pole=LOW) as robot:
        ring = tmp_path / "ring.toml"
        ring.write_text(
            "\n".join(
                f'[[camera]]\nurl = "{robot.camera}/?azimuth_deg={offset}"\nazimuth_deg = {offset}'
                for offset in (0, 120, 240)
            )
            + '\ncalibration = "lens.toml"\n'
        )
        done = run(replace(robot, camera=str(ring)).climb("--out", str(tmp_path / "climb")))
    assert done.returncode == 0, done.stderr
    record = read_record(tmp_path / "climb")
    at_once = Counter(seen.taken_at for seen in record.observations)
    rings = [seen for seen in record.observations if at_once[seen.taken_at] == 3]  # one camera late: taken again
    assert len(rings) == record.start.planned_frames
    assert [seen.camera is None for seen in rings[:3]] == [True, True, False]
    assert f"plan: {len(rings)} photographs" in done.stderr
    assert "expected coverage 100.0%" in done.stderr
    assessment = Assessment.model_validate_json((tmp_path / "climb" / "grade.json").read_bytes())
    assert assessment.whole.coverage > 0.99
    assert verify(record).problems == ()


def test_recorded_photographs_are_replayed(tmp_path: Path, climbed: Path) -> None:
    (tmp_path / "frames").mkdir()
    for path in (climbed / "frames").iterdir():
        smaller = cv2.resize(cv2.imread(str(path)), (640, 480), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(tmp_path / "frames" / f"{path.stem}.png"), smaller)
    with simulator(tmp_path, "--speed", "max") as robot:
        replay = replace(robot, camera=str(tmp_path / "frames"), model=None)
        done = run(replay.climb("--out", str(tmp_path / "climb")))
    assert done.returncode == 0, done.stderr
    record = read_record(tmp_path / "climb")
    assert record.start.camera.width_px == 640
    again, before = (
        Assessment.model_validate_json((folder / "grade.json").read_bytes()).whole.rusted_m2
        for folder in (tmp_path / "climb", climbed)
    )
    assert again == pytest.approx(before, rel=0.3)


def test_robot_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "pole.toml").write_text(POLE)
    robot = Simulator(None, "tcp://127.0.0.1:9", "http://127.0.0.1:9", tmp_path / "pole.toml")  # type: ignore[arg-type]
    done = run(robot.climb("--out", str(tmp_path / "climb")))
    assert done.returncode == 3
    assert "127.0.0.1:9" in done.stderr
    assert not (tmp_path / "climb" / RECORD).exists()


def test_grade_is_one_json_document(climbed: Path) -> None:
    document = json.loads((climbed / "grade.json").read_text())
    assert document["rule"]
    assert document["model_sha256"]
    assert {part["part"] for part in document["parts"]} >= {"window", "band"}


def semi(robot: Simulator, folder: Path, told: Path) -> tuple["subprocess.Popen[str]", str]:
    """Start a climb that waits for the crew at each station; also its page."""
    with told.open("w") as out:
        command = robot.climb("--out", str(folder), "--mode", "semi")
        climb = subprocess.Popen(command, stderr=out, text=True, stdin=subprocess.DEVNULL)
    return climb, wait_for_words(told, r"http://127\.0\.0\.1:\d+/", climb)


def lead(climb: "subprocess.Popen[str]", page: str) -> None:
    """Send it on from station to station until it ends."""
    with httpx.Client(base_url=page, timeout=PATIENCE_S) as crew:
        while climb.poll() is None:
            with contextlib.suppress(httpx.TransportError):  # the page goes before the climb's end
                crew.post("wish", json={"order": "next"})
            with contextlib.suppress(subprocess.TimeoutExpired):
                climb.wait(0.1)


def test_two_robots_on_one_laptop(tmp_path: Path) -> None:
    """Two climbs at once do not disturb each other; a third for the same robot is told who has it."""
    for name in "ab":
        (tmp_path / name).mkdir()
    with (
        simulator(tmp_path / "a", "--speed", "max", pole=LOW) as first,
        simulator(tmp_path / "b", "--speed", "max", pole=LOW) as second,
    ):
        one, page = semi(first, tmp_path / "a" / "climb", tmp_path / "told.txt")
        third = run(replace(second, robot=first.robot).climb("--out", str(tmp_path / "c")))
        assert third.returncode == 2
        assert f"robot {first.robot} is in use by the climb of T-1 into {tmp_path / 'a' / 'climb'}" in third.stderr
        two = subprocess.Popen(second.climb("--out", str(tmp_path / "b" / "climb")), stdin=subprocess.DEVNULL)
        lead(one, page)
        assert (one.wait(), two.wait()) == (0, 0), (tmp_path / "told.txt").read_text()
    for name in "ab":
        record = read_record(tmp_path / name / "climb")
        assert len(record.observations) == record.start.planned_frames
