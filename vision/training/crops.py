"""The training mix: one crop per index, the same for the same seed, from photographs and made pictures."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vision.corrections import Corrections, read_corrections
from vision.labels import Pair, RustMask, read_classes, read_index, read_pair
from vision.silhouettes import Inside, Silhouettes, read_silhouettes
from vision.training.augment import GROUND, IGNORE, OTHER, RUST, STEEL, cropped, recorded, relit
from vision.training.paste import moved, pasted, repainted
from vision.training.synthetic import flat, wall
from vision.training.tiles import Tiles
from vision.types import Image

SHARES = {"street": 0.42, "screenshots": 0.08, "walkway": 0.06, "pole": 0.18, "flat": 0.14, "wall": 0.12}
"""Share of crops by source."""

MADE = ("pole", "flat", "wall")
"""Sources that are made from texture tiles."""

OTHER_SETS = 0.5
"""Share of all sets that SHARES does not name, by their number of photographs."""

PASTED = {"street": 0.25, "screenshots": 0.25, "pole": 0.3, "flat": 0.15, "wall": 0.1}
"""Share of a source's crops that get a labelled patch of rust from a street photograph."""

MOVED = 0.4
"""Share of the crops with steel outlined whose steel is put before another ground."""

REPAINTED = 0.15
"""Share of photographs' crops whose sound surfaces get another colour."""

BAND_PX = 9
"""Width of the band along silhouettes' edges that says neither steel nor ground: they are drawn by eye."""

WALKWAY_EVERY = 4
"""One walkway photograph in four: neighbours are near-duplicates."""

EDGE_PX = 1
"""Width of the band along mask edges that is left out on photographs: polygons are that inexact."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything crops are cut from, decoded."""

    photographs: dict[str, list[tuple[Image, RustMask]]]
    poles: npt.NDArray[np.uint8]
    """Rendered poles with their rust as fourth channel, (count, side, side, 4)."""
    tiles: Tiles | None
    """None: no made pictures."""


def read_sources(
    photographs: Path,
    textures: Path | None,
    poles: npt.NDArray[np.uint8],
    corrections: Path | None = None,
    classes: bool = False,
    silhouettes: Path | None = None,
) -> Sources:
    """Read and decode the training split (about 0.6 GB), masks mended, photographs to be dropped left out.

    With `classes` masks keep all their values, and nothing is made or mended: made pictures, corrections and
    silhouettes know rust alone. Raises ValueError without training photographs.
    """
    for given in (corrections, silhouettes):
        if classes and given is not None:
            raise ValueError(f"{given} knows rust alone; leave it out to train on all labels")
    outlines = Silhouettes({}) if silhouettes is None else read_silhouettes(silhouettes)
    by_set: dict[str, list[tuple[Image, RustMask]]] = {}
    known = Corrections({}) if corrections is None else read_corrections(corrections)
    for pair in training_pairs(read_index(photographs)):
        image, mask = read_classes(pair) if classes else read_pair(pair)
        mended = known.mended(pair, mask)
        if mended is not None:
            label = outlined(edged(unmarked(image, mended)), outlines.inside(pair, mended.shape))
            by_set.setdefault(pair.set, []).append((image, label))
    if not by_set:
        raise ValueError(f"{photographs} has no photographs of split 'train'; see `highmast dataset split`")
    return Sources(by_set, poles, None if classes or textures is None else Tiles(textures))


def training_pairs(pairs: list[Pair]) -> list[Pair]:
    """Choose the training split, near-duplicates thinned out."""
    chosen = [pair for pair in pairs if pair.split == "train"]
    walkway = [pair for pair in chosen if pair.set == "walkway"][::WALKWAY_EVERY]
    return [pair for pair in chosen if pair.set != "walkway"] + walkway


