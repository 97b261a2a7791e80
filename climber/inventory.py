"""Reading an inventory of poles from a file, with its columns mapped and each row's errors named."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from climber.entries import InventoryPole
from climber.errors import InputError

FIELDS = ("code", "lon", "lat", "height_m", "base_diameter_mm", "top_diameter_mm", "sides")
POINT, MULTIPOINT = 1, 4
"""Kinds of geometry in well-known binary."""
GUESSES: dict[str, tuple[str, ...]] = {
    "code": ("code", "pole_code", "pole", "pole_id", "pole_no", "asset_id", "asset_no", "id", "name"),
    "lon": ("lon", "long", "longitude", "lng", "x"),
    "lat": ("lat", "latitude", "y"),
    "height_m": ("height_m", "height"),
    "base_diameter_mm": ("base_diameter_mm", "base_diameter"),
    "top_diameter_mm": ("top_diameter_mm", "top_diameter"),
    "sides": ("sides", "facets"),
}
"""Column names that mean a field when nobody says otherwise, most likely first."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One row that cannot be taken: its number in the file (the first row of data is 1) and why."""

    row: int
    why: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """A file as it will be sent, and what of it will not be."""

    columns: dict[str, str]
    """Field -> column of the file."""
    details: tuple[str, ...]
    """Columns kept as details."""
    poles: tuple[InventoryPole, ...]
    wrong: tuple[Wrong, ...]


def read_inventory(path: Path, given: Mapping[str, str], layer: str | None = None) -> Inventory:
    """Read a CSV, GeoJSON or GeoPackage file; `given` maps fields to columns, other fields are guessed.

    Raises InputError when the file cannot be read, a named column is not there, or no column is the code.
    """
    rows = list(_rows(path, layer))
    if not rows:
        raise InputError(f"{path}: there are no rows.")
    columns = map_columns([str(name) for name in rows[0]], given, path)
    details = tuple(str(name) for name in rows[0] if name not in columns.values())
    poles, wrong = [], []
    for number, row in enumerate(rows, start=1):
        try:
            poles.append((number, _pole(row, columns, details)))
        except ValidationError as error:
            wrong.append(Wrong(number, _words(error, row, columns)))
    wrong += _twice(poles)
    lost = {one.row for one in wrong}
    taken = tuple(pole for number, pole in poles if number not in lost)
    return Inventory(columns, details, taken, tuple(sorted(wrong, key=lambda one: one.row)))


def map_columns(names: list[str], given: Mapping[str, str], path: Path) -> dict[str, str]:
    """Return which column holds which field."""
    for field, column in given.items():
        if field not in FIELDS:
            raise InputError(f"--column {field}={column}: there is no field {field}; fields are {', '.join(FIELDS)}.")
        if column not in names:
            raise InputError(f"--column {field}={column}: {path} has no such column; it has {', '.join(names)}.")
    by_key = {name.strip().lower().replace(" ", "_"): name for name in names if name not in given.values()}
    guessed = {
        field: next((by_key[guess] for guess in guesses if guess in by_key), None) for field, guesses in GUESSES.items()
    }
    columns = {field: column for field, column in guessed.items() if column is not None} | dict(given)
    if "code" not in columns:
        raise InputError(f"{path}: no column is known as the pole's code. Say which: --column code=NAME.")
    return columns


