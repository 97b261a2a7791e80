"""Silhouettes of the steel that is inspected, to measure a model on it alone: polygons keyed by the image's SHA-256.

[[photograph]]
sha256 = "..."          # of the image file
name = "street-0946"    # for people
steel = [[[x, y], ...]] # polygons in pixels round the object, painted or not
other = [[[x, y], ...]] # what hides it (markers, ropes, grass) and gaps in it; laid last
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vision.files import sha256_of
from vision.labels import Pair
from vision.polygons import Polygon, fill, read_entries

Inside = npt.NDArray[np.bool_]
"""True on the steel, shape (height_px, width_px)."""


@dataclass(frozen=True, slots=True)
class Silhouette:
    """The steel of one photograph."""

    name: str
    steel: tuple[Polygon, ...]
    other: tuple[Polygon, ...] = ()


class Silhouettes:
    """All silhouettes of a data set."""

    def __init__(self, by_sha256: dict[str, Silhouette]) -> None:
        self.by_sha256 = by_sha256

    def inside(self, pair: Pair, shape: tuple[int, ...]) -> Inside | None:
        """Return where a photograph of this shape shows the steel, None when it has no silhouette."""
        silhouette = self.by_sha256.get(sha256_of(pair.image))
        return None if silhouette is None else _laid(silhouette, shape)


def _laid(silhouette: Silhouette, shape: tuple[int, ...]) -> Inside:
    mask = np.zeros(shape, np.uint8)
    fill(mask, silhouette.steel, 1)
    fill(mask, silhouette.other, 0)
    return mask.astype(bool)


def read_silhouettes(path: Path) -> Silhouettes:
    """Read a silhouettes file; ValueError names the entry and what is wrong with it."""
    entries = read_entries(path, "silhouettes", {"name"}, {"steel", "other"})
    for entry in entries.values():
        if not entry["steel"]:
            raise ValueError(f"{path}: {entry['name']!r} has no `steel`; draw the object or leave the entry out")
    return Silhouettes({key: Silhouette(**entry) for key, entry in entries.items()})
