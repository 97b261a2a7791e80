"""Frame <-> surface: both ways against each other, and against cases that can be done on paper."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.geometry import area_m2, area_m2_per_m_rad, off_facet_rad, radius_mm
from vision.geometry_view import distorted, frame_to_surface, surface_to_frame, undistorted
from vision.types import Camera, PoleShape, View

CAMERA = Camera(1280, 960, 860.0, 850.0, 630.0, 482.0)
BARREL = Camera(1280, 960, 860.0, 850.0, 630.0, 482.0, (-0.18, 0.05, 0.0008, -0.0006, 0.004))

poles = st.builds(
    PoleShape,
    height_m=st.floats(8, 40),
    base_diameter_mm=st.floats(200, 520),
    top_diameter_mm=st.floats(110, 200),
    sides=st.sampled_from([0, 8, 12, 16]),
)
views = st.builds(
    View,
    camera=st.sampled_from([CAMERA, BARREL]),
    height_m=st.floats(1, 7),
    azimuth_deg=st.floats(0, 359.99),
    standoff_mm=st.floats(300, 900),
    tilt_deg=st.floats(-15, 15),
    roll_deg=st.floats(-10, 10),
)


@settings(max_examples=60, deadline=None)
@given(poles, views)
def test_frame_to_surface_to_frame_returns_to_the_pixel(shape: PoleShape, view: View) -> None:
    u, v = np.meshgrid(np.linspace(0, 1279, 33), np.linspace(0, 959, 25))
    hits = frame_to_surface(shape, view, u, v)
    assert hits.hit.any()
    back = surface_to_frame(shape, view, hits.height_m, hits.azimuth_deg)
    error_px = np.hypot(back.u_px - u, back.v_px - v)[hits.hit]
    assert error_px.max() < 1e-3
    assert (back.cosine[hits.hit] > -1e-6).all()


@settings(max_examples=60, deadline=None)
@given(poles, views)
def test_every_point_said_to_be_visible_is_the_first_hit_of_its_ray(shape: PoleShape, view: View) -> None:
    height = view.height_m + np.linspace(-0.5, 0.5, 21)[:, None]
    azimuth = view.azimuth_deg + np.linspace(-90, 90, 61)[None]
    seen = surface_to_frame(shape, view, height, azimuth)
    assert seen.inside.any()
    hits = frame_to_surface(shape, view, seen.u_px[seen.inside], seen.v_px[seen.inside])
    wanted_m = np.broadcast_to(height, seen.inside.shape)[seen.inside]
    apart = np.mod(hits.azimuth_deg - np.broadcast_to(azimuth, seen.inside.shape)[seen.inside] + 180, 360) - 180
    nearly_an_edge = np.abs(np.degrees(off_facet_rad(shape, azimuth))) > 180 / max(shape.sides, 1) - 0.001
    clear = (seen.cosine > 0.02)[seen.inside] & ~np.broadcast_to(nearly_an_edge, seen.inside.shape)[seen.inside]
    assert hits.hit[clear].all()
    assert np.abs(hits.height_m - wanted_m)[clear].max() < 1e-4
    assert np.abs(apart)[clear].max() < 0.02


def test_the_axis_of_a_level_camera_meets_the_surface_straight_ahead() -> None:
    shape = PoleShape(10, 300, 300)
    ahead = surface_to_frame(shape, View(CAMERA, 4, 30, 600), np.array([4.0]), np.array([30.0]))
    assert (ahead.u_px[0], ahead.v_px[0]) == pytest.approx((CAMERA.cx_px, CAMERA.cy_px))
    assert ahead.cosine[0] == pytest.approx(1)
    assert ahead.mm_per_px[0] == pytest.approx(600 / 855)


@pytest.mark.parametrize(
    ("height_m", "azimuth_deg", "roll_deg", "direction"),
    [(4.1, 30, 0, (0, -1)), (4, 35, 0, (-1, 0)), (4.1, 30, 90, (1, 0)), (4, 35, 90, (0, -1))],
)
def test_up_is_up_growing_azimuth_is_left_and_roll_turns_the_picture_clockwise(
    height_m: float, azimuth_deg: float, roll_deg: float, direction: tuple[int, int]
) -> None:
    view = View(CAMERA, 4, 30, 600, roll_deg=roll_deg)
    point = surface_to_frame(PoleShape(10, 300, 300), view, np.array([height_m]), np.array([float(azimuth_deg)]))
    moved = np.array([point.u_px[0] - CAMERA.cx_px, point.v_px[0] - CAMERA.cy_px])
    assert moved / np.linalg.norm(moved) == pytest.approx(direction, abs=1e-6)


def test_tilt_up_lowers_the_picture_and_a_cylinder_is_as_wide_as_its_tangents() -> None:
    shape = PoleShape(10, 300, 300)
    tilted = surface_to_frame(shape, View(CAMERA, 4, 0, 600, tilt_deg=5), np.array([4.0]), np.array([0.0]))
    assert tilted.v_px[0] == pytest.approx(CAMERA.cy_px + 850 * math.tan(math.radians(5)))
    tangent = 860 * math.tan(math.asin(150 / 750))
    row = frame_to_surface(
        shape,
        View(CAMERA, 4, 0, 600),
        CAMERA.cx_px + np.array([tangent - 0.01, tangent + 0.01]),
        np.full(2, 482.0),
    )
    assert row.hit.tolist() == [True, False]


def test_a_facet_is_flat_and_a_vertex_is_further_out() -> None:
    shape = PoleShape(10, 400, 400, sides=8)
    assert radius_mm(shape, 5, 0) == pytest.approx(200)
    assert radius_mm(shape, 5, 45) == pytest.approx(200)
    assert radius_mm(shape, 5, 22.5) == pytest.approx(200 / math.cos(math.radians(22.5)))
    view = View(CAMERA, 5, 0, 600)
    facet = surface_to_frame(shape, view, np.array([5.0]), np.array([-10.0, 0.0, 10.0]))
    assert facet.mm_per_px == pytest.approx(600 / 855)
    assert facet.u_px[0] - facet.u_px[1] == pytest.approx(860 * 200 * math.tan(math.radians(10)) / 600)


def test_rays_past_the_ends_and_beside_the_shaft_miss() -> None:
    shape = PoleShape(10, 300, 300)
    hits = frame_to_surface(
        shape, View(CAMERA, 9.9, 0, 600), np.array([630.0, 630.0, 0.0]), np.array([0.0, 600.0, 482.0])
    )
    assert hits.hit.tolist() == [False, True, False]


@settings(max_examples=40, deadline=None)
@given(poles, st.floats(0, 0.9))
def test_the_sum_of_elements_is_the_closed_form_area(shape: PoleShape, share: float) -> None:
    bottom = share * shape.height_m
    height = bottom + (np.arange(200)[:, None] + 0.5) / 200 * (shape.height_m - bottom)
    azimuth = (np.arange(2880) + 0.5) * 360 / 2880
    element = (shape.height_m - bottom) / 200 * 2 * math.pi / 2880
    total = np.broadcast_to(area_m2_per_m_rad(shape, height, azimuth[None]), (200, 2880)).sum() * element
    assert total == pytest.approx(area_m2(shape, bottom, shape.height_m), rel=1e-4)


def test_a_frustum_has_its_textbook_area() -> None:
    slant = math.hypot(30, 0.15)
    assert area_m2(PoleShape(30, 500, 200), 0, 30) == pytest.approx(math.pi * (0.25 + 0.1) * slant)


def test_distortion_and_its_removal_undo_each_other() -> None:
    u, v = np.meshgrid(np.linspace(0, 1279, 9), np.linspace(0, 959, 7))
    again = distorted(BARREL, *undistorted(BARREL, u, v))
    assert np.hypot(again[0] - u, again[1] - v).max() < 1e-4
