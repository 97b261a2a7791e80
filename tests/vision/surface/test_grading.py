"""Parts, worst windows, gaps and the correction, on maps whose answer is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.correction import corrected
from vision.coverage import State, holes
from vision.geometry import area_m2
from vision.grading import parts, share_at_or_above
from vision.surface import SurfaceMap
from vision.types import ModelInfo, Plate, PoleShape, Section

SHAPE = PoleShape(6, 320, 200, 0, (Section(0, 2.5), Section(2.5, 6)))


def _seen(shape: PoleShape = SHAPE, mm_per_px: float = 5) -> SurfaceMap:
    surface = SurfaceMap(shape, mm_per_px)
    surface.state[:] = State.SEEN
    return surface


def test_parts_are_the_pole_its_sections_bands_and_joints_and_add_up() -> None:
    surface = _seen()
    surface.rust[: surface.rows // 3] = 255
    found = parts(surface)
    for kind in ("section", "band"):
        same = [part for part in found if part.kind == kind]
        assert sum(part.area_m2 for part in same) == pytest.approx(found[0].area_m2)
        assert sum(part.marked_m2 for part in same) == pytest.approx(found[0].marked_m2)
    assert found[0].area_m2 == pytest.approx(area_m2(SHAPE, 0, 6))
    assert found[0].marked_m2 == pytest.approx(area_m2(SHAPE, 4, 6), rel=1e-3)
    assert [part.name for part in found if part.kind == "zone"] == ["slip joint at 2.5 m"]


def test_a_weld_line_is_a_zone_of_its_own_also_across_azimuth_0() -> None:
    shape = PoleShape(6, 320, 200, 8, (Section(0, 2.5, 1.0), Section(2.5, 6)))
    surface = _seen(shape)
    surface.rust[surface.row_of(1.25) : surface.row_of(0), [0, 1, -1, -2]] = 255
    (weld,) = (part for part in parts(surface) if part.name.startswith("weld"))
    assert (weld.bottom_m, weld.top_m) == (0, 2.5)
    assert weld.area_m2 == pytest.approx(2.5 * 0.1, rel=0.1)
    assert weld.marked_m2 / weld.seen_m2 == pytest.approx(0.5 * 0.2, rel=0.2)
    assert weld.azimuth_from_deg is not None
    assert weld.azimuth_to_deg is not None
    assert weld.azimuth_from_deg > 330 > 30 > weld.azimuth_to_deg


def test_a_handhole_is_a_zone_of_its_own() -> None:
    shape = PoleShape(4, 320, 280, 0, (), (Plate("handhole", 1.0, 350.0, 110, 300), Plate("tag", 1.5, 0, 60, 80)))
    surface = _seen(shape)
    surface.rust[surface.row_of(0.9) : surface.row_of(0.7)] = 255
    (zone,) = (part for part in parts(surface) if part.kind == "zone")
    assert zone.name == "handhole"
    assert (zone.bottom_m, zone.top_m) == pytest.approx((0.8, 1.2))
    assert zone.area_m2 == pytest.approx(0.21 * 0.4, rel=0.05)
    assert zone.marked_m2 / zone.seen_m2 == pytest.approx(0.25, abs=0.02)
    assert zone.azimuth_from_deg is not None
    assert zone.azimuth_to_deg is not None
    assert zone.azimuth_from_deg > 300 > 60 > zone.azimuth_to_deg


def test_one_rusty_square_metre_on_a_tall_pole_is_bad_locally_and_small_overall() -> None:
    shape = PoleShape(30, 500, 300)
    surface = _seen(shape, 10)
    rng = np.random.default_rng(1)
    rows, columns = slice(surface.row_of(15.5), surface.row_of(14.5)), slice(0, round(surface.columns * 0.796))
    box = surface.rust[rows, columns]
    box[:] = 255 * (rng.random(box.shape) < 0.4)
    whole, *rest = parts(surface)
    window = next(part for part in rest if part.name == "worst 1 m2")
    assert whole.marked_m2 / whole.seen_m2 == pytest.approx(0.0106, rel=0.03)
    assert window.marked_m2 / window.seen_m2 == pytest.approx(0.4, abs=0.03)
    assert (window.bottom_m, window.top_m) == pytest.approx((14.5, 15.5), abs=0.06)


def test_a_worst_window_may_pass_azimuth_0() -> None:
    shape = PoleShape(6, 1000, 1000)
    surface = _seen(shape, 10)
    edge = round(surface.columns * 0.06)
    for columns in (slice(0, edge), slice(-edge, None)):
        surface.rust[250:300, columns] = 255
    window = next(part for part in parts(surface) if part.name == "worst 0.25 m2")
    assert window.azimuth_from_deg is not None
    assert window.azimuth_to_deg is not None
    assert window.azimuth_from_deg > 300 > 60 > window.azimuth_to_deg
    assert window.area_m2 == pytest.approx(0.25, rel=0.1)


def test_a_window_with_little_seen_is_not_the_worst() -> None:
    surface = _seen()
    surface.rust[:60] = 255
    surface.state[:100] = State.NOT_SEEN
    surface.state[:5] = State.SEEN
    window = next(part for part in parts(surface) if part.name == "worst 0.25 m2")
    assert window.marked_m2 / window.seen_m2 < 0.5


def test_nothing_seen_is_not_clean() -> None:
    surface = SurfaceMap(SHAPE, 5)
    whole, *rest = parts(surface)
    assert whole.seen_m2 == 0
    assert not [part for part in rest if part.kind == "window"]
    assert share_at_or_above(surface, "Ri3") is None
    (hole,) = holes(surface)
    assert hole.area_m2 == pytest.approx(whole.area_m2, rel=1e-4)
    assert (hole.bottom_m, hole.top_m, hole.azimuth_from_deg, hole.azimuth_to_deg) == (0, 6, 0, 360)


def test_a_hidden_strip_is_one_gap_with_its_place_area_and_reason() -> None:
    surface = _seen()
    surface.state[surface.row_of(4) : surface.row_of(2)] = State.NOT_SEEN
    surface.state[10:50, 20:40] = State.TOO_OBLIQUE
    strip, spot = holes(surface)
    assert (strip.bottom_m, strip.top_m) == pytest.approx((2, 4), abs=0.03)
    assert strip.area_m2 == pytest.approx(area_m2(SHAPE, 2, 4), rel=0.02)
    assert (strip.reason, spot.reason) == ("not seen", "too oblique")
    band = next(part for part in parts(surface) if part.name == "2-3 m")
    assert band.seen_m2 == pytest.approx(0, abs=0.01)


def test_a_gap_across_azimuth_0_is_one_gap() -> None:
    surface = _seen()
    for columns in (slice(0, 20), slice(-10, None)):
        surface.state[200:400, columns] = State.TOO_COARSE
    (hole,) = holes(surface)
    assert hole.azimuth_from_deg > 330 > 60 > hole.azimuth_to_deg
    assert hole.reason == "too coarse"


def test_a_hidden_strip_and_a_facet_lost_above_it_are_two_gaps() -> None:
    shape = PoleShape(12, 260, 140, 12)
    surface = _seen(shape, 10)
    surface.state[surface.row_of(6.8) : surface.row_of(4.8)] = State.UNGRADABLE
    facets = slice(-surface.columns // 12, None), slice(0, surface.columns // 12)  # across azimuth 0
    for columns in facets:
        surface.state[: surface.row_of(6.8), columns] = State.TOO_OBLIQUE
    strip, facet = holes(surface)
    assert (strip.bottom_m, strip.top_m) == pytest.approx((4.8, 6.8), abs=0.03)
    assert (facet.bottom_m, facet.top_m) == pytest.approx((6.8, 12), abs=0.03)
    assert (strip.reason, facet.reason) == ("ungradable", "too oblique")
    assert (strip.azimuth_from_deg, strip.azimuth_to_deg) == (0, 360)
    assert facet.azimuth_from_deg > 320 > 40 > facet.azimuth_to_deg
    assert strip.area_m2 + facet.area_m2 == pytest.approx(
        area_m2(shape, 4.8, 6.8) + area_m2(shape, 6.8, 12) / 6, rel=0.03
    )


def test_a_ragged_gap_stays_one() -> None:
    surface = _seen()
    surface.state[surface.row_of(4) : surface.row_of(2)] = State.NOT_SEEN
    for left in range(0, surface.columns, 60):
        surface.state[surface.row_of(4.3) : surface.row_of(4), left : left + 40] = State.NOT_SEEN
    (hole,) = holes(surface)
    assert (hole.bottom_m, hole.top_m) == pytest.approx((2, 4.3), abs=0.03)


def test_share_at_ri3_or_worse_is_the_share_of_rusty_fields() -> None:
    surface = _seen(PoleShape(6, 320, 320), 5)
    surface.rust[: surface.rows // 4] = 255
    assert share_at_or_above(surface, "Ri3") == pytest.approx(0.25, abs=0.05)
    assert share_at_or_above(surface, "Ri0") == pytest.approx(1)


rates = st.builds(
    ModelInfo,
    name=st.just("m"),
    sha256=st.just("0" * 64),
    threshold=st.just(0.5),
    true_positive_rate=st.floats(0.3, 1),
    false_positive_rate=st.floats(0, 0.2),
    gains=st.lists(st.floats(0, 1.3), max_size=9).map(tuple),
    alarms=st.lists(st.floats(0, 0.5), max_size=9).map(tuple),
)


@given(st.floats(0, 1), st.floats(0.001, 100), rates)
def test_the_corrected_fraction_and_its_interval_are_ordered_fractions(
    observed: float, seen_m2: float, model: ModelInfo
) -> None:
    found = corrected(observed, seen_m2, model)
    assert 0 <= found.low <= found.fraction <= found.high <= 1


def test_the_correction_of_a_model_without_error_changes_nothing() -> None:
    perfect = ModelInfo("m", "0" * 64, 0.5, 1.0, 0.0)
    for observed in (0.0, 0.0005, 0.1, 1.0):
        assert corrected(observed, 8, perfect).fraction == pytest.approx(observed)


def test_plenty_of_rust_is_corrected_by_the_plain_formula() -> None:
    gains = tuple(np.linspace(0.75, 0.95, 21))
    found = corrected(0.3, 8, ModelInfo("m", "0" * 64, 0.5, 0.85, 0.005, gains, (0.005,)))
    assert found.fraction == pytest.approx((0.3 - 0.005) / 0.845, rel=0.05)
    assert found.low < 0.33 < 0.38 < found.high < 0.7


def test_a_share_that_stains_of_other_poles_explain_may_be_no_rust_at_all() -> None:
    alarms = (0.0,) * 6 + (0.001, 0.002, 0.003, 0.005)
    found = corrected(0.002, 8, ModelInfo("m", "0" * 64, 0.5, 0.85, 0.005, (0.8, 0.85, 0.9), alarms))
    assert found.low == 0
    assert found.high > 0.002 / 0.85
    clearly = corrected(0.1, 8, ModelInfo("m", "0" * 64, 0.5, 0.85, 0.005, (0.8, 0.85, 0.9), alarms))
    assert clearly.low > 0.05


def test_rust_of_a_kind_that_is_often_missed_widens_the_interval_upwards() -> None:
    often_missed = ModelInfo("m", "0" * 64, 0.5, 0.85, 0.0, (0.1, *(0.9,) * 9), (0.0,))
    found = corrected(0.01, 8, often_missed)
    assert found.fraction == pytest.approx(0.01 / 0.9, rel=0.15)
    assert found.high > 0.08


def test_sure_marks_are_rust_and_unsure_ones_may_be_stains() -> None:
    alarms, sure_alarms = (*(0.0,) * 19, 0.02), (*(0.0,) * 19, 0.001)
    model = ModelInfo("m", "0" * 64, 0.5, 0.85, 0.005, (0.8, 0.85, 0.9), alarms, (0.7, 0.75, 0.8), sure_alarms)
    unknown, sure, unsure = (corrected(0.02, 8, model, share) for share in (None, 0.018, 0.001))
    assert unknown.low == unsure.low == 0
    assert sure.low > 0.005
    assert sure.high - sure.low < unknown.high - unknown.low
    assert unsure.fraction < unknown.fraction < sure.fraction


def test_parts_say_how_much_of_what_is_marked_is_sure() -> None:
    surface = _seen()
    surface.rust[:100] = 255
    surface.probability[:100] = 150
    surface.probability[:50] = 250
    for part in parts(surface):
        if part.kind in ("pole", "window"):
            assert part.sure_m2 == pytest.approx(part.marked_m2 / 2, rel=0.35 if part.kind == "window" else 0.02)


def test_a_model_whose_poles_were_not_measured_one_by_one_is_corrected_by_its_overall_rates() -> None:
    found = corrected(0.2, 8, ModelInfo("m", "0" * 64, 0.5, 0.8, 0.001))
    assert found.fraction == pytest.approx(0.25, rel=0.1)
    assert found.low < 0.22 < 0.28 < found.high


def test_intervals_hold_the_truth_of_poles_like_the_measured_ones_as_often_as_they_say() -> None:
    rng = np.random.default_rng(4)

    def pole() -> tuple[float, float]:
        gain = 0.05 + 0.9 * rng.beta(5, 1) if rng.random() < 0.9 else rng.uniform(0, 0.4)
        return gain, float(rng.exponential(0.01)) if rng.random() < 0.15 else 0.0

    inside = 0
    for _ in range(4):
        gains, alarms = zip(*(pole() for _ in range(60)), strict=True)
        model = ModelInfo("m", "0" * 64, 0.5, 0.8, 0.004, gains, alarms)
        for _ in range(100):
            truth = float(np.exp(rng.uniform(np.log(0.0005), np.log(0.3)))) if rng.random() > 0.15 else 0.0
            gain, alarm = pole()
            found = corrected(gain * truth + alarm * (1 - truth), 8, model)
            inside += found.low <= truth <= found.high
    assert inside / 400 >= 0.9


def test_a_model_that_sees_nothing_and_a_number_that_is_no_fraction_are_refused() -> None:
    with pytest.raises(ValueError, match="use another model"):
        corrected(0.1, 8, ModelInfo("m", "0" * 64, 0.5, 0.1, 0.1))
    with pytest.raises(ValueError, match="outside 0 to 1"):
        corrected(1.5, 8, ModelInfo("m", "0" * 64, 0.5, 0.9, 0.1))
