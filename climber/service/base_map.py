"""What lies under the poles on the fleet's map: the owner's outlines, and raster tiles where the owner allows them."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from climber.errors import InputError

EMPTY = '{"type": "FeatureCollection", "features": []}'


def check_outlines(path: Path) -> Path:
    """Return the path of a GeoJSON file, or raise InputError that says what is wrong with it."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"--base-map {path}: {error}. Give a GeoJSON file in degrees (EPSG:4326).") from error
    kind = content.get("type") if isinstance(content, dict) else None
    if kind not in ("FeatureCollection", "Feature"):
        raise InputError(f"--base-map {path}: its `type` is {kind!r}, not FeatureCollection. Export it as GeoJSON.")
    return path


def check_tiles(address: str) -> str:
    """Return an address of raster tiles, or raise InputError."""
    missing = [one for one in ("{z}", "{x}", "{y}") if one not in address]
    if missing or urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).netloc:
        raise InputError(
            f"--map-tiles {address}: give an http or https address with {{z}}, {{x}} and {{y}}, "
            "such as https://tiles.example.org/{z}/{x}/{y}.png"
        )
    return address


def tile_origin(address: str | None) -> str:
    """Return the origin that browsers must be allowed to load tiles from, or an empty text."""
    if address is None:
        return ""
    parts = urlsplit(address)
    return f" {parts.scheme}://{parts.netloc}"
