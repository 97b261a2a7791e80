"""Run lengths, three ways: COCO's counts down columns, CVAT's along the rows of a box, Label Studio's packed bits."""

import numpy as np
import numpy.typing as npt

from vision.dataset.shapes import BadEntry, Bits

SIZES = (3, 4, 8, 16)
"""Bits of the four run lengths that Label Studio's own encoder writes."""


def counted(bits: npt.NDArray[np.bool_]) -> list[int]:
    """Return lengths of runs of a flat array, the first of zeros (perhaps 0)."""
    edges = np.flatnonzero(np.diff(bits.astype(np.int8))) + 1
    counts = np.diff(np.concatenate([[0], edges, [bits.size]])).tolist()
    return [0, *counts] if bits.size and bits[0] else counts


def spread(where: str, counts: list[int], size: int) -> npt.NDArray[np.bool_]:
    """Undo `counted`; BadEntry when the lengths do not add up to `size`."""
    lengths = np.array(counts, dtype=np.int64)
    if lengths.ndim != 1 or (lengths < 0).any() or lengths.sum() != size:
        raise BadEntry(f"{where}: run lengths add up to {int(lengths.sum())}, not to the {size} pixels of the mask")
    return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)


def from_coco(where: str, segmentation: dict[str, object]) -> Bits:
    """Read COCO run lengths, plain or packed into a string."""
    try:
        height, width = (int(value) for value in segmentation["size"])  # type: ignore[attr-defined]
        counts = segmentation["counts"]
    except (KeyError, TypeError, ValueError):
        raise BadEntry(f"{where}: run lengths need `size` (height, width) and `counts`") from None
    if isinstance(counts, str):
        counts = _unpacked(where, counts)
    if not isinstance(counts, list) or not all(isinstance(each, int) for each in counts):
        raise BadEntry(f"{where}: `counts` is neither a list of whole numbers nor a string")
    return spread(where, counts, height * width).reshape(width, height).T


def to_coco(bits: Bits) -> dict[str, object]:
    """Write plain COCO run lengths."""
    return {"size": list(bits.shape), "counts": counted(bits.T.ravel())}


def _unpacked(where: str, text: str) -> list[int]:
    """Undo COCO's string: six bits a character, five of them payload, from the third on differences."""
    counts: list[int] = []
    value = shift = 0
    for character in text:
        code = ord(character) - 48
        if not 0 <= code < 64:
            raise BadEntry(f"{where}: {character!r} does not occur in packed run lengths")
        value |= (code & 31) << shift
        shift += 5
        if not code & 32:
            value -= (1 << shift) if code & 16 else 0
            counts.append(value + (counts[-2] if len(counts) > 2 else 0))
            value = shift = 0
    return counts


def from_cvat(where: str, counts: list[int], box: tuple[int, int, int, int], size: tuple[int, int]) -> Bits:
    """Read CVAT's run lengths in a box (left, top, width, height) of a picture (width, height)."""
    left, top, width, height = box
    bits = np.zeros((size[1], size[0]), dtype=np.bool_)
    if left < 0 or top < 0 or width < 1 or height < 1 or left + width > size[0] or top + height > size[1]:
        raise BadEntry(f"{where}: the mask's box {box} leaves the picture of {size[0]} x {size[1]} pixels")
    bits[top : top + height, left : left + width] = spread(where, counts, width * height).reshape(height, width)
    return bits


def to_cvat(bits: Bits) -> tuple[list[int], tuple[int, int, int, int]]:
    """Return run lengths and the box of the pixels that are set; there must be one."""
    rows, columns = np.flatnonzero(bits.any(axis=1)), np.flatnonzero(bits.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    part = bits[top : rows[-1] + 1, left : columns[-1] + 1]
    return counted(part.ravel()), (left, top, part.shape[1], part.shape[0])


def from_label_studio(where: str, packed: list[int], size: tuple[int, int]) -> Bits:
    """Read Label Studio's brush: packed runs of RGBA bytes; pixels with any opacity are set.

    Layout: 32 bits count of bytes, 5 bits word size - 1, four times 4 bits run size - 1; then for each run one bit
    (1 = repeated), 2 bits which run size, the length - 1, and one word or as many as the length says.
    """
    try:
        stream = np.unpackbits(np.array(packed, dtype=np.uint8))
        return _brush(_Bits(stream)).reshape(size[1], size[0], 4)[..., 3] > 0
    except (IndexError, ValueError, OverflowError, TypeError):
        raise BadEntry(
            f"{where}: the brush's run lengths are damaged, or not for {size[0]} x {size[1]} pixels"
        ) from None


class _Bits:
    """Reads whole numbers of any width from a bit string."""

    def __init__(self, bits: npt.NDArray[np.uint8]) -> None:
        self._text = bits.tobytes().translate(bytes.maketrans(b"\0\1", b"01"))
        self._at = 0

    def read(self, width: int) -> int:
        """Return the next number; IndexError at the end."""
        self._at += width
        if self._at > len(self._text):
            raise IndexError("end of bits")
        return int(self._text[self._at - width : self._at], 2)


def _brush(bits: _Bits) -> npt.NDArray[np.uint8]:
    total, word = bits.read(32), bits.read(5) + 1
    sizes = [bits.read(4) + 1 for _ in range(4)]
    out = np.empty(total, dtype=np.uint8)
    at = 0
    while at < total:
        repeated, length = bits.read(1), bits.read(sizes[bits.read(2)]) + 1
        out[at : at + length] = bits.read(word) if repeated else [bits.read(word) for _ in range(length)]
        at += length
    return out


def to_label_studio(bits: Bits) -> list[int]:
    """Write a brush: opaque white where pixels are set."""
    text = [f"{bits.size * 4:032b}", f"{7:05b}", *(f"{size - 1:04b}" for size in SIZES)]
    for index, count in enumerate(counted(bits.ravel())):
        text += _runs(count * 4, 255 if index % 2 else 0)
    joined = "".join(text)
    joined += "0" * (-len(joined) % 8)
    return [int(joined[at : at + 8], 2) for at in range(0, len(joined), 8)]


def _runs(length: int, value: int) -> list[str]:
    """Write one run in pieces of at most 2^16."""
    pieces = []
    while length:
        piece = min(length, 1 << SIZES[-1])
        index = next(index for index, size in enumerate(SIZES) if piece <= 1 << size)
        pieces.append(f"1{index:02b}{piece - 1:0{SIZES[index]}b}{value:08b}")
        length -= piece
    return pieces
