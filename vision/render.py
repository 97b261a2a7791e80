"""What a camera on the robot sees of a shaft whose surface is known: pictures, and their exact truth."""

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from vision.geometry import apothem_mm
from vision.geometry_view import Hits, plane_to_surface, rays
from vision.render_noise import Field
from vision.render_scene import Scene, background, cast_shadow, panorama, random_scene, shading, vignette
from vision.types import Image, PoleShape, View

GRID_PX = 16
"""The silhouette is first found on a grid this coarse."""

LARGEST_REMAP_PX = 30_000
"""OpenCV's remap addresses its source with 16 bits; longer shafts are cut to the rows in view."""


class PoleRenderer:
    """Renders one pole in one scene. The same view gives the same picture."""

    def __init__(
        self,
        shape: PoleShape,
        surface_rgb: Image,
        seed: int = 0,
        rust: npt.NDArray[np.uint8] | None = None,
        scene: Scene | None = None,
    ) -> None:
        """Take an unrolled surface (row 0 = top, columns azimuth 0 to 360), its mask if known, and a scene.

        Raises ValueError when the mask's size differs from the surface's.
        """
        if rust is not None and rust.shape != surface_rgb.shape[:2]:
            raise ValueError(f"mask {rust.shape} and surface {surface_rgb.shape[:2]} differ in size; give one size")
        self.shape = shape
        self.scene = random_scene(seed) if scene is None else scene
        self._surface = _ringed(surface_rgb)
        self._rust = None if rust is None else _ringed(rust)
        self._panorama = panorama(self.scene)
        self._detail = _detail(self.scene.seed)

    def render(self, view: View) -> Image:
        """Return the photograph that this view takes, RGB (height_px, width_px, 3)."""
        camera = view.camera
        picture = background(self.scene, self._panorama, camera, view.azimuth_deg, view.tilt_deg)
        box = _silhouette(self.shape, view)
        if box is not None:
            hits = _hits_in(self.shape, view, box)
            part = picture[box]
            part[hits.hit] = self._lit(view, box, hits)[hits.hit]
        return _exposed(self.scene, picture, view)

    def truth(self, view: View) -> npt.NDArray[np.uint8]:
        """Return the rust in this view's frame, 0 or 1, (height_px, width_px); ValueError without a mask."""
        if self._rust is None:
            raise ValueError("the surface has no rust mask, so there is no truth; give one")
        mask = np.zeros((view.camera.height_px, view.camera.width_px), dtype=np.uint8)
        box = _silhouette(self.shape, view)
        if box is not None:
            hits = _hits_in(self.shape, view, box)
            seen = self._looked_up(self._rust, hits, cv2.INTER_NEAREST)
            mask[box] = np.where(hits.hit, seen, 0)
        return mask

    def pole_mask(self, view: View) -> npt.NDArray[np.bool_]:
        """Return where the shaft is in this view's frame, shape (height_px, width_px)."""
        mask = np.zeros((view.camera.height_px, view.camera.width_px), dtype=np.bool_)
        box = _silhouette(self.shape, view)
        if box is not None:
            mask[box] = _hits_in(self.shape, view, box).hit
        return mask

    def _lit(self, view: View, box: tuple[slice, slice], hits: Hits) -> Image:
        """Colour of the surface in the box: looked up, grained, shaded."""
        colour = self._looked_up(self._surface, hits, cv2.INTER_LINEAR).astype(np.float32)
        gain, highlight = shading(self.scene, view.azimuth_deg)
        around = _normal_index(self.shape, hits.azimuth_deg)
        camera = view.camera
        light = gain[around] * self._grain(hits) * vignette(self.scene, (camera.width_px, camera.height_px))[box]
        if self.scene.shadow:
            light *= cast_shadow(self.scene, hits.height_m, hits.azimuth_deg)
        shine = highlight[around]
        channels = [
            cv2.multiply(cv2.extractChannel(colour, index), light, scale=balance)
            for index, balance in enumerate(self.scene.balance)
        ]
        return cv2.merge([cv2.add(each, shine, dtype=cv2.CV_8U) for each in channels])  # type: ignore[no-any-return]

    def _looked_up(self, source: Image, hits: Hits, how: int) -> Image:
        """Look surface pixels up at hits; the source is ringed by one column on each side."""
        rows, columns = source.shape[0], source.shape[1] - 2
        row = (1 - hits.height_m / np.float32(self.shape.height_m)) * np.float32(rows) - np.float32(0.5)
        column = hits.azimuth_deg * np.float32(columns / 360) + np.float32(0.5)
        inside = row[hits.hit]
        top = max(0, int(inside.min()) - 2) if rows > LARGEST_REMAP_PX and inside.size else 0
        cut = source[top : top + LARGEST_REMAP_PX]
        row = np.where(hits.hit, row - np.float32(top), np.float32(0))
        column = np.where(hits.hit, column, np.float32(0))
        return cv2.remap(cut, column, row, how, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[no-any-return]

    def _grain(self, hits: Hits) -> Field:
        """Fine grain of about 0.5 mm, fixed to the surface, as a gain near 1."""
        around_mm = np.radians(hits.azimuth_deg) * np.float32(float(apothem_mm(self.shape, 0)))
        side = self._detail.shape[0] - 1
        column = np.where(hits.hit, np.mod(around_mm * 2, side), 0).astype(np.float32)
        row = np.where(hits.hit, np.mod(hits.height_m * 2000, side), 0).astype(np.float32)
        return np.asarray(cv2.remap(self._detail, column, row, cv2.INTER_LINEAR), dtype=np.float32)


def _ringed(picture: Image) -> Image:
    """Continue the unrolled picture by one column across azimuth 0 on both sides."""
    return np.concatenate([picture[:, -1:], picture, picture[:, :1]], axis=1)


def _detail(seed: int) -> Field:
    rng = np.random.default_rng([seed, 11])
    grain = rng.standard_normal((513, 513), dtype=np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), 0.8) + 0.5 * cv2.GaussianBlur(grain, (0, 0), 2.5)
    return np.asarray(1 + 0.03 * grain / grain.std(), dtype=np.float32)


