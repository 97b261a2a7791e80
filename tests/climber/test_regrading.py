"""Regrading real climb folders: an assessment is added, nothing recorded changes, damage is found."""

import hashlib
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import cv2
import numpy as np
import pytest

from climber.archive import unpacked
from climber.drawing import read_graded
from climber.errors import InputError
from climber.ids import uuid7
from climber.mapping import read_image
from climber.record import Assessment, CameraDescription, ClimbStart, PoleDescription
from climber.recording import Recorder
from climber.regrading import climbs_in, regrade
from climber.upload import read_climb
from climber.views import view_at
from firmware_bridge.types import Frame, Pose
from vision.render import PoleRenderer
from vision.render_climb import CAMERA, PoseErrors, shots
from vision.render_scene import still_scene
from vision.render_surface import PaintedSurface, painted_surface
from vision.types import Image, Mask, ModelInfo, PoleShape, View

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
SHAPE = PoleShape(2.2, 240, 200)
POLE = PoleDescription(code="P-9", height_m=2.2, base_diameter_mm=240, top_diameter_mm=200)
BLIND = ModelInfo("blind", "c" * 64, 0.5, 0.98, 0.0005)
REDNESS = ModelInfo("redness", "b" * 64, 0.5, 0.98, 0.0005)


def redness(image: Image, _view: View, _shape: PoleShape) -> Mask:
    """Call rust what is clearly redder than blue: enough for painted rust on a blue-grey coat."""
    red = (image[..., 0].astype(int) - image[..., 2] > 35).astype(np.uint8)
    return Mask(red.astype(np.float32), red, REDNESS)


def _bluish(surface: PaintedSurface) -> PaintedSurface:
    """Paint everything that is no rust in one blue grey."""
    assert surface.rust is not None
    rgb = np.where(surface.rust[..., None] > 0, surface.rgb, np.uint8([96, 112, 132]))
    return PaintedSurface(rgb.astype(np.uint8), surface.rust)


@pytest.fixture(scope="module")
def truth() -> PaintedSurface:
    return _bluish(painted_surface(SHAPE, 8, 0.06))