def unmarked(image: Image, mask: RustMask) -> RustMask:
    """Take ArUco markers (with their border) out of the rust: they are printed plates."""
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_1000))
    corners, *_ = detector.detectMarkers(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    mask = mask.copy()
    for quad in corners:
        cv2.fillPoly(mask, [quad.reshape(4, 2).astype(np.int32)], 0)
    return mask


def edged(mask: RustMask) -> RustMask:
    """Mark a band along mask edges as ignored."""
    kernel = np.ones((EDGE_PX, EDGE_PX), np.uint8)
    band = cv2.dilate(mask, kernel) != cv2.erode(mask, kernel)
    return np.where(band, IGNORE, mask).astype(np.uint8)


def outlined(label: RustMask, inside: Inside | None) -> RustMask:
    """Tell sound steel from ground where a silhouette does, but for a band along its edge; rust on ground is left out.

    Such rust is on something out of focus, or soil that was labelled with the foot of a pole.
    """
    if inside is None:
        return label
    kernel = np.ones((BAND_PX, BAND_PX), np.uint8)
    steel = inside.astype(np.uint8)
    sure, never = cv2.erode(steel, kernel), 1 - cv2.dilate(steel, kernel)
    label = np.where((label == RUST) & (never > 0), IGNORE, label)
    return np.where(label == OTHER, STEEL * sure + GROUND * never, label).astype(np.uint8)


def mix(sources: Sources) -> dict[str, float]:
    """Return the share of crops by source, of sum 1."""
    there = {*sources.photographs, *(MADE if sources.tiles is not None else ())}
    if not len(sources.poles):
        there -= {"pole"}
    shares = {name: share for name, share in SHARES.items() if name in there}
    others = {name: len(pairs) for name, pairs in sorted(sources.photographs.items()) if name not in SHARES}
    shares |= {name: OTHER_SETS * count / sum(others.values()) for name, count in others.items()}
    return {name: share / sum(shares.values()) for name, share in shares.items()}


class Crops:
    """A map-style data set of `count` crops of `side` pixels: (RGB (side, side, 3), label (side, side))."""

    def __init__(self, sources: Sources, side: int, count: int, seed: int) -> None:
        self.sources, self.side, self.count, self.seed = sources, side, count, seed
        self.shares = mix(sources)
        self.pasted = PASTED if "street" in sources.photographs else {}

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Image, RustMask]:
        """Make crop `index`: the same for the same seed, whatever was made before."""
        rng = np.random.default_rng([self.seed, index])
        source = str(rng.choice(list(self.shares), p=list(self.shares.values())))
        image, label = self._drawn(rng, source)
        if self.sources.tiles is not None:
            image, label = self._changed(rng, source, image, label)
        return recorded(rng, relit(rng, image)), label

    def _changed(self, rng: np.random.Generator, source: str, image: Image, label: RustMask) -> tuple[Image, RustMask]:
        """Sometimes give a crop another paint, another ground or more rust."""
        if source not in MADE and rng.random() < REPAINTED:
            image = repainted(rng, image, label)
        if (label == STEEL).any() and rng.random() < MOVED:
            image, label = moved(rng, image, label, *self._drawn(rng, str(rng.choice(["wall", source]))))
        if rng.random() < self.pasted.get(source, 0):
            image, label = pasted(rng, image, label, *self._photographed(rng, "street"))
        return image, label

    def _drawn(self, rng: np.random.Generator, source: str) -> tuple[Image, RustMask]:
        tiles = self.sources.tiles
        if source == "wall" and tiles is not None:
            return wall(rng, tiles, self.side)
        if source == "flat" and tiles is not None:
            return flat(rng, tiles, self.side)
        if source == "pole":
            picture = self.sources.poles[int(rng.integers(len(self.sources.poles)))]
            return cropped(rng, picture[..., :3], picture[..., 3], self.side, (0.7, 1.4))
        return self._photographed(rng, source)

    def _photographed(self, rng: np.random.Generator, source: str) -> tuple[Image, RustMask]:
        pairs = self.sources.photographs[source]
        image, label = pairs[int(rng.integers(len(pairs)))]
        return cropped(rng, image, label, self.side, (0.45, 1.9))
