"""PNG written strip by strip: the picture of a 35 m pole at 0.5 mm a pixel is never in memory a second time.

Format: W3C PNG specification, third edition; filter 2 (up) for colour, none for palette indices.
"""

import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from climber.files import replacing

Strip = npt.NDArray[np.uint8]
Palette = tuple[tuple[int, int, int], ...]

RGB, INDEXED = 2, 3


def write_png(path: Path, size: tuple[int, int], strips: Iterable[Strip], palette: Palette | None = None) -> None:
    """Write strips of whole rows, from the top, as one picture of `size` (columns, rows).

    Strips are (rows, columns, 3) RGB, or with a palette (rows, columns) indices. Raises ValueError when they do not
    make up the size.
    """
    columns, rows = size
    with replacing(path) as out:
        out.write(b"\x89PNG\r\n\x1a\n")
        kind = RGB if palette is None else INDEXED
        out.write(_chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, kind, 0, 0, 0)))
        if palette is not None:
            out.write(_chunk(b"PLTE", bytes(channel for colour in palette for channel in colour)))
        packer, written = zlib.compressobj(1), 0
        above: Strip | None = None
        for strip in strips:
            out.write(_chunk(b"IDAT", packer.compress(_filtered(strip, above, kind))))
            above, written = strip[-1:], written + len(strip)
            if strip.shape[1] != columns:
                raise ValueError(f"a strip is {strip.shape[1]} columns wide, not {columns}; give whole rows")
        if written != rows:
            raise ValueError(f"the strips make {written} rows, not {rows}; give all rows")
        out.write(_chunk(b"IDAT", packer.flush()))
        out.write(_chunk(b"IEND", b""))


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _filtered(strip: Strip, above: Strip | None, kind: int) -> bytes:
    """Prefix each row with its filter; colour is stored as the difference from the row above."""
    flat = np.ascontiguousarray(strip).reshape(len(strip), -1)
    filtered = np.empty((len(strip), flat.shape[1] + 1), dtype=np.uint8)
    if kind == INDEXED:
        filtered[:, 0], filtered[:, 1:] = 0, flat
    else:
        before = np.zeros_like(flat[:1]) if above is None else np.ascontiguousarray(above).reshape(1, -1)
        filtered[:, 0], filtered[:, 1:] = 2, flat - np.concatenate([before, flat[:-1]])
    return filtered.tobytes()
