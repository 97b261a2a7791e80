"""Networks that were tried for the model, at equal data and budget: `python -m vision.training.study_networks`.

Tensor shapes: b images, c channels, h and w pixels. All answer logits at half size, as `RustNet` does.
"""

from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.segmentation import deeplabv3_resnet50

from vision.training.classes import Task
from vision.training.network import MOBILENET, Backbone, Network, PixelNet, enlarged, last_layer, separable


class Lraspp(Network):
    """Lite R-ASPP (Howard 2019): one gate from the whole picture, two scales, no decoder; logits at stride 8."""

    def __init__(self, task: Task, backbone: Backbone = MOBILENET, width: int = 128) -> None:
        super().__init__(task, backbone)
        self.wide = nn.Sequential(nn.Conv2d(backbone.channels[3], width, 1), nn.ReLU())
        self.gate = nn.Sequential(nn.Conv2d(backbone.channels[3], width, 1), nn.Sigmoid())
        self.low = nn.Conv2d(backbone.channels[2], task.outputs, 1)
        self.logit = last_layer(width, task)

    def decoded(self, taps: list[Tensor]) -> Tensor:
        """Gate the features of stride 16 by their mean, add those of stride 8."""
        gate = self.gate(taps[3].mean((2, 3), keepdim=True))
        y = self.logit(enlarged(self.wide(taps[3]) * gate)) + self.low(taps[2])
        return functional.interpolate(y, scale_factor=4.0, mode="bilinear", align_corners=False)


class DeepLabLight(Network):
    """DeepLabV3+ (Chen 2018) with separable convolutions: dilated branches at stride 16, one refinement at stride 4."""

    def __init__(self, task: Task, backbone: Backbone = MOBILENET, width: int = 96) -> None:
        super().__init__(task, backbone)
        deep = backbone.channels[4]
        self.branches = nn.ModuleList([nn.Sequential(nn.Conv2d(deep, width, 1), nn.ReLU())])
        self.branches.extend(separable(deep, width, rate) for rate in (3, 6, 9))
        self.whole = nn.Sequential(nn.Conv2d(deep, width, 1), nn.ReLU())
        self.joined = nn.Sequential(nn.Conv2d(width * 5, width, 1), nn.ReLU())
        self.low = nn.Sequential(nn.Conv2d(backbone.channels[1], 32, 1), nn.ReLU())
        self.refined = nn.Sequential(separable(width + 32, width), separable(width, width))
        self.logit = last_layer(width, task)

    def decoded(self, taps: list[Tensor]) -> Tensor:
        """Join dilated branches and the mean; refine beside the features of stride 4."""
        deep = enlarged(taps[4])
        whole = self.whole(deep.mean((2, 3), keepdim=True)).expand(-1, -1, *deep.shape[2:])
        y = self.joined(torch.cat([*(branch(deep) for branch in self.branches), whole], 1))
        y = functional.interpolate(y, scale_factor=4.0, mode="bilinear", align_corners=False)
        return enlarged(self.logit(self.refined(torch.cat([y, self.low(taps[1])], 1))))


class UNetLight(Network):
    """U-Net (Ronneberger 2015) with separable convolutions: features joined side by side at every stride."""

    def __init__(self, task: Task, backbone: Backbone = MOBILENET, widths: tuple[int, ...] = (128, 96, 64, 32)) -> None:
        super().__init__(task, backbone)
        inputs = (backbone.channels[4], *widths[:-1])
        beside = backbone.channels[3::-1]
        self.steps = nn.ModuleList(
            nn.Sequential(separable(deep + skip, width), separable(width, width))
            for deep, skip, width in zip(inputs, beside, widths, strict=True)
        )
        self.logit = last_layer(widths[-1], task)

    def decoded(self, taps: list[Tensor]) -> Tensor:
        """Enlarge, join, convolve, four times."""
        y = taps[4]
        for step, skip in zip(self.steps, taps[3::-1], strict=True):
            y = step(torch.cat([enlarged(y), skip], 1))
        return self.logit(y)


