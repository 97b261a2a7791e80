"""The probability from which a pixel may show steel: the highest at which pictures of steel are hardly ever refused.

A model tells steel roughly, and each on a scale of its own, so the limit is chosen with the model and kept in its card.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from vision.confusers_made import MADE
from vision.gradability import LEAST_STEEL
from vision.labels import Pair, read_pair
from vision.preprocess import padded
from vision.segmenter import Probability
from vision.training.loop import halved
from vision.training.network import RustNet
from vision.training.tiles import Tiles
from vision.two_scales import at_half_scale
from vision.types import Image

COATS = ("brown paint", "shadow", "rust-coloured stain", "sunset light")
"""Made pictures of coats that fill the frame: the hardest to tell from a wall."""
OF_EACH = 30
SEED = 1_000_033
REFUSED = 0.02
"""Share of the pictures that may be refused."""
HIGHEST = 0.5


def steel_limit(network: RustNet, pairs: list[Pair], textures: Path | None) -> float:
    """Choose the limit on photographs, which all show steel, and on made coats; two decimals, rounded down.

    0 of a network that does not tell steel.
    """
    if network.steel is None:
        return 0.0
    shown = [_most(steel_of(network, read_pair(pair)[0])) for pair in pairs]
    if textures is not None:
        shown += [_most(steel_of(network, coat)) for coat in coats(textures)]
    return float(np.floor(100 * min(HIGHEST, np.quantile(shown, REFUSED, method="lower"))) / 100)


def coats(textures: Path) -> Iterator[Image]:
    """Make the pictures of coats, others than those that false alarms are counted on."""
    tiles = Tiles(textures).rust_free()
    for index in range(OF_EACH):
        yield from (MADE[name](np.random.default_rng([SEED, index]), tiles) for name in COATS)


def _most(steel: Probability) -> float:
    """Return the probability of steel that as much of a picture reaches as must show steel."""
    return float(np.quantile(steel, 1 - LEAST_STEEL, method="lower"))


@torch.no_grad()
def steel_of(network: RustNet, image: Image) -> Probability:
    """Return the probability of steel as the segmenter tells it, (ceil(height_px / 4), ceil(width_px / 4))."""

    def coarse(part: Image) -> Probability:
        return np.asarray(network.taught(halved(part))[0].numpy(), dtype=np.float32)

    logit = at_half_scale(padded(image)[0], coarse)[1, : -(-image.shape[0] // 4), : -(-image.shape[1] // 4)]
    return np.asarray(1 / (1 + np.exp(-logit)), dtype=np.float32)
