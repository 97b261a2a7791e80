"""An assessment in words: what a crew reads at the end of a climb, in both languages."""

import re
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len

from climber.assess import Climbed, assess
from climber.record import Assessment
from climber.saying import CHINESE, ENGLISH, in_language
from climber.telling import graded_in_short, kept, summary
from vision.coverage import State
from vision.refine import Refinement
from vision.surface import SurfaceMap
from vision.types import ModelInfo, PoleShape, Section

POSES = Refinement((), 0.9969, 1.03, -0.01, 455, 12, 3, 2, -0.26, 11.3, 0.2, 3.0, 1.0)
NAMES = {"net", "nearest", "picture", "gaps", "grade", "json", "ISO", "ASTM"}


@pytest.fixture(scope="module")
def assessment() -> Assessment:
    """Eleven sections, the lowest not seen at all, two with rust, and more gaps than are shown."""
    surface = SurfaceMap(PoleShape(11, 320, 200, 0, tuple(Section(at, at + 1) for at in range(11))), 10)
    surface.state[: surface.row_of(1)] = State.SEEN
    for number in range(6):
        surface.state[surface.row_of(3.5 + number) : surface.row_of(3.1 + number), :40] = State.TOO_OBLIQUE
    surface.rust[surface.row_of(10.8) : surface.row_of(9.7)] = 255
    climbed = Climbed("01890000-0000-7000-8000-000000000000", 9, datetime(2026, 5, 4, tzinfo=UTC))
    return assess(surface, ModelInfo("net", "a" * 64, 0.5, 0.9, 0.001), climbed, POSES)


def test_nothing_of_it_is_left_in_english(assessment: Assessment) -> None:
    told = summary(assessment, CHINESE)
    assert set(re.findall("[A-Za-z]{3,}", told)) <= NAMES
    for words in ("全柱", "節段 11", "沒有一處看清", "請再查看", "455 處重疊", "11.3 毫米減至 0.2", "未評估：基礎"):
        assert words in told


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_grades_stand_below_each_other(assessment: Assessment, language: str) -> None:
    lines = summary(assessment, language).splitlines()
    graded = [line for line in lines if " / D610 " in line]
    assert len({cell_len(line[: line.index("Ri")]) for line in graded}) == 1
    assert len(graded) == 11


def test_only_the_largest_gaps_are_listed_and_the_rest_counted(assessment: Assessment) -> None:
    lines = summary(assessment).splitlines()
    assert sum(line.startswith("  look again: ") for line in lines) == 5
    assert f"  and {len(assessment.gaps) - 5} smaller ones: see `gaps` in grade.json" in lines


def test_a_band_in_short(assessment: Assessment) -> None:
    bands = {part.name: graded_in_short(part) for part in assessment.parts if part.part == "band"}
    assert bands["0-1 m"] == "not graded"
    assert re.fullmatch(r"Ri\d  [\dGSPH-]+  \d\.\d\d%  \(Ri\d to Ri\d\), seen \d\d%", bands["3-4 m"])
    assert re.fullmatch(r"Ri.*（Ri\d 至 Ri\d），已看清 \d\d%", in_language(bands["3-4 m"], CHINESE))


def test_what_the_record_keeps_is_the_same_text_again() -> None:
    for text in ("section 12", "slip joint at 8.5 m", "worst 0.25 m2", "weld line of section 1", POSES.summary()):
        assert kept(text) == text
        assert in_language(kept(text), CHINESE) != text
    assert in_language(kept("lower section"), CHINESE) == "lower section"
