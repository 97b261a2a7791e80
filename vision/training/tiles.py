"""Texture tiles by material, and how a picture is covered with one."""

from pathlib import Path

import cv2
import numpy as np

from vision.confusers import RUSTED_BARS, RUSTY
from vision.types import Image

RUSTY_METAL = frozenset((7, 12, 16, 17, 19, 20, 21, 22, 23, 24, 25, 41, 42, 54, 71, 72, 74, 75, 77, 78, 79, 80, 81))
"""Tiles of `Metal` that hold rust or look like it; neither negatives nor coats."""

SHEETS = frozenset((19, 21, 41, 42, 71, 72, 77, 78, 80, 81))
"""Those of them on which rust and bare or painted metal are told apart by how red they are."""

COATS = ("Paint", "Plastic", "Metal", "Plaster", "Concrete")
TILES = "*/*.png"
"""Where the tiles lie in their folder: MATERIAL/MATERIAL_nnn.png."""

HELD_OUT_RUST = ("Rust_003", "Rust_006")
"""Rust tiles that training never sees, so that rates on rendered poles are measured on unseen rust."""


class Tiles:
    """The CC0 texture tiles by material, loaded once, RGB (128, 128, 3)."""

    def __init__(self, root: Path) -> None:
        """Read `root/MATERIAL/MATERIAL_nnn.png`; raises ValueError when `root` lacks rust or a coat."""
        self.by_material: dict[str, list[tuple[str, Image]]] = {}
        for path in sorted(root.glob(TILES)):
            picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
            if picture is not None:
                self.by_material.setdefault(path.parent.name, []).append((path.stem, np.asarray(picture, np.uint8)))
        missing = next((name for name in ("Rust", *COATS) if name not in self.by_material), None)
        if missing is not None:
            raise ValueError(f"{root} holds no texture tiles {missing}/*.png; give the whole folder of the CC0 tiles")

    def coats(self) -> list[Image]:
        """Return tiles that may be a pole's sound surface."""
        return [picture for name in COATS for stem, picture in self.by_material[name] if _sound(stem)]

    def rust(self, held_out: bool) -> list[Image]:
        """Return the rust tiles of training, or those that are held out."""
        return [picture for stem, picture in self.by_material["Rust"] if (stem in HELD_OUT_RUST) == held_out]

    def sheets(self) -> list[Image]:
        """Return tiles of metal with rust on it that is told apart by its colour."""
        return [picture for stem, picture in self.by_material["Metal"] if int(stem.split("_")[1]) in SHEETS]

    def rust_free(self) -> dict[str, list[Image]]:
        """Return all materials that hold no rust."""
        return {
            name: [picture for stem, picture in tiles if stem not in RUSTED_BARS]
            for name, tiles in self.by_material.items()
            if name not in RUSTY
        }


def _sound(stem: str) -> bool:
    material, number = stem.split("_")
    return stem not in RUSTED_BARS and (material != "Metal" or int(number) not in RUSTY_METAL)


def spread(rng: np.random.Generator, tile: Image, size: tuple[int, int], zoom: float) -> Image:
    """Cover (rows, columns) with a tile of any channels, mirrored at its edges and enlarged `zoom` times."""
    ring = np.concatenate([tile, tile[:, ::-1]], axis=1)
    ring = np.concatenate([ring, ring[::-1]], axis=0)
    ring = np.asarray(cv2.resize(ring, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC), np.uint8)
    if rng.random() < 0.5:
        ring = ring.transpose(1, 0, 2)
    rows = (np.arange(size[0]) + int(rng.integers(ring.shape[0]))) % ring.shape[0]
    columns = (np.arange(size[1]) + int(rng.integers(ring.shape[1]))) % ring.shape[1]
    return np.asarray(ring[rows][:, columns], np.uint8)


def tinted(rng: np.random.Generator, picture: Image, hue: float, strength: float) -> Image:
    """Shift hue (degrees of 180) and scale saturation and value at random."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + rng.uniform(-hue, hue)) % 180
    hsv[..., 1:] *= np.exp(rng.uniform(-strength, strength, 2)).astype(np.float32)
    return np.asarray(cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2RGB), np.uint8)
