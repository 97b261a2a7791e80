"""The assessment document and the three pictures, from maps whose answer is known."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from climber.assess import Climbed, assess
from climber.pictures import write_pictures
from climber.record import Assessment
from vision.coverage import State
from vision.scales import RULE, iso_4628_3
from vision.surface import SurfaceMap
from vision.types import ModelInfo, PoleShape, Section

SHAPE = PoleShape(4, 320, 200, 0, (Section(0, 2), Section(2, 4)))
MODEL = ModelInfo("net", "a" * 64, 0.5, 0.9, 0.002)
CLIMBED = Climbed("01890000-0000-7000-8000-000000000000", 12, datetime(2026, 5, 4, tzinfo=UTC))


@pytest.fixture
def surface() -> SurfaceMap:
    """Seen but for the lowest metre, 5 % of the rest rusty."""
    surface = SurfaceMap(SHAPE, 4)
    surface.state[: surface.row_of(1)] = State.SEEN
    surface.state[surface.row_of(0.5) :] = State.TOO_OBLIQUE
    surface.rust[::20] = 255
    surface.colour[:] = (10, 120, 30)
    return surface


def test_an_assessment_says_model_rule_requirement_coverage_and_gaps(surface: SurfaceMap) -> None:
    found = assess(surface, MODEL, CLIMBED)
    assert Assessment.model_validate_json(found.model_dump_json()) == found
    assert (found.rule, found.model, found.frames) == (RULE, "net", 12)
    assert found.whole.coverage == pytest.approx(0.71, abs=0.02)
    assert "speaks only of the 7" in found.whole.reason
    assert {gap.reason for gap in found.gaps} <= {"not seen", "too oblique"}
    assert sum(gap.area_m2 for gap in found.gaps) == pytest.approx(found.whole.area_m2 - found.whole.seen_m2, rel=0.03)


def test_the_grade_is_of_the_corrected_share_and_the_range_spans_the_interval(surface: SurfaceMap) -> None:
    whole = assess(surface, MODEL, CLIMBED).whole
    assert whole.rusted_fraction == pytest.approx(0.05 / 0.9, rel=0.15)
    assert whole.rusted_m2 == pytest.approx(whole.rusted_fraction * whole.seen_m2)
    assert (whole.iso_4628_3, whole.astm_d610) == ("Ri4", "4-G")
    assert whole.interval is not None
    assert whole.interval.low < 0.05 < whole.interval.high
    assert whole.iso_4628_3_range == (iso_4628_3(whole.interval.low), iso_4628_3(whole.interval.high))


def test_an_unseen_band_has_no_grade_but_a_reason(surface: SurfaceMap) -> None:
    band = next(part for part in assess(surface, MODEL, CLIMBED).parts if part.name == "0-1 m")
    assert (band.rusted_fraction, band.iso_4628_3, band.astm_d610, band.interval) == (None, None, None, None)
    assert "nothing of it was seen" in band.reason


def test_what_a_camera_cannot_grade_is_named_and_no_section_loss_is_claimed(surface: SurfaceMap) -> None:
    notes = assess(surface, MODEL, CLIMBED, notes=("lens cleaned at 2 m",)).notes
    assert any("anchor bolts" in note and "not assessed" in note for note in notes)
    assert "lens cleaned at 2 m" in notes


def test_pictures_keep_the_layout_and_indices_of_the_pole_file(surface: SurfaceMap, tmp_path: Path) -> None:
    colour, rust, coverage = write_pictures(tmp_path, surface)
    with Picture.open(colour) as opened:
        assert (opened.mode, opened.size) == ("RGB", (surface.columns, surface.rows))
        assert opened.getpixel((3, 3)) == (10, 120, 30)
    with Picture.open(rust) as opened:
        assert opened.mode == "P"
        shown = np.asarray(opened)
    assert (shown == surface.rusty()).all()
    assert shown.any()
    with Picture.open(coverage) as opened:
        levels = np.asarray(opened)
    assert [int(levels[row, 0]) for row in (0, surface.row_of(0.7), surface.rows - 1)] == [1, 0, 2]
