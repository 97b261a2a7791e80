"""Tiles cover a photograph exactly once, whatever its size."""

import numpy as np
import pytest

from vision.preprocess import STRIDE, TILE_PX, padded, tiles


@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (31, 33), (640, 640), (TILE_PX, TILE_PX + 1), (1080, 1920), (3000, 50)]
)
def test_kept_parts_cover_every_pixel_once(height: int, width: int) -> None:
    seen = np.zeros((height, width), dtype=np.int32)
    for tile in tiles(height, width):
        seen[tile.keep] += 1
        part = np.zeros((height, width), dtype=np.float32)[tile.read]
        assert max(part.shape) <= TILE_PX
        assert tile.kept(part).shape == seen[tile.keep].shape
    assert (seen == 1).all()


def test_a_tile_keeps_its_own_place() -> None:
    rows = np.repeat(np.arange(1700, dtype=np.float32)[:, None], 8, axis=1)
    for tile in tiles(*rows.shape):
        assert np.array_equal(tile.kept(rows[tile.read]), rows[tile.keep])


@pytest.mark.parametrize("size", [(1, 1), (31, 65), (64, 64), (33, 700)])
def test_padding_reaches_a_multiple_of_the_stride_and_keeps_the_picture(size: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 255, (*size, 3), dtype=np.uint8)
    out = padded(image)
    assert out.shape[1] % STRIDE == 0
    assert out.shape[2] % STRIDE == 0
    assert np.array_equal(out[0, : size[0], : size[1]], image)