def normed(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, batch norm and ReLU: what learns from random weights."""
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


def thin(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Depthwise and pointwise, each normed."""
    return nn.Sequential(normed(inputs, inputs, 3, stride, inputs), normed(inputs, outputs, 1))


class Bottleneck(nn.Module):
    """Inverted residual of Fast-SCNN."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        wide = inputs * 6
        narrow = nn.Sequential(nn.Conv2d(wide, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.body = nn.Sequential(normed(inputs, wide, 1), normed(wide, wide, 3, stride, wide), narrow)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Return (b, outputs, h / stride, w / stride)."""
        return x + self.body(x) if self.adds else self.body(x)


class FastScnn(PixelNet):
    """Fast-SCNN (Poudel 2019), 1.1 million parameters: a short common start, a deep and a shallow branch joined."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.start = nn.Sequential(normed(3, 32, 3, 2), thin(32, 48, 2), thin(48, 64, 2))
        plan = ((64, 64, 2), (64, 64, 1), (64, 64, 1), (64, 96, 2), (96, 96, 1), (96, 96, 1), (96, 128, 1),
                (128, 128, 1), (128, 128, 1))  # fmt: skip
        self.deep = nn.Sequential(*(Bottleneck(*each) for each in plan))
        self.pooled = nn.ModuleList(normed(128, 32, 1) for _ in range(4))
        self.joined = normed(256, 128, 1)
        self.wide, self.lower = normed(128, 128, 3, 1, 128), nn.Conv2d(128, 128, 1)
        self.higher = nn.Conv2d(64, 128, 1)
        self.head = nn.Sequential(nn.ReLU(), thin(128, 128), thin(128, 128))
        self.logit = last_layer(128, task)

    def forward(self, x_bchw: Tensor) -> Tensor:
        """Return logits at stride 2."""
        shallow = self.start(x_bchw)
        deep = self.deep(shallow)
        size = deep.shape[2:]
        pools = [
            functional.interpolate(layer(functional.adaptive_avg_pool2d(deep, cells)), size, mode="bilinear")
            for layer, cells in zip(self.pooled, (1, 2, 3, 6), strict=True)
        ]
        deep = functional.interpolate(self.joined(torch.cat([deep, *pools], 1)), shallow.shape[2:], mode="bilinear")
        y = self.logit(self.head(self.lower(self.wide(deep)) + self.higher(shallow)))
        return functional.interpolate(y, scale_factor=4.0, mode="bilinear", align_corners=False)


class DeepLabResNet50(PixelNet):
    """DeepLabV3-ResNet50 of torchvision, 39.6 million parameters: what published corrosion models use.

    Taught at stride 16 and asked at stride 8, as its authors do (Chen 2017, section 4.1): a third of the work.
    """

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.whole = deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=task.outputs)
        nn.init.constant_(self.whole.classifier[-1].bias, -2.5)
        self.train()

    def train(self, mode: bool = True) -> Self:
        """Choose the stride along with the mode."""
        set_stride(self.whole, 16 if mode else 8)
        return super().train(mode)

    def forward(self, x_bchw: Tensor) -> Tensor:
        """Return logits at stride 2."""
        mean, deviation = x_bchw.new_tensor(IMAGENET).view(2, 1, 3, 1, 1)
        usual = ((x_bchw * 128 + 128) / 255 - mean) / deviation
        return functional.interpolate(self.whole(usual)["out"], scale_factor=0.5, mode="bilinear")

    def groups(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """Return the backbone's parameters but for the frozen ones, and the head's."""
        learning = [p for p in self.whole.backbone.parameters() if p.requires_grad]
        return learning, list(self.whole.classifier.parameters())


IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and standard deviation of RGB in [0, 1] that backbones of torchvision are trained with."""


def set_stride(whole: nn.Module, stride: int) -> None:
    """Set how much the last two stages and the pyramid of DeepLabV3 widen their kernels: stride 8 or 16."""
    wide = 16 // stride
    backbone, pyramid = whole.get_submodule("backbone"), whole.get_submodule("classifier.0.convs")
    for name, first, others, step in (("layer3", 1, wide, 3 - wide), ("layer4", wide, wide * 2, 1)):
        for index, block in enumerate(backbone.get_submodule(name).children()):
            _widened(block.get_submodule("conv2"), first if index == 0 else others)
            if index == 0:
                for part in ("conv2", "downsample.0"):
                    block.get_submodule(part).stride = (step, step)
    for branch, rate in zip(list(pyramid.children())[1:4], (6, 12, 18), strict=True):
        _widened(branch.get_submodule("0"), rate * wide)


def _widened(convolution: nn.Module, dilation: int) -> None:
    convolution.dilation = convolution.padding = (dilation, dilation)


def load_resnet(network: DeepLabResNet50, path: Path) -> None:
    """Fill the backbone from a `resnet50` of torchvision, a part `pre` of another network or not; freeze its start.

    Raises ValueError when the file holds other layers.
    """
    state = torch.load(path, weights_only=True, map_location="cpu")
    backbone = network.whole.get_submodule("backbone")
    found = {key.rpartition("pre.")[2]: value for key, value in state.items()}
    try:
        backbone.load_state_dict({name: found[name] for name in backbone.state_dict()})
    except (KeyError, RuntimeError) as error:
        raise ValueError(f"{path} holds other layers than torchvision's resnet50: {error}") from None
    for name in ("conv1", "bn1", "layer1"):
        backbone.get_submodule(name).requires_grad_(False)