def _normal_index(shape: PoleShape, azimuth_deg: Field) -> npt.NDArray[np.intp]:
    """Index into the shading table: a facet has one normal."""
    if shape.sides:
        facet = np.float32(360 / shape.sides)
        azimuth_deg = np.round(azimuth_deg / facet) * facet
    return np.asarray(np.nan_to_num(azimuth_deg) * np.float32(1024 / 360), dtype=np.intp) % 1024


@lru_cache(maxsize=2)
def _silhouette(shape: PoleShape, view: View) -> tuple[slice, slice] | None:
    """Bound the shaft in the frame by a coarse search, one grid step wider."""
    x, y = rays(view.camera)
    rows = np.unique(np.append(np.arange(0, x.shape[0], GRID_PX), x.shape[0] - 1))
    columns = np.unique(np.append(np.arange(0, x.shape[1], GRID_PX), x.shape[1] - 1))
    hit = plane_to_surface(shape, view, x[np.ix_(rows, columns)], y[np.ix_(rows, columns)]).hit
    if not hit.any():
        return None
    down, across = np.flatnonzero(hit.any(axis=1)), np.flatnonzero(hit.any(axis=0))
    return (
        slice(max(0, int(rows[down[0]]) - GRID_PX), int(rows[down[-1]]) + GRID_PX + 1),
        slice(max(0, int(columns[across[0]]) - GRID_PX), int(columns[across[-1]]) + GRID_PX + 1),
    )


def _hits_in(shape: PoleShape, view: View, box: tuple[slice, slice]) -> Hits:
    x, y = rays(view.camera)
    return plane_to_surface(shape, view, x[box], y[box])


def _exposed(scene: Scene, picture: Image, view: View) -> Image:
    """Blur by lens and motion, then add the sensor's noise, the same for the same view."""
    if scene.blur_px:
        picture = cv2.GaussianBlur(picture, (0, 0), scene.blur_px)
    if scene.motion_px > 1:
        picture = cv2.blur(picture, (1, scene.motion_px))
    if scene.noise:
        rng = np.random.default_rng([scene.seed, round(abs(view.height_m) * 1e4), round(view.azimuth_deg * 100)])
        lighter, darker = _noise_sheet(picture.shape[0] + 64, picture.shape[1] + 64, scene.noise)
        down, across = rng.integers(0, 64, 2)
        window = np.s_[down : down + picture.shape[0], across : across + picture.shape[1]]
        picture = cv2.subtract(cv2.add(picture, lighter[window]), darker[window])
    return np.asarray(picture, dtype=np.uint8)


@lru_cache(maxsize=2)
def _noise_sheet(rows: int, columns: int, deviation: float) -> tuple[Image, Image]:
    """Noise as what it adds and what it takes away: drawn once, shifted per frame."""
    drawn = np.random.default_rng(3).normal(0, deviation, (rows, columns, 3))
    return np.clip(np.round(drawn), 0, 255).astype(np.uint8), np.clip(np.round(-drawn), 0, 255).astype(np.uint8)
