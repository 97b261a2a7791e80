"""The network: a backbone down to stride 32, a light feature pyramid back up to stride 2.

Tensor shapes: b images, c channels, h and w pixels.
"""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision.models import mobilenet_v2

from vision.training.classes import Task

FROZEN = 4
"""The first blocks keep their ImageNet weights: they cost most of a training step and generalise as they are."""

FINE = 16
"""Channels at stride 2, where each costs as much as sixteen at stride 8."""


@dataclass(frozen=True, slots=True)
class Backbone:
    """Blocks of convolutions, batch norms folded."""

    blocks: Callable[[], nn.Sequential]
    taps: tuple[int, ...]
    """Blocks whose output feeds a decoder: strides 2, 4, 8, 16, 32."""
    channels: tuple[int, ...]
    """Of the taps."""


def mobile_blocks() -> nn.Sequential:
    """Return MobileNetV2's blocks with random weights, its classifier left out."""
    return nn.Sequential(*folded(mobilenet_v2(weights=None).features[:18].eval()))


MOBILENET = Backbone(mobile_blocks, (1, 3, 6, 13, 17), (16, 24, 32, 96, 320))


class PixelNet(nn.Module):
    """RGB in [-1, 1] (b, 3, h, w), h and w multiples of 32, to logits (b, 1 or labels, h / 2, w / 2).

    `trained_on` holds the keys of the photographs that its weights learnt from.
    """

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task = task
        self.trained_on: frozenset[str] = frozenset()

    def answer(self, x_bchw: Tensor) -> Tensor:
        """Return logits at stride 2, the mean of the picture at its own and at half scale; h, w multiples of 64.

        A quarter more work. The smaller picture brings surroundings: fewer false alarms on paving and soil.
        """
        small = self(functional.avg_pool2d(x_bchw, 2))
        return (self(x_bchw) + enlarged(small)) / 2

    def taught(self, x_bchw: Tensor) -> Tensor:
        """Return what the loss is computed from; a network that also learns where steel is adds its logit as last."""
        return self(x_bchw)

    def groups(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """Return the parameters that were trained before and learn slowly, and the others."""
        return [], list(self.parameters())


class Network(PixelNet, ABC):
    """A backbone and a decoder."""

    def __init__(self, task: Task, backbone: Backbone) -> None:
        super().__init__(task)
        self.tapped = backbone.taps
        self.features = backbone.blocks()

    @abstractmethod
    def decoded(self, taps: list[Tensor]) -> Tensor:
        """Return logits (b, 1 or labels, h / 2, w / 2) from the taps; what a decoder is."""

    def forward(self, x_bchw: Tensor) -> Tensor:
        """Return logits at stride 2."""
        return self.from_stem(self.stem(x_bchw))

    def stem(self, x_bchw: Tensor) -> Tensor:
        """Return what the first block makes of a picture, at stride 2."""
        with torch.no_grad():
            stem_bchw: Tensor = self.features[0](x_bchw)
        return stem_bchw

    def from_stem(self, stem_bchw: Tensor) -> Tensor:
        """Return logits from what the first block made of a picture, both at stride 2."""
        return self.decoded(self.taps(stem_bchw))

    def taps(self, x: Tensor) -> list[Tensor]:
        taps = []
        with torch.no_grad():
            for index in range(1, FROZEN):
                x = self.features[index](x)
                if index in self.tapped:
                    taps.append(x)
        for index in range(FROZEN, len(self.features)):
            x = self.features[index](x)
            if index in self.tapped:
                taps.append(x)
        return taps

    def groups(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """Return the backbone's parameters that are not frozen, and the decoder's."""
        backbone = [p for block in self.features[FROZEN:] for p in block.parameters()]
        head = [p for name, p in self.named_parameters() if not name.startswith("features.")]
        return backbone, head


class RustNet(Network):
    """The network of the shipped model."""

    def __init__(
        self,
        width: int = 64,
        task: Task = Task(),  # noqa: B008  (frozen)
        backbone: Backbone = MOBILENET,
        steel: bool = False,
    ) -> None:
        super().__init__(task, backbone)
        self.lateral = nn.ModuleList(nn.Conv2d(channels, width, 1) for channels in backbone.channels[1:])
        self.smooth = nn.ModuleList(separable(width, width) for _ in range(3))
        self.context = nn.Sequential(separable(width, width, 2), separable(width, width, 4))
        self.mix = separable(width, FINE)
        self.edges = nn.Conv2d(backbone.channels[0], FINE, 1)
        self.fine = separable(FINE, FINE)
        self.logit = last_layer(FINE, task)
        self.steel = nn.Conv2d(width, 1, 1) if steel else None

    def decoded(self, taps: list[Tensor]) -> Tensor:
        """Return logits at stride 2."""
        return self._logit(self.pyramid(taps), taps[0])

    def taught(self, x_bchw: Tensor) -> Tensor:
        """Return logits at stride 2, and as last channel those of steel where the network tells it."""
        return self.with_steel(self.stem(x_bchw))

    def with_steel(self, stem_bchw: Tensor) -> Tensor:
        """Do the same from what the first block made of a picture."""
        taps = self.taps(stem_bchw)
        y = self.pyramid(taps)
        logit = self._logit(y, taps[0])
        return logit if self.steel is None else torch.cat([logit, enlarged(self.steel(y))], 1)

    def pyramid(self, taps: list[Tensor]) -> Tensor:
        """Return features at stride 4 that saw all coarser ones."""
        y = self.lateral[3](taps[4])
        y = y + self.context(y)
        for level in (2, 1, 0):
            y = self.smooth[level](enlarged(y) + self.lateral[level](taps[level + 1]))
        return y

    def _logit(self, y: Tensor, edges: Tensor) -> Tensor:
        logit: Tensor = self.logit(self.fine(enlarged(self.mix(y)) + self.edges(edges)))
        return logit


def last_layer(inputs: int, task: Task) -> nn.Conv2d:
    """Return the layer that gives logits; it starts by calling little rust."""
    layer = nn.Conv2d(inputs, task.outputs, 1)
    if task.outputs == 1:
        nn.init.constant_(layer.bias, -2.5)
    return layer


def separable(inputs: int, outputs: int, dilation: int = 1) -> nn.Sequential:
    """Depthwise 3x3, pointwise, ReLU; no normalisation, so that it is the same in training and inference."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, padding=dilation, dilation=dilation, groups=inputs),
        nn.Conv2d(inputs, outputs, 1),
        nn.ReLU(),
    )


def enlarged(x_bchw: Tensor) -> Tensor:
    """Double height and width."""
    return functional.interpolate(x_bchw, scale_factor=2.0, mode="bilinear", align_corners=False)


def folded(module: nn.Module) -> nn.Module:
    """Fold each frozen batch norm into the convolution before it: the same function, a third of the time on a CPU."""
    children = list(module.named_children())
    for _, child in children:
        folded(child)
    for (name, first), (next_name, second) in itertools.pairwise(children):
        if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
            setattr(module, name, fuse_conv_bn_eval(first, second))
            setattr(module, next_name, nn.Identity())
    return module


def load_backbone(network: Network, path: Path) -> None:
    """Fill the backbone from a torchvision `mobilenet_v2` state in safetensors, batch norms folded.

    ValueError when the file holds none.
    """
    whole = mobilenet_v2(weights=None, num_classes=1001)
    try:
        whole.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    except (OSError, RuntimeError, SafetensorError):
        raise ValueError(
            f"{path} holds no weights of MobileNetV2 in safetensors; `--start` takes a model file"
        ) from None
    network.features.load_state_dict(folded(whole.features[:18].eval()).state_dict())
