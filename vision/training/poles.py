"""A pool of rendered poles for training, made once and kept on disk: rendering costs more than a training step."""

import argparse
import hashlib
import os
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vision.files import sha256_of_all
from vision.training.augment import GROUND, RUST, STEEL
from vision.training.synthetic import pole
from vision.training.tiles import TILES, Tiles

PAINTERS = ("render*.py", "geometry*.py", "confusers*.py", "textures/*", "training/poles.py", "training/synthetic.py",
            "training/tiles.py")  # fmt: skip
"""What draws a pole, in the folder of this package."""


def pole_pool(textures: Path, count: int, side: int, seed: int, cache: Path) -> npt.NDArray[np.uint8]:
    """Return `count` rendered poles, RGB and label, (count, side, side, 4); read from `cache` when it has them."""
    path = cache / f"labelled-poles-{count}-{side}-{seed}-{made_of(textures)}.npy"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        made = rendered(textures, count, side, seed)
        part = path.with_suffix(".tmp.npy")
        np.save(part, made)
        part.replace(path)
    pool: npt.NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return pool


def made_of(textures: Path) -> str:
    """Name what poles are made of: other tiles, or another painter, make other poles."""
    parts = sha256_of_all(textures, TILES) + sha256_of_all(Path(__file__).parents[1], *PAINTERS)
    return hashlib.sha256(parts.encode()).hexdigest()[:12]


def rendered(textures: Path, count: int, side: int, seed: int) -> npt.NDArray[np.uint8]:
    """Render poles in parallel processes; the same for the same seed."""
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        return np.stack(list(workers.map(partial(_one, textures, side, seed), range(count), chunksize=8)))


def _one(textures: Path, side: int, seed: int, index: int) -> npt.NDArray[np.uint8]:
    rng = np.random.default_rng([seed, index])
    picture, rust, shaft = pole(rng, _tiles(textures), side)
    return np.dstack([picture, np.where(rust, RUST, np.where(shaft, STEEL, GROUND)).astype(np.uint8)])


@lru_cache(maxsize=1)
def _tiles(textures: Path) -> Tiles:
    return Tiles(textures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("textures", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--side", type=int, default=576)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(pole_pool(options.textures, options.count, options.side, options.seed, options.cache).shape)
