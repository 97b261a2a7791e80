"""Our corrections of rust masks: polygons keyed by the photograph's SHA-256, each with its reason.

[[photograph]]
sha256 = "..."          # of the image file
name = "street-0946"    # for people
reason = "..."
drop = false            # true: leave the photograph out
rust = [[[x, y], ...]]  # polygons in pixels that are rust
sound = [[[x, y], ...]] # polygons that are not; laid first
"""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vision.labels import Pair, RustMask

Polygon = list[list[int]]


@dataclass(frozen=True, slots=True)
class Correction:
    """What is wrong with one mask."""

    name: str
    reason: str
    drop: bool = False
    rust: tuple[Polygon, ...] = ()
    sound: tuple[Polygon, ...] = ()


class Corrections:
    """All corrections of a data set."""

    def __init__(self, by_sha256: dict[str, Correction]) -> None:
        self.by_sha256 = by_sha256

    def mended(self, pair: Pair, mask: RustMask) -> RustMask | None:
        """Return the mask as it should be, None when the photograph is to be left out."""
        correction = self.by_sha256.get(hashlib.sha256(pair.image.read_bytes()).hexdigest())
        if correction is None:
            return mask
        return None if correction.drop else laid(correction, mask)


def laid(correction: Correction, mask: RustMask) -> RustMask:
    """Lay a correction's polygons over a mask: sound first, then rust."""
    mask = mask.copy()
    for value, polygons in ((0, correction.sound), (1, correction.rust)):
        for polygon in polygons:
            cv2.fillPoly(mask, [np.array(polygon, dtype=np.int32)], value)
    return mask


def read_corrections(path: Path) -> Corrections:
    """Read a corrections file; ValueError names the entry and what is wrong with it."""
    try:
        entries = tomllib.loads(path.read_text())["photograph"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path} is no corrections file: {error}; see vision/corrections.py") from None
    return Corrections({_key(path, entry): _read(path, entry) for entry in entries})


def _key(path: Path, entry: dict[str, object]) -> str:
    key = entry.get("sha256")
    if not isinstance(key, str) or len(key) != 64:
        raise ValueError(f"{path}: `sha256` of {entry.get('name')!r} is {key!r}; give the 64 hex digits of the image")
    return key


def _read(path: Path, entry: dict[str, object]) -> Correction:
    values = {name: value for name, value in entry.items() if name != "sha256"}
    unknown = set(values) - {"name", "reason", "drop", "rust", "sound"}
    if unknown or not values.get("reason"):
        raise ValueError(f"{path}: {values.get('name')!r} has unknown keys {sorted(unknown)} or no `reason`")
    for name in ("rust", "sound"):
        values[name] = tuple(values.get(name, ()))  # type: ignore[arg-type]
    return Correction(**values)  # type: ignore[arg-type]