def _rows(path: Path, layer: str | None) -> Iterator[Row]:
    suffix = path.suffix.lower()
    readers = {".csv": _csv_rows, ".geojson": _geojson_rows, ".json": _geojson_rows}
    try:
        if suffix == ".gpkg":
            yield from _geopackage_rows(path, layer)
        elif suffix in readers:
            yield from readers[suffix](path)
        else:
            raise InputError(f"{path}: an inventory is a .csv, .geojson or .gpkg file.")
    except (OSError, UnicodeDecodeError, csv.Error, json.JSONDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error


def _csv_rows(path: Path) -> Iterator[Row]:
    text = path.read_bytes().decode("utf-8-sig")  # line ends within a cell are the csv module's to judge
    names = re.sub(r'"[^"]*"', "", text.partition("\n")[0])
    separator = max(",;\t", key=names.count)
    for row in csv.DictReader(StringIO(text, newline=""), delimiter=separator):
        yield {name: value for name, value in row.items() if name is not None}


def _geojson_rows(path: Path) -> Iterator[Row]:
    document = json.loads(path.read_text("utf-8"))
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise InputError(f"{path}: this is no GeoJSON feature collection.")
    for number, one in enumerate(features, start=1):
        if not (isinstance(one, dict) and isinstance(one.get("properties") or {}, dict)):
            raise InputError(f"{path}: feature {number} is no GeoJSON feature: {json.dumps(one)[:80]}")
    names = list(dict.fromkeys(name for one in features for name in (one.get("properties") or {})))
    for one in features:
        values = one.get("properties") or {}
        yield {name: values.get(name) for name in names} | _place(one.get("geometry"))


def _place(geometry: Any) -> dict[str, Any]:
    """Return where a point, or a set of one, is; what is no place stays as it is, so its row is refused with it."""
    match geometry:
        case {"type": "Point", "coordinates": place}:
            pass
        case {"type": "MultiPoint", "coordinates": [place]}:  # desktop GIS write a layer of points as sets of one
            pass
        case {"type": "Point" | "MultiPoint"}:
            place = geometry.get("coordinates")
        case _:
            return {"longitude": None, "latitude": None}
    match place:
        case [int() | float() as lon, int() | float() as lat, *_]:
            return {"longitude": lon, "latitude": lat}
    return dict.fromkeys(("longitude", "latitude"), json.dumps(place))


def _geopackage_rows(path: Path, layer: str | None) -> Iterator[Row]:
    try:
        import pyogrio
    except ImportError as error:
        raise InputError("a GeoPackage is read with pip install 'highmast[geo]'") from error
    try:
        about, table = pyogrio.read_arrow(path, layer=layer)
    except (ValueError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise InputError(f"{path}: {error}") from error
    crs = about["crs"]
    if crs not in (None, "EPSG:4326", "OGC:CRS84"):
        raise InputError(f"{path}: coordinates are in {crs}; give degrees (ogr2ogr -t_srs EPSG:4326 new.gpkg {path}).")
    shape = about["geometry_name"] or "wkb_geometry"
    for row in table.to_pylist():
        yield {name: value for name, value in row.items() if name != shape} | _point(row.get(shape))


def _point(content: bytes | None) -> dict[str, Any]:
    """Read a WKB point, or a set of one."""
    import struct

    if not content or len(content) < 21:
        return {"longitude": None, "latitude": None}
    order = "<" if content[0] == 1 else ">"
    kind, count = struct.unpack(f"{order}II", content[1:9])
    if kind % 1000 == MULTIPOINT:
        return _point(content[9:]) if count == 1 else dict.fromkeys(("longitude", "latitude"), f"{count} points")
    lon, lat = struct.unpack(f"{order}dd", content[5:21])
    return {"longitude": lon, "latitude": lat} if kind % 1000 == POINT else {"longitude": None, "latitude": None}


def _pole(row: Row, columns: dict[str, str], details: tuple[str, ...]) -> InventoryPole:
    values = {field: _text(row.get(column)) for field, column in columns.items()}
    kept = {name: text for name in details if (text := _text(row.get(name))) is not None}
    return InventoryPole.model_validate({**values, "details": kept})


def _text(value: Any) -> str | None:
    """Return a cell as text; an empty one is not known."""
    text = "" if value is None else str(value).strip()
    return text or None


def _words(error: ValidationError, row: Row, columns: dict[str, str]) -> str:
    said = []
    for one in error.errors():
        field = str(one["loc"][0])
        column = columns.get(field, str(one["loc"][-1]))
        said.append(f"{column} {str(row.get(column, ''))[:40]!r}: {one['msg']}")
    return "; ".join(said)


def _twice(poles: list[tuple[int, InventoryPole]]) -> list[Wrong]:
    """Refuse every row of a code that comes more than once: which one holds is not ours to say."""
    counted = Counter(pole.code for _, pole in poles)
    return [
        Wrong(number, f"code {pole.code!r} comes {counted[pole.code]} times")
        for number, pole in poles
        if counted[pole.code] > 1
    ]
