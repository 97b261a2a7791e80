"""Frame to surface and surface to frame, both exact: the map lays frames down, the renderer is its inverse.

Local axes of a view, millimetres: first from the pole's axis towards the camera, second towards growing
azimuth, third up from the camera's height. From outside, growing azimuth runs to the left of the picture.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from vision.geometry import apothem_mm, off_facet_rad, radius_mm, taper
from vision.types import Camera, PoleShape, View

Array = npt.NDArray[np.floating[Any]]

UNDISTORT_STEPS = 40
"""Fixed-point steps; lenses milder than 40 % at the corner converge far below a thousandth of a pixel."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Where rays of a frame meet the surface; arrays of one shape."""

    height_m: Array
    azimuth_deg: Array
    """[0, 360)."""
    hit: npt.NDArray[np.bool_]
    """False where the ray misses the shaft; the other arrays mean nothing there."""


@dataclass(frozen=True, slots=True)
class Projected:
    """Where surface points appear in a frame; arrays of one shape."""

    u_px: Array
    """Column; the centre of the first pixel is 0."""
    v_px: Array
    cosine: Array
    """Of the angle between the line of sight and the surface's normal; visible where above 0."""
    mm_per_px: Array
    """Across the line of sight."""
    inside: npt.NDArray[np.bool_]
    """Front facing, before the camera, and on the sensor."""


def rotation(view: View) -> npt.NDArray[np.float64]:
    """Return rows right, down and forward of the camera in the view's local axes, shape (3, 3)."""
    tilt, roll = np.radians(view.tilt_deg), np.radians(view.roll_deg)
    forward = np.array([-np.cos(tilt), 0, np.sin(tilt)])
    down = np.array([-np.sin(tilt), 0, -np.cos(tilt)])
    right = np.array([0, -1, 0])
    c, s = np.cos(roll), np.sin(roll)
    return np.stack([c * right - s * down, s * right + c * down, forward])


def camera_distance_mm(shape: PoleShape, view: View) -> float:
    """Return the distance of the optical centre from the pole's axis."""
    return float(radius_mm(shape, view.height_m, view.azimuth_deg)) + view.standoff_mm


@lru_cache(maxsize=4)
def rays(camera: Camera) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the undistorted image plane coordinates of every pixel, two arrays (height_px, width_px)."""
    u, v = np.meshgrid(np.arange(float(camera.width_px)), np.arange(float(camera.height_px)))
    x, y = undistorted(camera, u, v)
    return x.astype(np.float32), y.astype(np.float32)


def undistorted(camera: Camera, u_px: Array, v_px: Array) -> tuple[Array, Array]:
    """Return image plane coordinates (x / z, y / z) of pixels, lens distortion removed."""
    x0, y0 = (u_px - camera.cx_px) / camera.fx_px, (v_px - camera.cy_px) / camera.fy_px
    x, y = x0, y0
    for _ in range(UNDISTORT_STEPS if any(camera.distortion) else 0):
        moved_x, moved_y = _bent(camera, x, y)
        x, y = x + x0 - moved_x, y + y0 - moved_y
    return x, y


def distorted(camera: Camera, x: Array, y: Array) -> tuple[Array, Array]:
    """Return the pixels of image plane coordinates, lens distortion applied (Brown-Conrady)."""
    if any(camera.distortion):
        x, y = _bent(camera, x, y)
    return x * camera.fx_px + camera.cx_px, y * camera.fy_px + camera.cy_px


def _bent(camera: Camera, x: Array, y: Array) -> tuple[Array, Array]:
    """Apply radial and tangential distortion on the image plane."""
    k1, k2, p1, p2, k3 = camera.distortion
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    return (
        x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
        y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
    )


@lru_cache(maxsize=4)
def _field_radius2(camera: Camera) -> float:
    """Squared image plane radius of the farthest corner: beyond it a distortion polynomial may fold back."""
    corners = np.array([-0.5, camera.width_px - 0.5]), np.array([-0.5, camera.height_px - 0.5])
    x, y = undistorted(camera, *np.meshgrid(*corners))
    return float((x * x + y * y).max()) * 1.001


def frame_to_surface(shape: PoleShape, view: View, u_px: Array, v_px: Array) -> Hits:
    """Find where the rays of pixels first meet the shaft; arrays of one shape."""
    return plane_to_surface(shape, view, *undistorted(view.camera, u_px, v_px))


def plane_to_surface(shape: PoleShape, view: View, x: Array, y: Array) -> Hits:
    """Find where rays through undistorted image plane coordinates first meet the shaft; keeps the dtype."""
    r = rotation(view).astype(x.dtype)
    out, along, up = (x * r[0, i] + y * r[1, i] + r[2, i] for i in range(3))
    solve = _meet_facets if shape.sides else _meet_cone
    depth = solve(shape, view, out, along, up)
    height_m = view.height_m + depth * up / 1000
    local = np.arctan2(depth * along, camera_distance_mm(shape, view) + depth * out)
    azimuth = np.mod(view.azimuth_deg + np.degrees(local), 360)
    hit = (depth > 0) & (height_m >= 0) & (height_m <= shape.height_m)
    return Hits(height_m, np.where(azimuth >= 360, 0, azimuth), hit)


def _meet_cone(shape: PoleShape, view: View, out: Array, along: Array, up: Array) -> Array:
    """Solve |D + t d| = R - k t d_up for the nearer t, without cancellation; NaN where it misses."""
    distance, k = camera_distance_mm(shape, view), taper(shape)
    radius = float(apothem_mm(shape, view.height_m))
    a = out * out + along * along - k * k * up * up
    half_b = -(distance * out + radius * k * up)
    c = (distance - radius) * (distance + radius)
    inner = half_b * half_b - a * c
    root = np.sqrt(np.where(inner >= 0, inner, np.nan))
    return np.asarray(c / (half_b + root))


def _meet_facets(shape: PoleShape, view: View, out: Array, along: Array, up: Array) -> Array:
    """Clip the ray against every facet's half space: in by the last front facet, out by the first back."""
    distance, k = camera_distance_mm(shape, view), taper(shape)
    apothem = float(apothem_mm(shape, view.height_m))
    enter, leave = np.zeros_like(out), np.full_like(out, np.inf)
    for facet in range(shape.sides):
        angle = np.radians(facet * 360 / shape.sides - view.azimuth_deg)
        gap = apothem - distance * float(np.cos(angle))
        closing = out * float(np.cos(angle)) + along * float(np.sin(angle)) + k * up
        with np.errstate(divide="ignore"):
            t = gap / closing
        if gap < 0:
            enter = np.maximum(enter, np.where(closing < 0, t, np.inf))
        else:
            leave = np.minimum(leave, np.where(closing > 0, t, np.inf))
    return np.where((enter <= leave) & (enter > 0) & np.isfinite(enter), enter, np.nan)


