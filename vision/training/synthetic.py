"""Pictures whose rust is known: composited surfaces, poles rendered from them, and rust-free texture walls."""

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from vision.confusers_made import browned, in_low_sun, wetted
from vision.labels import RustMask
from vision.render import PoleRenderer
from vision.render_noise import fractal
from vision.render_scene import random_scene
from vision.render_surface import painted_surface
from vision.training.augment import GROUND, IGNORE, OTHER, RUST, STEEL
from vision.training.tiles import COATS, Tiles, spread, tinted
from vision.types import Camera, Image, PoleShape, View

FOOLING = {"Wood": 4.0, "Ground": 4.0, "Concrete": 2.0, "Planks": 2.0, "Bricks": 2.0, "RoofingTiles": 4.0}
"""How much oftener than other materials a wall is made of these, which are taken for rust most."""

WET, SUNNY, BROWN, PATCHED = 0.08, 0.06, 0.06, 0.15
"""Share of coats seen straight on that are wet in places, lit by a low sun, painted brown, patched; of walls, wet."""

COVERED = 0.4
"""Share of rusted coats seen straight on that are rusted by three fifths and more, half of them from edge to edge."""

SHEET = 0.15
"""Share of coats seen straight on that are real sheets of rusted metal."""

REDDENED = 0.15
"""Share of walls that get the colours of rust."""

CLEAN = 0.25
"""Share of coats seen straight on that are made without rust, beside those that draw none: stains and patches alone."""


def coat(rng: np.random.Generator, tiles: Tiles, size: tuple[int, int]) -> Image:
    """Return a sound surface: a tile of any colour, weathered and stained, RGB (rows, columns, 3)."""
    choices = tiles.coats()
    picture = spread(rng, choices[int(rng.integers(len(choices)))], size, rng.uniform(0.7, 6))
    picture = tinted(rng, picture, 90 if rng.random() < 0.5 else 8, 0.4)
    if rng.random() < 0.4:
        detail = spread(rng, choices[int(rng.integers(len(choices)))], size, rng.uniform(0.7, 4)).mean(axis=2)
        picture = _byte(picture * (1 + 0.6 * (detail / max(1.0, detail.mean()) - 1))[..., None])
    for _ in range(int(rng.integers(0, 4))):
        picture = _stained(rng, picture)
    return picture


def _stained(rng: np.random.Generator, picture: Image) -> Image:
    """Lay a translucent stain or an opaque patch of another paint, rust-coloured at times but flat."""
    cover = _blotches(rng, picture, 6, (0.03, 1.0), (0.6, 0.97))
    cover = cover * np.float32(rng.uniform(0.1, 0.45) if rng.random() < 0.7 else rng.uniform(0.6, 1))
    brown = np.array([rng.uniform(70, 150), rng.uniform(55, 110), rng.uniform(40, 90)])
    colour = brown if cover.max() < 0.46 else rng.uniform(0, 255) + rng.normal(0, 25, 3)
    return _byte(picture * (1 - cover[..., None]) + colour * cover[..., None])


def _blotches(
    rng: np.random.Generator,
    picture: Image,
    least_px: float,
    soft: tuple[float, float],
    bare: tuple[float, float],
) -> npt.NDArray[np.floating[npt.NBitBase]]:
    """Draw how far blotches of `least_px` to 300 pixels cover a picture, 0 to 1; `soft` edges, a share is `bare`."""
    cell = float(np.exp(rng.uniform(np.log(least_px), np.log(300))))
    field = fractal(rng, (picture.shape[0], picture.shape[1]), (cell * rng.uniform(0.5, 4), cell), 3)
    softness = rng.uniform(*soft)
    return np.clip((field - np.quantile(field, rng.uniform(*bare))) / softness, 0, 1)


def rusted(
    rng: np.random.Generator, tiles: Tiles, picture: Image, fraction: float, held_out: bool = False
) -> tuple[Image, RustMask]:
    """Lay rust tiles through an irregular mask that covers `fraction`; a sheet is photographed with its truth."""
    size = picture.shape[:2]
    choices = tiles.rust(held_out)
    rust = spread(rng, choices[int(rng.integers(len(choices)))], size, rng.uniform(0.7, 6))
    if rng.random() < 0.4:
        other = spread(rng, choices[int(rng.integers(len(choices)))], size, rng.uniform(0.7, 4))
        share = np.clip(fractal(rng, size, (60, 60)) + 0.5, 0, 1)[..., None]
        rust = _byte(rust * share + other * (1 - share))
    rust = tinted(rng, rust, 4, 0.3)
    if rng.random() < 0.5:
        rust = _byte(rust.astype(np.float32) * rng.uniform(0.7, 1.7) + rng.uniform(-10, 25))
    field = _growth(rng, size)
    level = np.quantile(field, 1 - fraction)
    edge = rng.uniform(0.02, 0.2) * float(field.std())
    cover = np.clip((field - level) / edge + 0.5, 0, 1)[..., None] * np.float32(rng.uniform(0.75, 1))
    out = picture * (1 - cover) + rust * cover
    if rng.random() < 0.5:
        halo = np.clip((field - level) / (0.5 * field.std()) + 1, 0, 1)[..., None] * rng.uniform(0, 0.3) * (cover < 0.3)
        out = out * (1 - halo) + rust.mean(axis=(0, 1)) * halo
    return _byte(out), (field > level).astype(np.uint8)


