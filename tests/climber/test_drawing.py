"""Pictures for people, drawn from a real climb folder whose rust is known."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from climber.assess import Climbed, assess
from climber.drawing import GRADE_COLOURS, PANEL_PX, POOR, RUST, UNSEEN, draw_map, read_graded, row_px
from climber.drawing_side import draw_side
from climber.drawing_turn import turn_page
from climber.errors import InputError
from climber.lettering import can_letter, folded
from climber.pictures import write_pictures
from climber.png import write_png
from climber.record import CameraDescription, ClimbStart, PoleDescription, SectionSpan
from climber.recording import Recorder
from climber.saying import CHINESE, ENGLISH
from tests.service.browsers import chromium
from vision.coverage import State
from vision.surface import SurfaceMap
from vision.types import ModelInfo, PoleShape, Section

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
CLIMB = "01890000-0000-7000-8000-000000000000"
POLE = PoleDescription(
    code="P-7",
    height_m=4,
    base_diameter_mm=320,
    top_diameter_mm=200,
    sections=(SectionSpan(bottom_m=0, top_m=2), SectionSpan(bottom_m=2, top_m=4)),
)


RUST_AT = (2.5, 90.0)
"""Metres and degrees."""
POOR_AT = (0.25, 200.0)
UNSEEN_AT = (3.6, 200.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A climb folder with rust at 2.5 m and 90 degrees, the lowest half metre seen badly, the top one not at all."""
    folder = tmp_path_factory.mktemp("P-7")
    camera = CameraDescription(width_px=64, height_px=48, fx_px=80, fy_px=80, cx_px=32, cy_px=24)
    start = ClimbStart(
        climb_id=CLIMB,
        started_at=NOW,
        pole=POLE,
        camera=camera,
        robot="simulator",
        simulated=True,
        device="laptop",
        software="highmast test",
        planned_frames=0,
    )
    with Recorder.begin(folder, start) as recorder:
        recorder.stop("completed", "completed", NOW)
    surface = SurfaceMap(PoleShape(4, 320, 200, 0, (Section(0, 2), Section(2, 4))), 4)
    surface.state[surface.row_of(3.4) : surface.row_of(0.5)] = State.SEEN
    surface.state[surface.row_of(0.5) :] = State.TOO_OBLIQUE
    surface.colour[:] = (60, 90, 120)
    surface.rust[surface.row_of(2.6) : surface.row_of(2.4), surface.columns // 5 : surface.columns * 3 // 10] = 255
    write_pictures(folder, surface)
    assessment = assess(surface, ModelInfo("net", "a" * 64, 0.5, 0.9, 0.001), Climbed(CLIMB, 9, NOW))
    (folder / "grade.json").write_text(assessment.model_dump_json())
    return folder


def test_the_map_shows_rust_poor_and_unseen_surface_where_they_are(folder: Path) -> None:
    picture = draw_map(read_graded(folder))
    high = 520
    left = 74 + PANEL_PX + 70

    def found(place: tuple[float, float]) -> set[tuple[int, ...]]:
        row, column = round(row_px(POLE, place[0], high)), round(left + PANEL_PX * place[1] / 360)
        box = np.asarray(picture)[row - 9 : row + 9, column - 9 : column + 9].reshape(-1, 3)
        return {tuple(int(channel) for channel in pixel) for pixel in box}

    assert RUST in found(RUST_AT)
    assert POOR in found(POOR_AT)
    assert UNSEEN in found(UNSEEN_AT)
    assert RUST not in found((1.5, 90.0))


def test_the_side_view_has_the_colour_of_each_bands_grade(folder: Path) -> None:
    graded = read_graded(folder)
    shown = {tuple(int(each) for each in pixel) for pixel in np.asarray(draw_side(graded)).reshape(-1, 3)}
    bands = [part for part in graded.assessment.parts if part.part == "band"]
    assert {GRADE_COLOURS[str(part.iso_4628_3)] for part in bands if part.iso_4628_3} <= shown
    assert len({part.iso_4628_3 for part in bands}) > 1


@pytest.fixture
def chinese_typeface() -> None:
    if not can_letter(CHINESE):
        assert os.environ.get("HIGHMAST_REQUIRE_ALL") != "1", "a typeface with Traditional Chinese is missing"
        pytest.skip("a typeface with Traditional Chinese is missing (Debian: fonts-noto-cjk)")


@pytest.mark.usefixtures("chinese_typeface")
def test_a_code_in_chinese_can_be_read(folder: Path) -> None:
    graded = read_graded(folder)
    poles = [graded.pole.model_copy(update={"code": code}) for code in ("機場", "公路")]
    for draw in (draw_map, draw_side):
        one, other = (np.asarray(draw(replace(graded, pole=pole))) for pole in poles)
        assert (one != other).any()  # what a typeface lacks is the same box each time


@pytest.mark.usefixtures("chinese_typeface")
def test_pictures_are_drawn_in_the_language_asked_for(folder: Path) -> None:
    for draw in (draw_map, draw_side):
        english, chinese = (np.asarray(draw(read_graded(folder, language))) for language in (ENGLISH, CHINESE))
        assert english.shape == chinese.shape
        assert (english != chinese).any()


@pytest.mark.skipif(sys.platform != "linux", reason="typefaces of the system cannot be hidden here")
def test_without_a_typeface_pictures_are_in_english_and_the_terminal_says_so(folder: Path, tmp_path: Path) -> None:
    for name, language in (("one", ENGLISH), ("other", CHINESE)):
        command = [sys.executable, "-m", "climber", "draw", str(folder), "--language", language]
        nowhere = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_DIRS": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
        done = subprocess.run(
            [*command, "--out", str(tmp_path / name)], capture_output=True, encoding="utf-8", check=True, env=nowhere
        )
        assert ("沒有中文字型" in done.stderr) == (language == CHINESE)
    for picture in ("map.png", "side.png"):
        assert (tmp_path / "one" / picture).read_bytes() == (tmp_path / "other" / picture).read_bytes()
    assert 'lang="zh-Hant"' in (tmp_path / "other" / "turn.html").read_text("utf-8")


def test_the_page_to_turn_is_in_the_language_asked_for(folder: Path) -> None:
    for language, words in ((ENGLISH, "Mark rust"), (CHINESE, "標示鏽蝕")):
        page = turn_page(read_graded(folder, language))
        assert f'<html lang="{language}">' in page
        assert f">{words}</button>" in page
        assert "@[" not in page


def test_long_lines_are_broken_in_both_languages() -> None:
    assert folded("not assessed: rust inside", 14) == ["not assessed:", "rust inside"]
    assert folded("未評估：柱內鏽蝕", 8) == ["未評估：", "柱內鏽蝕"]


def test_the_command_writes_three_files_and_leaves_the_climb_as_it_was(folder: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in folder.glob("*.*")}
    command = [sys.executable, "-m", "climber", "draw", str(folder), "--out", str(tmp_path / "pictures")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    names = [Path(line).name for line in done.stdout.splitlines()]
    assert names == ["map.png", "side.png", "turn.html"]
    assert {path: path.read_bytes() for path in folder.glob("*.*")} == before
    with Picture.open(tmp_path / "pictures" / "map.png") as opened:
        assert opened.width > 800


@pytest.mark.browser
def test_the_page_turns_the_pole_without_a_network(folder: Path, tmp_path: Path) -> None:
    page_file = tmp_path / "turn.html"
    page_file.write_text(turn_page(read_graded(folder)), encoding="utf-8")
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 800, "height": 600}, offline=True)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(page_file.as_uri())
        page.wait_for_function("ready === 2")
        page.evaluate("look.azimuth = 90; look.height = 2.5; look.tall = 1")
        page.click("#rust")
        facing = _middle(page.screenshot(), tmp_path)
        page.evaluate("look.azimuth = 270; draw()")
        behind = _middle(page.screenshot(), tmp_path)
        page.focus("#view")
        page.keyboard.press("ArrowUp")
        climbed = page.inner_text("#place")
    assert problems == []
    assert facing[0] > 1.8 * facing[2]
    assert behind[2] > behind[0]
    assert climbed.startswith("2.58 m")


def _middle(screenshot: bytes, folder: Path) -> tuple[float, ...]:
    """Mean colour at the middle of a screenshot."""
    path = folder / "shot.png"
    path.write_bytes(screenshot)
    with Picture.open(path) as opened:
        pixels = np.asarray(opened.convert("RGB"))[290:310, 390:410]
    return tuple(float(each) for each in pixels.mean(axis=(0, 1)))


def test_a_tall_pole_at_half_a_millimetre_is_no_decompression_bomb(folder: Path, tmp_path: Path) -> None:
    """35 m of 500 mm; the small picture beside it keeps the test small."""
    copy = tmp_path / "tall"
    shutil.copytree(folder, copy)
    rows = (np.zeros((1000, 3142), np.uint8) for _ in range(70))
    write_png(copy / "rust.png", (3142, 70_000), rows, ((0, 0, 0), (255, 255, 255)))
    with pytest.raises(InputError, match=r"coverage\.png: is .*, rust\.png \(70000, 3142\)"):
        read_graded(copy)


def test_an_ungraded_climb_is_refused_with_what_to_do(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "climb.jsonl").write_bytes((folder / "climb.jsonl").read_bytes())
    with pytest.raises(InputError, match="highmast regrade"):
        read_graded(tmp_path)
