"""Our corrections of rust masks: polygons keyed by the photograph's SHA-256, each with its reason.

[[photograph]]
sha256 = "..."          # of the image file
name = "street-0946"    # for people
reason = "..."
drop = false            # true: leave the photograph out
rust = [[[x, y], ...]]  # polygons in pixels that are rust
sound = [[[x, y], ...]] # polygons that are not; laid first
"""

from dataclasses import dataclass
from pathlib import Path

from vision.files import sha256_of
from vision.labels import Pair, RustMask
from vision.polygons import Polygon, fill, read_entries


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
        correction = self.by_sha256.get(sha256_of(pair.image))
        if correction is None:
            return mask
        return None if correction.drop else laid(correction, mask)


def laid(correction: Correction, mask: RustMask) -> RustMask:
    """Lay a correction's polygons over a mask: sound first, then rust."""
    mask = mask.copy()
    fill(mask, correction.sound, 0)
    fill(mask, correction.rust, 1)
    return mask


def read_corrections(path: Path) -> Corrections:
    """Read a corrections file; ValueError names the entry and what is wrong with it."""
    entries = read_entries(path, "corrections", {"name", "reason", "drop"}, {"rust", "sound"})
    for entry in entries.values():
        if not entry.get("reason"):
            raise ValueError(f"{path}: {entry['name']!r} has no `reason`; say in one sentence what is wrong")
    return Corrections({key: Correction(**entry) for key, entry in entries.items()})
