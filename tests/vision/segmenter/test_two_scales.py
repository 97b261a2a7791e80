"""From coarse to fine: where the half scale rules rust out it stands alone, elsewhere the mean of both counts."""

import numpy as np
import pytest

from vision.preprocess import enlarged
from vision.two_scales import NO_RUST, at_half_scale, doubtful, rust_logit
from vision.types import Image

Plane = np.ndarray[tuple[int, int], np.dtype[np.float32]]


class Network:
    """Answers by the pictures red channel, in grey levels as logits; keeps what it was asked at full scale."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []

    def coarse(self, image: Image) -> Plane:
        return image[::4, ::4, 0].astype(np.float32) - 100

    def fine(self, image: Image) -> Plane:
        self.asked.append(image.shape[:2])
        return image[::2, ::2, 1].astype(np.float32) - 100


def picture(height: int, width: int) -> Image:
    return np.random.default_rng(1).integers(0, 90, (height, width, 3)).astype(np.uint8)


def answered(image: Image, network: Network) -> Plane:
    small = at_half_scale(image, lambda part: np.stack([network.coarse(part), -network.coarse(part)]))
    assert np.array_equal(small, [network.coarse(image), -network.coarse(image)])
    return rust_logit(image, small[0], network.fine)


def test_where_the_half_scale_rules_rust_out_it_stands_alone() -> None:
    network, image = Network(), picture(1088, 1920)
    answer = answered(image, network)
    assert network.asked == []
    assert np.array_equal(answer, enlarged(network.coarse(image)))


def test_possible_rust_is_looked_at_with_its_surroundings_and_nothing_else() -> None:
    network, image = Network(), picture(1088, 1920)
    image[400:404, 700:704] = 97  # a logit of -3: not called rust, but not ruled out
    image[400:404, 1400:1404] = 95  # -5: ruled out
    answer, coarse = answered(image, network), enlarged(network.coarse(image))
    changed = answer != coarse
    mean = (coarse + image[::2, ::2, 1].astype(np.float32) - 100) / 2
    assert np.array_equal(answer[changed], mean[changed])
    assert changed[200 - 4 : 200 + 4, 350 - 4 : 350 + 4].mean() > 0.8
    assert not changed[:, 600:].any()
    assert sum(height * width for height, width in network.asked) <= 4 * 192 * 192


@pytest.mark.parametrize("size", [(64, 64), (128, 704), (1088, 1920), (832, 832)])
def test_in_a_picture_of_rust_the_mean_counts_everywhere_at_no_more_cost_than_tiles(size: tuple[int, int]) -> None:
    network, image = Network(), picture(*size) + np.uint8(100)
    wanted = (enlarged(network.coarse(image)) + network.fine(image)) / 2
    network.asked.clear()
    assert np.array_equal(answered(image, network), wanted)
    assert sum(height * width for height, width in network.asked) <= 1.35 * size[0] * size[1]


def test_every_element_that_may_be_rust_is_chosen() -> None:
    small = np.where(np.random.default_rng(2).random((272, 480)) < 0.0005, NO_RUST, -9).astype(np.float32)
    seen = np.zeros(small.shape, dtype=bool)
    for tile in doubtful(small, (1088, 1920)):
        seen[tile.shrunk(4).keep] = True
    assert seen[small >= NO_RUST].all()
    assert seen.mean() < 0.8
