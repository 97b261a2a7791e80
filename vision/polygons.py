"""Polygons drawn over photographs: TOML files of `[[photograph]]` entries keyed by the image file's SHA-256."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vision.labels import RustMask

Polygon = list[list[int]]
"""Corners [x, y] in pixels, at least three."""


def fill(mask: RustMask, polygons: Iterable[Polygon], value: int) -> None:
    """Set the pixels inside polygons, edges included, to a value."""
    for polygon in polygons:
        cv2.fillPoly(mask, [np.array(polygon, dtype=np.int32)], value)


def read_entries(path: Path, kind: str, words: set[str], shapes: set[str]) -> dict[str, dict[str, Any]]:
    """Read a file's entries by SHA-256; `words` are the plain keys an entry may have, `shapes` those of polygons.

    Absent shapes are empty. ValueError names the file, the entry and what is wrong with it.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["photograph"]
    except (OSError, KeyError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path} is no {kind} file: {error}; see vision/{kind}.py") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"{path} is no {kind} file: write each photograph as [[photograph]]; see vision/{kind}.py")
    read = [(_key(path, entry), _values(path, entry, words, shapes)) for entry in entries]
    return _once(path, read)


def _key(path: Path, entry: dict[str, Any]) -> str:
    key = entry.get("sha256")
    if not isinstance(key, str) or len(key) != 64:
        raise ValueError(f"{path}: `sha256` of {entry.get('name')!r} is {key!r}; give the 64 hex digits of the image")
    return key


def _values(path: Path, entry: dict[str, Any], words: set[str], shapes: set[str]) -> dict[str, Any]:
    unknown = set(entry) - words - shapes - {"sha256"}
    if unknown or "name" not in entry:
        raise ValueError(f"{path}: {entry.get('name')!r} has unknown keys {sorted(unknown)} or no `name`")
    for shape in shapes & set(entry):
        if not isinstance(entry[shape], list) or not all(_is_polygon(polygon) for polygon in entry[shape]):
            raise ValueError(
                f"{path}: `{shape}` of {entry['name']!r} is no list of polygons [[x, y], [x, y], [x, y], ...]"
            )
    plain = {name: entry[name] for name in words & set(entry)}
    return plain | {name: tuple(entry.get(name, ())) for name in shapes}


def _is_polygon(value: object) -> bool:
    return isinstance(value, list) and len(value) >= 3 and all(_is_corner(corner) for corner in value)


def _is_corner(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(number) is int for number in value)


def _once(path: Path, read: list[tuple[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    by_key: dict[str, dict[str, Any]] = {}
    for key, values in read:
        if key in by_key:
            raise ValueError(f"{path}: {values['name']!r} is there twice ({key[:12]}...); make one entry of both")
        by_key[key] = values
    return by_key
