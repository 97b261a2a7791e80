"""The layer that tells steel from ground, fitted anew to a network's features: a mean of weights breaks the old one.

A logistic regression on the pyramid's features at half scale, where the segmenter asks for steel.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from vision.training.augment import GROUND, RUST, STEEL
from vision.training.crops import Crops, read_sources
from vision.training.loop import halved
from vision.training.network import RustNet

CROPS, SIDE_PX = 400, 384
"""Looked at."""

PIXELS = 200
"""Taken of each crop."""

WEIGHT = 1e-4
"""Of the weights' squares beside the mean cross-entropy."""


def crops_without_poles(photographs: Path, textures: Path | None, corrections: Path | None, silhouettes: Path) -> Crops:
    """Return what the layer is fitted to: the training mix but for rendered poles, which take minutes to make."""
    none = np.empty((0, 0, 0, 4), np.uint8)
    sources = read_sources(photographs, textures, none, corrections, silhouettes=silhouettes)
    return Crops(sources, SIDE_PX, CROPS, seed=0)


def fit_steel(network: RustNet, crops: Crops) -> None:
    """Replace the network's layer for steel, or give it one."""
    features, truth = zip(*(_sampled(network, crops, index) for index in range(len(crops))), strict=True)
    layer = _regression(torch.cat(features), torch.cat(truth))
    steel = nn.Conv2d(layer.in_features, 1, 1).requires_grad_(False)
    steel.weight.copy_(layer.weight[..., None, None])
    steel.bias.copy_(layer.bias)
    network.steel = steel


@torch.no_grad()
def _sampled(network: RustNet, crops: Crops, index: int) -> tuple[Tensor, Tensor]:
    """Return features (n, c) and whether they are steel (n,) of some pixels of a crop."""
    image, label = crops[index]
    features = network.pyramid(network.taps(network.stem(halved(image))))[0]
    label = label[4::8, 4::8]  # features lie eight pixels apart
    told = np.flatnonzero(np.isin(label, (RUST, STEEL, GROUND)))
    told = np.random.default_rng([crops.seed, index]).permutation(told)[:PIXELS]
    return features.flatten(1).T[told], torch.from_numpy(label.ravel()[told] != GROUND).float()


def _regression(features: Tensor, truth: Tensor) -> nn.Linear:
    layer = nn.Linear(features.shape[1], 1)
    nn.init.zeros_(layer.weight)
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        entropy = functional.binary_cross_entropy_with_logits(layer(features)[:, 0], truth)
        total = entropy + WEIGHT * layer.weight.square().sum()
        total.backward()
        return total

    optimizer.step(loss)
    return layer.requires_grad_(False)
