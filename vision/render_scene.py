"""What stands around a shaft: light, weather, the camera's weaknesses and a blurred outdoor background."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from vision.geometry_view import rays
from vision.render_noise import Field, fractal, tile
from vision.types import Camera, Image

PANORAMA_PX = (480, 1440)
"""Rows from 60 degrees up to 60 down, columns around."""

GROUNDS = ("grass_002", "grass_003", "asphalt_001", "concrete_002", "ground_003", "gravel_005")


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything but the pole; a value of 0 leaves an effect out."""

    sun_azimuth_deg: float = 140.0
    sun_elevation_deg: float = 40.0
    sun: float = 0.6
    """Share of the light that comes from the sun, 0 (overcast) to 1."""
    gloss: float = 0.1
    """Strength of the highlight."""
    exposure: float = 1.0
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    shadow: float = 0.0
    """Darkness of a slanting cast shadow, 0 to 1."""
    shadow_slope: float = 0.5
    blur_px: float = 0.6
    """Standard deviation of the lens's blur."""
    motion_px: int = 0
    """Length of a vertical smear while climbing."""
    noise: float = 3.0
    """Standard deviation of sensor noise in grey levels."""
    vignette: float = 0.25
    """Loss of light in the corners, 0 to 1."""
    seed: int = 0
    """Of the background and of what changes from frame to frame."""


def still_scene(seed: int) -> Scene:
    """Return an even, sharp scene: a camera check, or a pole on a good day."""
    return Scene(seed=seed)


def random_scene(seed: int) -> Scene:
    """Draw light, weather and camera faults as a field season would bring them."""
    rng = np.random.default_rng([seed, 77])
    warm = rng.normal(0, 0.05)
    scene = Scene(
        sun_azimuth_deg=rng.uniform(0, 360),
        sun_elevation_deg=rng.uniform(10, 65),
        sun=rng.uniform(0, 0.85),
        gloss=rng.uniform(0, 0.3),
        exposure=float(np.exp(rng.normal(0, 0.15))),
        balance=(1 + warm, 1.0, 1 - warm),
        blur_px=rng.uniform(0.4, 1.1),
        noise=rng.uniform(1, 7),
        vignette=rng.uniform(0, 0.4),
        seed=seed,
    )
    if rng.random() < 0.35:
        scene = replace(scene, shadow=rng.uniform(0.2, 0.6), shadow_slope=rng.uniform(-1.5, 1.5))
    return replace(scene, motion_px=int(rng.integers(2, 5))) if rng.random() < 0.15 else scene


def shading(scene: Scene, azimuth_deg: float) -> tuple[Field, Field]:
    """Return gain and highlight by azimuth of the surface's normal, 1024 steps around, as sRGB factors.

    `azimuth_deg` is where the camera stands; the highlight depends on it.
    """
    around = np.radians(np.arange(1024) * 360 / 1024)
    sun = np.radians(scene.sun_azimuth_deg)
    flat = np.cos(np.radians(scene.sun_elevation_deg))
    direct = np.clip(np.cos(around - sun), 0, None) * flat
    sky = 0.75 + 0.12 * np.cos(around - np.radians(scene.seed * 67 % 360))
    light = (1 - scene.sun) * sky + scene.sun * (0.38 * sky + 0.95 * direct)
    half = np.angle(np.exp(1j * sun) * flat + np.exp(1j * np.radians(azimuth_deg)))
    highlight = scene.gloss * (0.2 + scene.sun) * np.clip(np.cos(around - half), 0, None) ** 24
    gain = scene.exposure * np.clip(light / 0.72, 0.05, None) ** (1 / 2.2)
    return gain.astype(np.float32), (highlight * 255 * scene.exposure).astype(np.float32)


def cast_shadow(scene: Scene, height_m: Field, azimuth_deg: Field) -> Field:
    """Return a gain field: soft slanting bands fixed to the pole, as of a fitting or a neighbour."""
    turn = np.radians(azimuth_deg - np.float32(scene.sun_azimuth_deg))
    phase = np.sin(height_m * np.float32(2.1) + np.sin(turn) * np.float32(scene.shadow_slope))
    band = np.clip((phase - np.float32(0.55)) * np.float32(9), 0, 1)
    return np.asarray(1 - np.float32(scene.shadow) * band, dtype=np.float32)


def panorama(scene: Scene) -> Image:
    """Paint sky, skyline and ground all around, RGB of PANORAMA_PX."""
    rng = np.random.default_rng([scene.seed, 5])
    picture = _sky(rng)
    _skyline(rng, picture)
    _ground(rng, picture)
    return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.8, 3.0), borderType=cv2.BORDER_REPLICATE)  # type: ignore[no-any-return]