@pytest.fixture
def climb(tmp_path: Path, truth: PaintedSurface) -> Path:
    """A climb whose encoder lies by 1 % and whose camera stands 8 % further off than said."""
    renderer = PoleRenderer(SHAPE, truth.rgb, 3, truth.rust, still_scene(3))
    camera = CameraDescription(width_px=1280, height_px=960, fx_px=857, fy_px=857, cx_px=639.5, cy_px=479.5)
    begin = ClimbStart(
        climb_id=uuid7(NOW),
        started_at=NOW,
        pole=POLE,
        camera=camera,
        robot="simulator",
        simulated=True,
        device="laptop",
        software="highmast test",
        planned_frames=20,
    )
    assert (camera.width_px, camera.fx_px) == (CAMERA.width_px, CAMERA.fx_px)
    folder = tmp_path / "P-9"
    errors = PoseErrors(height_factor=0.99, azimuth_deg=0.5, standoff_factor=1.08)
    with Recorder.begin(folder, begin) as recorder:
        for seq, shot in enumerate(shots(SHAPE, renderer, errors, 3)):
            encoded = cv2.imencode(".jpg", shot.image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
            pose = Pose(shot.said.height_m, shot.said.azimuth_deg, shot.said.standoff_mm)
            recorder.observe(Frame(seq, NOW, shot.image, encoded, pose, 0.7))
        recorder.stop("completed", "completed", NOW)
    return folder


def _hashes(folder: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_regrading_adds_an_assessment_and_changes_nothing(climb: Path, truth: PaintedSurface) -> None:
    before = _hashes(climb)
    first, path = regrade(climb, redness, REDNESS, mm_per_px=2)
    second, other = regrade(climb, redness, REDNESS, mm_per_px=2, tiff=True)
    after = _hashes(climb)
    assert {key: after[key] for key in before} == before
    pictures = {str(climb / f"{name}.png") for name in ("surface", "rust", "coverage")}
    masks = {path for path in after if "/masks/" in path}
    new = {str(path), f"{path}.sig", str(other), f"{other}.sig", str(other.with_suffix(".tif"))}
    marks = {str(each.with_suffix("") / f"{name}.png") for each in (path, other) for name in ("rust", "coverage")}
    assert set(after) - set(before) == new | pictures | marks | masks
    assert Assessment.model_validate_json(path.read_bytes()) == first
    assert first.assessment_id != second.assessment_id
    assert first.whole.rusted_fraction == pytest.approx(truth.rusted_fraction(SHAPE), rel=0.15)
    assert first.whole.coverage > 0.98
    assert first.pose_correction is not None
    assert first.pose_correction.standoff_factor == pytest.approx(1.08, abs=0.01)
    assert first.pose_correction.after_mm < 2 < first.pose_correction.before_mm
    assert any("standoff x 1.08" in note or "standoff x 1.07" in note for note in first.notes)
    assert [each.assessment_id for each in read_climb(climb)[0].assessments] == sorted(
        (first.assessment_id, second.assessment_id)
    )


def test_the_drawing_shows_the_rust_of_the_assessment_that_it_names(climb: Path) -> None:
    def blind(image: Image, view: View, shape: PoleShape) -> Mask:
        return replace(redness(image, view, shape), label=np.zeros(image.shape[:2], np.uint8), model=BLIND)

    regrade(climb, redness, REDNESS, mm_per_px=4)
    assert (read_graded(climb).assessment.model, bool(read_graded(climb).rust.any())) == ("redness", True)
    _, path = regrade(climb, blind, BLIND, mm_per_px=6)
    assert (read_graded(climb).assessment.model, bool(read_graded(climb).rust.any())) == ("blind", False)
    shutil.rmtree(path.with_suffix(""))  # as before gradings kept them
    assert read_graded(climb).assessment.model == "redness"


def test_a_grading_keeps_what_it_marked_on_each_photograph(climb: Path) -> None:
    graded, _ = regrade(climb, redness, REDNESS, mm_per_px=4)
    upload, files = read_climb(climb)
    assert set(upload.masks) == {graded.assessment_id}
    for seen in upload.observations[:2]:
        kept = cv2.imread(str(files[upload.masks[graded.assessment_id][seen.seq]]), cv2.IMREAD_UNCHANGED)
        assert kept is not None
        there = redness(read_image(climb / seen.file), view_at(seen, CAMERA), SHAPE).label
        assert np.array_equal(kept, there * 255)


def test_frames_that_cannot_be_graded_leave_a_gap_and_no_grade(climb: Path) -> None:
    assessment, _ = regrade(climb, lambda *_: None, REDNESS, mm_per_px=4)
    assert assessment.whole.rusted_fraction is None
    assert {gap.reason for gap in assessment.gaps} == {"ungradable"}


def test_an_altered_or_lost_photograph_is_refused_by_name(climb: Path) -> None:
    photograph = climb / "frames" / "000003.jpg"
    photograph.write_bytes(photograph.read_bytes() + b"x")
    with pytest.raises(InputError, match=r"000003\.jpg: altered"):
        regrade(climb, redness, REDNESS)
    photograph.unlink()
    with pytest.raises(InputError, match=r"000003\.jpg: the record names"):
        regrade(climb, redness, REDNESS)
    assert not (climb / "grades").exists()


def test_climbs_are_found_below_an_archive(climb: Path, tmp_path: Path) -> None:
    (tmp_path / "deep" / "empty").mkdir(parents=True)
    assert climbs_in(climb) == (climb,)
    assert climbs_in(tmp_path) == (climb,)
    with pytest.raises(InputError, match=r"holds no climb\.jsonl"):
        climbs_in(tmp_path / "deep")


def test_an_archive_gains_an_assessment_and_keeps_every_other_byte(climb: Path, tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "season"), "zip", climb.parent, climb.name))
    with ZipFile(archive) as packed:
        before = {each.filename: each.CRC for each in packed.infolist()}
    with unpacked(archive) as place:
        (folder,) = climbs_in(place)
        assessment, _ = regrade(folder, redness, REDNESS, mm_per_px=4)
    with ZipFile(archive) as packed:
        after = {each.filename: each.CRC for each in packed.infolist()}
        written = packed.read(f"{climb.name}/grades/{assessment.assessment_id}.json")
    assert before.items() <= after.items()
    assert Assessment.model_validate_json(written) == assessment
    assert sorted(path.name for path in tmp_path.iterdir()) == [climb.name, "season.zip"]


def test_a_file_that_is_no_archive_or_a_damaged_or_locked_one_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "season.zip"
    with ZipFile(archive, "w", ZIP_DEFLATED) as packed:
        packed.writestr("P-9/climb.jsonl", "".join(map(str, range(5000))))
    whole = archive.read_bytes()
    damaged = whole[:60] + bytes(200) + whole[260:]
    flags = whole.rindex(b"PK\x01\x02") + 8
    locked = whole[:flags] + b"\x01" + whole[flags + 1 :]
    for content in (b"no archive", whole[:-30], damaged, locked):
        archive.write_bytes(content)
        with pytest.raises(InputError, match=r"season\.zip: cannot be unpacked"), unpacked(archive):
            pass


def test_the_command_regrades_an_archive_with_the_shipped_model_and_reports_what_it_cannot_read(
    climb: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "climb.jsonl").write_text("no record\n")
    command = [sys.executable, "-m", "climber", "regrade", str(tmp_path), "--mm-per-px", "4", "--language", "zh-Hant"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 5
    assert "broken" in done.stderr
    assert re.search(rf"{climb}：Ri\d / D610 .*鏽蝕 .*個缺口（{climb}/grades/", done.stdout)
    assert done.stdout.count("未評估：") == 2
    (written,) = (climb / "grades").glob("*.json")
    assert Assessment.model_validate_json(written.read_bytes()).model_sha256 != "b" * 64