def surface_to_frame(shape: PoleShape, view: View, height_m: Array, azimuth_deg: Array) -> Projected:
    """Project surface points into the frame.

    `height_m` and `azimuth_deg` broadcast: a column of heights against a row of azimuths is the fast form.
    """
    kind = np.result_type(height_m, azimuth_deg)
    local = np.radians(azimuth_deg - view.azimuth_deg)
    apothem = apothem_mm(shape, height_m)
    secant = 1 / np.cos(off_facet_rad(shape, azimuth_deg))
    distance = camera_distance_mm(shape, view)
    east, north = (np.sin(local) * secant).astype(kind), (np.cos(local) * secant).astype(kind)
    apothem, up = apothem.astype(kind), ((height_m - view.height_m) * 1000).astype(kind)
    r = rotation(view).astype(kind)
    x, y, z = (apothem * (r[i, 0] * north + r[i, 1] * east) + (r[i, 2] * up - r[i, 0] * distance) for i in range(3))
    z = np.where(z > 1, z, np.nan)
    x, y = x / z, y / z
    u, v = distorted(view.camera, x, y)
    cosine = _cosine(shape, view, apothem, up, azimuth_deg, north, east).astype(kind)
    camera = view.camera
    on_sensor = (u > -0.5) & (u < camera.width_px - 0.5) & (v > -0.5) & (v < camera.height_px - 0.5)
    in_field = x * x + y * y <= _field_radius2(camera)
    return Projected(u, v, cosine, z / ((camera.fx_px + camera.fy_px) / 2), on_sensor & in_field & (cosine > 0))


def _cosine(
    shape: PoleShape, view: View, apothem: Array, up: Array, azimuth_deg: Array, north: Array, east: Array
) -> Array:
    """Cosine between the normal, which leans up by the taper, and the line to the camera at (D, 0, 0)."""
    k, distance = taper(shape), camera_distance_mm(shape, view)
    normal = np.radians(azimuth_deg - view.azimuth_deg) - off_facet_rad(shape, azimuth_deg)
    length = np.hypot(1, k)
    towards = (np.cos(normal) * distance - apothem - k * up) / length
    apart = np.sqrt(apothem**2 * (north**2 + east**2) - 2 * apothem * north * distance + distance**2 + up**2)
    return np.asarray(towards / apart)