def _sky(rng: np.random.Generator) -> Image:
    rows, columns = PANORAMA_PX
    zenith = np.array(((86, 132, 190), (150, 160, 172), (178, 184, 190))[int(rng.integers(3))])
    horizon = np.array((214, 222, 228)) * rng.uniform(0.85, 1.05)
    rise = np.linspace(1, 0, rows // 2)[:, None, None] ** 0.7
    sky = zenith * rise + horizon * (1 - rise)
    clouds = np.clip(fractal(rng, (rows // 2, columns), (60, 220), 4) * 0.4 + rng.uniform(-0.2, 0.4), 0, 1)
    upper = sky * (1 - clouds[..., None] * 0.8) + 238 * clouds[..., None] * 0.8
    below = np.zeros((rows - rows // 2, columns, 3))
    return np.asarray(np.clip(np.concatenate([upper, below]), 0, 255), dtype=np.uint8)


def _skyline(rng: np.random.Generator, picture: Image) -> None:
    """Halls, towers, masts and a line of trees on the horizon."""
    rows, columns = PANORAMA_PX
    horizon = rows // 2
    for _ in range(int(rng.integers(6, 26))):
        left, wide, high = int(rng.integers(columns)), int(rng.integers(12, 130)), int(rng.integers(4, 44))
        tone = np.array(
            ((150, 146, 140), (108, 104, 104), (176, 170, 160), (128, 82, 66), (92, 100, 112))[int(rng.integers(5))]
        )
        picture[horizon - high : horizon, np.arange(left, left + wide) % columns] = tone * rng.uniform(0.7, 1.1)
    trees = np.clip(fractal(rng, (1, columns), (1, 60), 5)[0] * 5 + rng.uniform(-4, 12), 0, 60).astype(int)
    green = np.array((62, 78, 48)) * rng.uniform(0.7, 1.3)
    for column, high in enumerate(trees):
        picture[horizon - high : horizon, column] = green * (0.85 + 0.3 * rng.random())
    for _ in range(int(rng.integers(0, 8))):
        left, high = int(rng.integers(columns - 2)), int(rng.integers(30, 150))
        picture[horizon - high : horizon, left : left + 2] = (112, 114, 116)


def _ground(rng: np.random.Generator, picture: Image) -> None:
    """Two materials in perspective from a few metres above the ground."""
    rows, columns = PANORAMA_PX
    down = np.radians((np.arange(rows // 2, rows) - rows / 2 + 1) * 120 / rows)[:, None]
    around = np.radians(np.arange(columns) * 360 / columns)[None]
    far = np.float32(rng.uniform(4, 12)) / np.tan(down)
    east, north = (far * np.sin(around)).astype(np.float32), (far * np.cos(around)).astype(np.float32)
    first, second = (tile(str(name)) for name in rng.choice(GROUNDS, 2, replace=False))
    layers = [cv2.remap(each, east * 24 % 127, north * 24 % 127, cv2.INTER_LINEAR) for each in (first, second)]
    mixed = [
        np.where(far[..., None] > 40, each.mean((0, 1)), layer)
        for each, layer in zip((first, second), layers, strict=True)
    ]
    edge = np.sin(east * 0.2 + rng.uniform(0, 6)) + north * rng.normal(0, 0.05) > rng.uniform(-0.8, 0.8)
    haze = np.clip(far[..., None] / 120, 0, 0.6)
    ground = np.where(edge[..., None], mixed[0], mixed[1]) * (1 - haze) + np.array((196, 202, 206)) * haze
    picture[rows // 2 :] = np.clip(ground, 0, 255).astype(np.uint8)


def background(scene: Scene, around: Image, camera: Camera, azimuth_deg: float, tilt_deg: float) -> Image:
    """Look past the pole into the panorama; drawn at a quarter of the size, as it is out of focus."""
    size = (max(2, camera.width_px // 4), max(2, camera.height_px // 4))
    x, y = (cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in rays(camera))
    rows, columns = PANORAMA_PX
    bearing = np.mod(np.degrees(np.arctan(x)) + azimuth_deg + 180, 360) * np.float32(columns / 360)
    climb = tilt_deg - np.degrees(np.arctan2(y, np.hypot(x, 1)))
    level = np.clip((60 - climb) * rows / 120, 0, rows - 1)
    wrapped = np.concatenate([around, around[:, :2]], axis=1)
    small = cv2.remap(wrapped, bearing.astype(np.float32), level.astype(np.float32), cv2.INTER_LINEAR)
    tint = np.array(scene.balance) * scene.exposure
    small = np.clip(small * tint * vignette(scene, size)[..., None], 0, 255).astype(np.uint8)
    return cv2.resize(small, (camera.width_px, camera.height_px), interpolation=cv2.INTER_LINEAR)  # type: ignore[no-any-return]


def vignette(scene: Scene, size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Return the loss of light towards the corners as a gain, (rows, columns) of `size` (columns, rows)."""
    across = np.linspace(-1, 1, size[0], dtype=np.float32)[None]
    down = np.linspace(-1, 1, size[1], dtype=np.float32)[:, None]
    return np.asarray(1 - np.float32(scene.vignette / 2) * (across**2 + down**2), dtype=np.float32)