def _growth(rng: np.random.Generator, size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Field whose peaks rust first: blotches, specks or vertical runs."""
    cell = float(np.exp(rng.uniform(np.log(5), np.log(160))))
    tall = cell * (rng.uniform(2, 8) if rng.random() < 0.25 else rng.uniform(0.7, 1.6))
    field = fractal(rng, size, (tall, cell), int(rng.integers(2, 5)))
    if rng.random() < 0.6:
        field += fractal(rng, size, (400, 300), 2) * np.float32(rng.uniform(0.3, 2))
    if rng.random() < 0.25:
        specks = rng.standard_normal(size, dtype=np.float32)
        specks = cv2.GaussianBlur(specks, (0, 0), rng.uniform(1.0, 3.0))
        field += specks / specks.std() * np.float32(rng.uniform(0.2, 1))
    return field


def rusted_fraction(rng: np.random.Generator) -> float:
    """Draw the rusted share of a surface: 0 in a third, else 0.05 to 40 %, small ones as often as large."""
    return 0.0 if rng.random() < 0.33 else float(np.exp(rng.uniform(np.log(0.0005), np.log(0.4))))


def wall(rng: np.random.Generator, tiles: Tiles, side: int) -> tuple[Image, RustMask]:
    """Return a rust-free wall of one or two materials: soil, paving, brick, wood, leaves, fabric ..."""
    picture, label = _material(rng, tiles, side)
    if rng.random() < 0.5:
        here = fractal(rng, (side, side), (side / 2, side / 2), int(rng.integers(1, 4))) > 0
        other, its_label = _material(rng, tiles, side)
        picture, label = np.where(here[..., None], picture, other), np.where(here, label, its_label)
    return picture, label


def _material(rng: np.random.Generator, tiles: Tiles, side: int) -> tuple[Image, RustMask]:
    """Cover a wall with one material; one that steel is coated with too does not tell that there is none."""
    free = tiles.rust_free()
    weights = np.array([FOOLING.get(name, 1.0) for name in sorted(free)])
    name = str(rng.choice(sorted(free), p=weights / weights.sum()))
    picture = spread(rng, free[name][int(rng.integers(len(free[name])))], (side, side), rng.uniform(0.7, 5))
    picture = reddened(rng, picture) if rng.random() < REDDENED else tinted(rng, picture, 3, 0.25)
    if rng.random() < WET:
        picture = wetted(rng, picture)
    return picture, np.full((side, side), OTHER if name in COATS else GROUND, np.uint8)


def reddened(rng: np.random.Generator, picture: Image) -> Image:
    """Give a picture the colours of rust: red paving, laterite, brown cloth."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 0] = (rng.uniform(-4, 16) + rng.uniform(0, 0.2) * (hsv[..., 0] - hsv[..., 0].mean())) % 180
    hsv[..., 1] += rng.uniform(50, 150) - hsv[..., 1].mean()
    hsv[..., 2] *= rng.uniform(0.5, 1.2)
    return np.asarray(cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2RGB), np.uint8)


def flat(rng: np.random.Generator, tiles: Tiles, side: int) -> tuple[Image, RustMask]:
    """Return a coat with rust seen straight on, rust that fills the frame, or a sheet of rusted metal."""
    sheets = tiles.sheets()
    if sheets and rng.random() < SHEET:
        return sheet(rng, sheets, side)
    fraction = min(1.0, rng.uniform(0.6, 1.4)) if rng.random() < COVERED else rusted_fraction(rng)
    if rng.random() < CLEAN:
        fraction = 0.0
    picture, rust = fooling(rng, coat(rng, tiles, (side, side))), np.zeros((side, side), np.uint8)
    if fraction > 0:
        picture, rust = rusted(rng, tiles, picture, fraction)
    if rng.random() < SUNNY:
        picture = in_low_sun(rng, picture)
    return picture, np.where(rust, RUST, STEEL).astype(np.uint8)


