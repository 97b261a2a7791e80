"""Between the generated dialect's tuples and our dataclasses in SI units and degrees.

A message class says of each field which wire field it comes from and how; `message` compiles that once into two
functions. Every number is checked on both ways: what is not finite, out of range or no member of its enumeration
raises ProtocolError.
"""

import math
import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from enum import IntEnum, IntFlag
from itertools import accumulate
from typing import Any, TypeVar

from firmware_bridge.errors import ProtocolError

os.environ.pop("MAV_IGNORE_CRC", None)  # the generated module would switch checking off
from firmware_bridge.dialect import highmast as dialect

Convert = Callable[[Any], Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kind:
    """How one wire field becomes one of ours, and back."""

    name: str
    to_si: Convert | None
    from_si: Convert | None
    real: bool = False
    """One float that must be finite; all of a message are looked at in one go."""


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ProtocolError(f"{value} is not a finite number")
    return value


def number(name: str) -> Any:
    """A float that must be finite, or an integer, as it is on the wire."""
    return field(metadata={"wire": Kind(name, None, None, real=True)})


def integer(name: str, default: int | None = None) -> Any:
    """An integer as it is on the wire."""
    kind = {"wire": Kind(name, None, None)}
    return field(metadata=kind) if default is None else field(default=default, metadata=kind)


def scaled(name: str, unit: float) -> Any:
    """An integer on the wire that counts in `unit`s of ours (1e-3 for milliseconds)."""
    return field(metadata={"wire": Kind(name, lambda raw: raw * unit, lambda value: round(_finite(value) / unit))})


def angle(name: str) -> Any:
    """Radians on the wire, degrees here."""
    return field(metadata={"wire": Kind(name, math.degrees, math.radians, real=True)})


def optional(name: str, unknown: float, unit: float = 1) -> Any:
    """A number with a wire value (or NaN) that means unknown: None here."""
    integral = isinstance(unknown, int)

    def to_si(raw: float) -> float | None:
        if raw == unknown or raw != raw:
            return None
        return _finite(raw) * unit

    def from_si(value: float | None) -> float:
        if value is None:
            return unknown
        return round(_finite(value) / unit) if integral else _finite(value) / unit

    return field(metadata={"wire": Kind(name, to_si, from_si)})


def text(name: str, length: int) -> Any:
    """A zero-padded string; undecodable bytes are replaced, what does not fit is refused."""

    def from_si(value: str) -> bytes:
        raw = value.encode()
        if len(raw) > length:
            raise ProtocolError(f"{name} takes {length} bytes of text, not {len(raw)}: {value!r}")
        return raw

    return field(metadata={"wire": Kind(name, lambda raw: raw.split(b"\0")[0].decode(errors="replace"), from_si)})


def octets(name: str, length: int) -> Any:
    """A string in an array of bytes, as CAMERA_INFORMATION has them."""
    kind: Kind = text(name, length).metadata["wire"]
    assert kind.to_si is not None
    assert kind.from_si is not None
    read, write = kind.to_si, kind.from_si
    return field(
        metadata={"wire": Kind(name, lambda raw: read(bytes(raw)), lambda value: write(value).ljust(length, b"\0"))}
    )


def member(name: str, enum: type[IntEnum] | type[IntFlag]) -> Any:
    """A member of an enumeration; other values are refused."""

    def to_si(raw: int) -> int:
        try:
            return enum(raw)
        except ValueError:
            raise ProtocolError(f"{name} is {raw}, which {enum.__name__} does not have") from None

    return field(metadata={"wire": Kind(name, to_si, int)})


def numbers(name: str, length: int, unit: float | None = None) -> Any:
    """A fixed array: a tuple of `length` finite numbers; with `unit`, integers on the wire."""

    def to_si(raw: Sequence[float]) -> tuple[float, ...]:
        return tuple(_finite(value) * (unit or 1) for value in raw)

    def from_si(values: Sequence[float]) -> list[float]:
        if len(values) != length:
            raise ProtocolError(f"{name} takes {length} numbers, not {len(values)}")
        return [round(_finite(value) / unit) if unit else _finite(value) for value in values]

    return field(metadata={"wire": Kind(name, to_si, from_si)})


@dataclass(frozen=True, slots=True)
class Layout:
    """One message on the wire: identity, checksum seed, packing, and the two conversions."""

    message_id: int
    id_bytes: bytes
    name: str
    crc_extra: int
    size: int
    decode: Callable[[bytes], Any]
    """Full-size payload to our message; ProtocolError."""
    encode: Callable[[Any], bytes]
    """Our message to a full-size payload; ProtocolError."""


BY_ID: dict[int, Layout] = {}
BY_CLASS: dict[type, Layout] = {}


def message(wire_name: str) -> Callable[[type[T]], type[T]]:
    """Register a frozen dataclass as our form of the dialect's message of that name."""

    def register(ours: type[T]) -> type[T]:
        layout = _compile(ours, wire_name)
        BY_ID[layout.message_id] = layout
        BY_CLASS[ours] = layout
        return ours

    return register


def _compile(ours: type, wire_name: str) -> Layout:
    theirs = getattr(dialect, f"MAVLink_{wire_name.lower()}_message")
    packing: struct.Struct = theirs.unpacker
    slots = _slots(theirs)
    kinds: list[Kind] = [one.metadata["wire"] for one in fields(ours)]
    readers = [(slots[kind.name], kind.to_si) for kind in kinds]
    writers = [(one.name, slots[kind.name], kind.from_si) for one, kind in zip(fields(ours), kinds, strict=True)]
    blank = list(packing.unpack(bytes(packing.size)))
    reals = {place: kind.name for kind in kinds if kind.real and isinstance(place := slots[kind.name], int)}
    places = list(reals)

    def check(raw: Sequence[Any]) -> None:
        if not math.isfinite(sum([raw[place] for place in places])):  # one that is not, makes the sum so
            for place, name in reals.items():
                if not math.isfinite(raw[place]):
                    raise ProtocolError(f"{wire_name}.{name}: {raw[place]} is not a finite number")

    def decode(payload: bytes) -> Any:
        raw = packing.unpack(payload)
        check(raw)
        return ours(*[raw[slot] if read is None else read(raw[slot]) for slot, read in readers])

    def encode(value: Any) -> bytes:
        raw = blank.copy()
        for name, slot, write in writers:
            one = getattr(value, name)
            raw[slot] = one if write is None else write(one)
        check(raw)
        try:
            return packing.pack(*raw)
        except (struct.error, OverflowError) as error:
            raise ProtocolError(f"{value} does not fit {wire_name}: {error}") from None

    return Layout(theirs.id, theirs.id.to_bytes(3, "little"), wire_name, theirs.crc_extra, packing.size, decode, encode)


def _slots(theirs: Any) -> dict[str, int | slice]:
    """Where each field sits in the unpacked tuple; arrays of numbers span several places."""
    ends = accumulate(theirs.lengths)
    return {
        name: slice(end - length, end) if length > 1 else end - 1
        for name, length, end in zip(theirs.ordered_fieldnames, theirs.lengths, ends, strict=True)
    }
