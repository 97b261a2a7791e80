"""The TIFF against readers that are not ours."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tifffile

from vision.coverage import State
from vision.surface import SurfaceMap
from vision.tiff import write_tiff
from vision.types import PoleShape


@pytest.fixture
def surface() -> SurfaceMap:
    surface = SurfaceMap(PoleShape(3, 260, 200), 2)
    surface.colour[:] = np.random.default_rng(1).integers(0, 256, surface.colour.shape, dtype=np.uint8)
    surface.state[200:] = State.SEEN
    surface.state[1400:] = State.TOO_OBLIQUE
    surface.rust[700:703, 100:103] = 255
    return surface


def test_colour_and_classes_are_there_at_every_scale(surface: SurfaceMap, tmp_path: Path) -> None:
    write_tiff(tmp_path / "map.tif", surface)
    with tifffile.TiffFile(tmp_path / "map.tif") as opened:
        levels = opened.series[0].levels
        full = levels[0].asarray()
        assert opened.pages[0].is_tiled
        assert [level.shape[0] for level in levels] == [1500, 750, 375, 187]
        assert (full[..., :3] == surface.colour).all()
        assert [int(full[row, 101, 3]) for row in (0, 300, 701, 1450)] == [0, 1, 2, 3]
        assert all((level.asarray()[..., 3] == 2).sum() >= 1 for level in levels)
        assert "2.0 mm per pixel" in opened.pages[0].description or "2 mm per pixel" in opened.pages[0].description


@pytest.mark.skipif(shutil.which("gdalinfo") is None, reason="gdalinfo is not installed")
def test_gdal_finds_tiles_and_overviews(surface: SurfaceMap, tmp_path: Path) -> None:
    write_tiff(tmp_path / "map.tif", surface)
    said = subprocess.run(["gdalinfo", str(tmp_path / "map.tif")], capture_output=True, text=True, check=True).stdout
    assert "Block=256x256" in said
    assert f"Size is {surface.columns}, {surface.rows}" in said
    assert "Overviews:" in said