def sheet(rng: np.random.Generator, sheets: list[Image], side: int) -> tuple[Image, RustMask]:
    """Return a sheet of metal that did rust; what is neither quite red nor quite grey is ignored."""
    tile = sheets[int(rng.integers(len(sheets)))]
    both = spread(rng, np.dstack([tile, redness(tile)]), (side, side), rng.uniform(0.7, 6))
    picture, red = np.ascontiguousarray(both[..., :3]), both[..., 3]
    label = np.where(red > 145, RUST, np.where(red < 90, STEEL, IGNORE))
    return tinted(rng, picture, 4, 0.2), label.astype(np.uint8)


def redness(tile: Image) -> npt.NDArray[np.uint8]:
    """Grade how red and yellow pixels are, (rows, columns), 128 at what best parts a tile in two (Otsu), or at 15."""
    lab = cv2.cvtColor(tile.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    red = np.hypot(np.clip(lab[..., 1], 0, None), np.clip(lab[..., 2], 0, None))
    level, _ = cv2.threshold(np.clip(3 * red, 0, 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    return np.clip(128 * red / min(15.0, max(1.0, level / 3)), 0, 255).astype(np.uint8)


def fooling(rng: np.random.Generator, picture: Image) -> Image:
    """Give a sound surface what is taken for rust: brown paint all over, flat patches of brown and near-black, wet."""
    if rng.random() < BROWN:
        picture = browned(rng, picture)
    if rng.random() < PATCHED:
        for _ in range(int(rng.integers(1, 4))):
            picture = _patched(rng, picture)
    return wetted(rng, picture) if rng.random() < WET else picture


def _patched(rng: np.random.Generator, picture: Image) -> Image:
    """Paint an opaque patch in one brown, dark or light; it keeps a little of what it covers."""
    cover = _blotches(rng, picture, 10, (0.02, 0.5), (0.4, 0.95))[..., None]
    light = float(np.exp(rng.uniform(np.log(8), np.log(170))))
    colour = light * np.array([1.0, rng.uniform(0.45, 0.95), rng.uniform(0.25, 0.95)])
    cover = cover * np.float32(rng.uniform(0.75, 1))
    return _byte(picture * (1 - cover) + colour * cover)


def pole(
    rng: np.random.Generator,
    tiles: Tiles,
    side: int,
    held_out: bool = False,
    clean: bool = False,
    painted: bool | None = None,
) -> tuple[Image, RustMask, npt.NDArray[np.bool_]]:
    """Render a shaft before a background; returns picture, rust and where the shaft is, (side, side).

    Its surface is that of the simulator's poles (`painted`) or composited from tiles; None draws which.
    """
    shape = _shape(rng)
    fraction = 0.0 if clean else rusted_fraction(rng)
    seed = int(rng.integers(2**31))
    if painted is None:
        painted = rng.random() < 0.35 and not held_out
    if painted:
        made = painted_surface(shape, seed, min(fraction, 0.3))
        assert made.rust is not None
        surface, rust = made.rgb, made.rust
    else:
        surface, rust = wrapped(rng, tiles, shape, fraction, held_out)
    scene = replace(random_scene(seed), blur_px=rng.uniform(0.3, 1.2))
    renderer = PoleRenderer(shape, surface, seed, rust, scene)
    view = _view(rng, shape, side)
    return renderer.render(view), renderer.truth(view), renderer.pole_mask(view)


def _shape(rng: np.random.Generator) -> PoleShape:
    base = rng.uniform(200, 700)
    sides = 0 if rng.random() < 0.5 else int(rng.choice([8, 12, 16]))
    return PoleShape(1.6, base, base * rng.uniform(0.8, 1), sides)


def wrapped(
    rng: np.random.Generator, tiles: Tiles, shape: PoleShape, fraction: float, held_out: bool
) -> tuple[Image, RustMask]:
    """Composite an unrolled surface at a scale of 1 to 3 mm per pixel."""
    mm_per_px = rng.uniform(0.8, 3)
    size = (round(shape.height_m * 1000 / mm_per_px), round(np.pi * shape.base_diameter_mm / mm_per_px))
    picture = coat(rng, tiles, size)
    if fraction == 0:
        return picture, np.zeros(size, np.uint8)
    return rusted(rng, tiles, picture, fraction, held_out)


def _view(rng: np.random.Generator, shape: PoleShape, side: int) -> View:
    """A camera 0.35 to 1 m from the surface, 0.45 to 1.2 mm per pixel there, not quite level."""
    standoff = rng.uniform(350, 1000)
    focal = standoff / rng.uniform(0.45, 1.2)
    camera = Camera(side, side, focal, focal, side / 2, side / 2)
    return View(
        camera,
        rng.uniform(0.3, shape.height_m - 0.3),
        rng.uniform(0, 360),
        standoff,
        rng.normal(0, 4),
        rng.normal(0, 2),
    )


def _byte(values: npt.NDArray[np.floating[npt.NBitBase]]) -> Image:
    return np.clip(values, 0, 255).astype(np.uint8)
