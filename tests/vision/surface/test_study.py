"""The map under wrong poses against the truth: the figures that GRADING.md promises."""

import pytest

from vision.render_climb import PoseErrors
from vision.study_surface import Agreement, hidden, study
from vision.types import PoleShape, Section


def _agrees(found: Agreement) -> None:
    assert abs(found.area_error) < 0.02
    assert found.up_mm < 20
    assert found.around_deg < 3
    assert found.coverage > 0.99


@pytest.mark.parametrize(("sides", "seed", "fraction"), [(0, 1, 0.0005), (12, 4, 0.3)])
def test_area_place_and_coverage_hold_under_drift_jitter_and_a_wrong_standoff(
    sides: int, seed: int, fraction: float
) -> None:
    _agrees(study(PoleShape(3, 260, 180, sides, (Section(0, 1.5), Section(1.5, 3))), seed, fraction))


def test_the_mean_of_frames_is_another_number() -> None:
    found = study(PoleShape(3, 260, 180), 1, 0.01, PoseErrors())
    assert abs(found.mean_of_frames / found.truth - 1) > 0.1
    assert abs(found.area_error) < 0.02


def test_a_stretch_behind_a_covered_lens_is_a_gap_and_coverage_is_what_rays_see() -> None:
    found = hidden(PoleShape(4, 260, 180, 0, (Section(0, 2), Section(2, 4))), 2)
    assert found.top_m - found.bottom_m > 2
    assert found.gap.reason == "ungradable"
    assert found.gap.bottom_m <= found.bottom_m + 0.02
    assert found.gap.top_m >= found.top_m - 0.02
    assert (found.gap.azimuth_from_deg, found.gap.azimuth_to_deg) == (0, 360)
    assert found.seen_m2 == 0
    assert found.coverage > 0.99
