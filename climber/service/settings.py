"""Where the service keeps its data and what it accepts. Built once by `highmast serve`, never changed."""

import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds; what exceeds one is refused with its value and the limit."""

    document_bytes: int = 64 * 2**20
    """Body of one batch of climbs."""
    blob_bytes: int = 512 * 2**20
    blob_pixels: int = 250_000_000
    """A 30 m pole of 1.6 m girth at 0.5 mm per pixel has 190 million."""
    requests_per_second: float = 200.0
    """Of one key, in one process of the service; a burst of ten times as many is let through."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One service: a data folder (blobs, previews, the local key) and a database."""

    data: Path
    database_url: str
    bucket_url: str | None = None
    """Object store that holds the pictures; the folder is then their cache."""
    limits: Limits = field(default_factory=Limits)
    base_map: Path | None = None
    """GeoJSON outlines under the poles of the fleet's map."""
    map_tiles: str | None = None
    """Address of raster tiles with {z}, {x} and {y}; None loads nothing from elsewhere."""

    @property
    def local_key_file(self) -> Path:
        """Key of the person at this machine, readable by its owner alone."""
        return self.data / "local.key"


def default_data() -> Path:
    """Return the data folder of a person who names none: `$XDG_DATA_HOME/highmast`, else ~/.local/share."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "highmast"


def settings_for(
    data: Path,
    database_url: str | None = None,
    bucket_url: str | None = None,
    base_map: Path | None = None,
    map_tiles: str | None = None,
) -> Settings:
    """Return settings with SQLite inside `data` unless another database is named."""
    url = database_url or f"sqlite:///{data.absolute() / 'history.sqlite'}"
    return Settings(data, url, bucket_url, base_map=base_map, map_tiles=map_tiles)
