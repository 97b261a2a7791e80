"""Files that a killed process left half made: nobody knows their names any more."""

import shutil
import time
from contextlib import suppress
from pathlib import Path

HALF_MADE = ("blobs/incoming/*", "previews/.*", "export-*")
A_DAY_S = 86_400
"""Younger ones may be another process's on the same folder, still at work."""


def sweep(data: Path) -> None:
    """Delete what uploads, previews and exports that never ended have left in the data folder."""
    for path in (path for pattern in HALF_MADE for path in data.glob(pattern)):
        with suppress(FileNotFoundError):  # another process sweeps too
            if time.time() - path.stat().st_mtime > A_DAY_S:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
