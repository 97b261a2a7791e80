"""A still says which trigger it belongs to: a JPEG comment with its number and the controller's time of exposure."""

import re
from dataclasses import dataclass

START = b"\xff\xd8"
COMMENT = b"\xff\xfe"
WORDS = re.compile(rb"highmast still=(-?\d+) boot_ms=(\d+)")
LOOK_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the comment says."""

    index: int
    """The trigger's number; -1 for a preview."""
    time_boot_s: float


def stamped(jpeg: bytes, stamp: Stamp) -> bytes:
    """The JPEG with the comment behind its first marker."""
    words = f"highmast still={stamp.index} boot_ms={round(stamp.time_boot_s * 1000)}".encode()
    return START + COMMENT + (len(words) + 2).to_bytes(2, "big") + words + jpeg[2:]


def stamp_of(jpeg: bytes) -> Stamp | None:
    """The stamp, or None in a photograph of another source."""
    found = WORDS.search(jpeg, 0, LOOK_BYTES)
    return None if found is None else Stamp(int(found[1]), int(found[2]) / 1000)
