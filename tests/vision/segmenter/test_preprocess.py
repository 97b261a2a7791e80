"""Tiles cover a photograph exactly once, whatever its size."""

import numpy as np
import pytest

from vision.preprocess import STRIDE, TILE_PX, padded, tiles


@pytest.mark.parametrize("longest", [192, TILE_PX, 1920])
@pytest.mark.parametrize(("height", "width"), [(64, 64), (640, 640), (TILE_PX, TILE_PX + 64), (1088, 1920), (3008, 64)])
def test_kept_parts_cover_every_pixel_once(height: int, width: int, longest: int) -> None:
    seen = np.zeros((height, width), dtype=np.int32)
    for tile in tiles(height, width, longest):
        seen[tile.keep] += 1
        part = np.zeros((height, width), dtype=np.float32)[tile.read]
        assert max(part.shape) <= longest
        assert [side % STRIDE for side in part.shape] == [0, 0]
        assert tile.kept(part).shape == seen[tile.keep].shape
    assert (seen == 1).all()


@pytest.mark.parametrize("times", [1, 2, 4])
def test_a_tile_keeps_its_own_place_also_in_a_smaller_picture(times: int) -> None:
    rows = np.repeat(np.arange(1728 // times, dtype=np.float32)[:, None], 16, axis=1)
    for tile in tiles(1728, 64):
        small = tile.shrunk(times)
        assert np.array_equal(small.kept(rows[small.read]), rows[small.keep])


@pytest.mark.parametrize("size", [(1, 1), (31, 65), (64, 64), (33, 700)])
def test_padding_reaches_a_multiple_of_the_stride_and_keeps_the_picture(size: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 255, (*size, 3), dtype=np.uint8)
    out = padded(image)
    assert out.shape[1] % STRIDE == 0
    assert out.shape[2] % STRIDE == 0
    assert np.array_equal(out[0, : size[0], : size[1]], image)
