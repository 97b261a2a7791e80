"""Data sets by our renderer: as many poles as wanted, every pixel's label known, free to pass on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from vision.dataset.build import card, png
from vision.dataset.folder import Dataset, DatasetError, Photograph, write_dataset
from vision.dataset.split import divided
from vision.files import sha256_of, write_whole
from vision.render import PoleRenderer
from vision.render_labels import LABELS, labelled_surface
from vision.render_scene import random_scene
from vision.types import Camera, PoleShape, View

QUALITY = 88
"""Of the JPEG files."""

CLEAN_EVERY = 5
"""Every so many poles one has no rust, only stains."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to make."""

    poles: int = 12
    photographs: int = 4
    """Of each pole."""
    side_px: int = 320
    seed: int = 1
    val: float = 0.3
    """Share of the photographs to keep for validation."""


def make(order: Order, out: Path) -> Iterator[None]:
    """Render poles into a new folder, then write `dataset.toml` and a card; yields after each pole.

    The same order gives the same files. Raises DatasetError when `out` is in use.
    """
    if out.exists() and any(out.iterdir()):
        raise DatasetError(f"{out} is not empty; give a new folder")
    photographs: list[Photograph] = []
    for pole in range(order.poles):
        photographs += _pole(order, pole, out)
        yield
    dataset = Dataset(
        format="highmast-dataset/1",
        name=out.name,
        source=f"rendered by highmast ({order.poles} poles, seed {order.seed})",
        licence="CC0-1.0",
        split_by="pole",
        labels=LABELS,
        photograph=tuple(photographs),
    )
    write_dataset(out, divided(out, dataset, {"val": order.val}, order.seed))
    write_whole(out / "README.md", card(dataset).encode())


def _pole(order: Order, number: int, out: Path) -> Iterator[Photograph]:
    """Paint one pole and photograph it in one light, from several places."""
    rng = np.random.default_rng([order.seed, number])
    base_mm = rng.uniform(200, 600)
    shape = PoleShape(1.8, base_mm, base_mm * rng.uniform(0.8, 1), int(rng.choice([0, 0, 8, 12, 16])))
    fraction = 0.0 if number % CLEAN_EVERY == CLEAN_EVERY - 1 else float(np.exp(rng.uniform(np.log(0.02), np.log(0.3))))
    seed = int(rng.integers(2**31))
    surface, labels = labelled_surface(shape, seed, fraction)
    scene = replace(random_scene(seed), blur_px=rng.uniform(0.3, 1.0))
    renderer = PoleRenderer(shape, surface, seed, labels, scene)
    for shot in range(order.photographs):
        view, mm_per_px = _view(rng, shape, order.side_px)
        yield _written(renderer, view, mm_per_px, out, f"pole-{number + 1:02}", shot)


def _view(rng: np.random.Generator, shape: PoleShape, side: int) -> tuple[View, float]:
    """A camera 0.35 to 0.9 m away, 0.5 to 1.3 mm a pixel, not quite level."""
    standoff_mm, mm_per_px = rng.uniform(350, 900), rng.uniform(0.5, 1.3)
    focal = standoff_mm / mm_per_px
    camera = Camera(side, side, focal, focal, side / 2, side / 2)
    height_m, azimuth_deg = rng.uniform(0.3, shape.height_m - 0.3), rng.uniform(0, 360)
    return View(camera, height_m, azimuth_deg, standoff_mm, rng.normal(0, 4), rng.normal(0, 2)), mm_per_px


def _written(renderer: PoleRenderer, view: View, mm_per_px: float, out: Path, place: str, shot: int) -> Photograph:
    image, mask = f"images/{place}-{shot + 1}.jpg", f"masks/{place}-{shot + 1}.png"
    bgr = cv2.cvtColor(renderer.render(view), cv2.COLOR_RGB2BGR)
    written, content = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert written
    for path, data in ((image, bytes(content)), (mask, png(renderer.truth(view)))):
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(data)
    return Photograph(
        image=image,
        mask=mask,
        image_sha256=sha256_of(out / image),
        mask_sha256=sha256_of(out / mask),
        place=place,
        mm_per_px=round(mm_per_px, 3),
    )
