"""Networks that are compared: each answers at half size, learns, and the weights of several become one."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models import resnet50
from torchvision.models.segmentation import deeplabv3_resnet50

from vision.training.backbones import LITE, lite_whole, load_lite
from vision.training.candidates import DeepLabLight, DeepLabResNet50, FastScnn, Lraspp, UNetLight, load_resnet
from vision.training.classes import Task
from vision.training.network import RustNet
from vision.training.start import mean_network

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]


@pytest.mark.parametrize("made", [Lraspp, DeepLabLight, UNetLight, FastScnn, DeepLabResNet50])
def test_candidates_answer_at_half_size_and_pass_gradients_on(made: type) -> None:
    network = made(Task()).train()
    logit = network(torch.randn((2, 3, 64, 96)))
    assert logit.shape == (2, 1, 32, 48)
    logit.mean().backward()
    backbone, head = network.groups()
    assert any(p.grad is not None and bool(p.grad.any()) for p in (*backbone, *head))


def test_the_backbone_from_the_wheel_is_read_by_shapes(tmp_path: Path) -> None:
    given = {f"layer{n}": value for n, value in enumerate(lite_whole().state_dict().values())}
    torch.save({**given, "_fc.weight": torch.zeros(1)}, tmp_path / "lite.pth")
    network = RustNet(backbone=LITE)
    load_lite(network, tmp_path / "lite.pth")
    first = given["layer0"] / torch.sqrt(torch.tensor(1 + 1e-3))
    assert torch.allclose(network.features[0][0].weight, first)
    assert network(torch.zeros((1, 3, 64, 64))).shape == (1, 1, 32, 32)
    torch.save({"layer0": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match="other layers"):
        load_lite(network, tmp_path / "other.pth")


def test_deeplab_is_taught_at_stride_16_and_answers_as_torchvisions_does() -> None:
    network, x = DeepLabResNet50(Task()), torch.rand((1, 3, 64, 96)) * 2 - 1
    assert network.train().whole.backbone(x)["out"].shape == (1, 2048, 4, 6)
    plain = deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=1, aux_loss=None).eval()
    plain.load_state_dict(network.whole.state_dict())
    with torch.no_grad():
        assert torch.equal(network.eval().whole(x)["out"], plain(x)["out"])


def test_a_resnet_is_read_out_of_another_network_and_its_start_stays_as_it_is(tmp_path: Path) -> None:
    given = {f"module.pre.{name}": value for name, value in resnet50(weights=None).state_dict().items()}
    torch.save(given, tmp_path / "resnet.pth")
    network = DeepLabResNet50(Task())
    load_resnet(network, tmp_path / "resnet.pth")
    assert torch.equal(network.whole.backbone.layer4[2].conv3.weight, given["module.pre.layer4.2.conv3.weight"])
    assert not any(p is network.whole.backbone.conv1.weight for p in network.groups()[0])
    torch.save({"conv1.weight": given["module.pre.conv1.weight"]}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match="other layers"):
        load_resnet(network, tmp_path / "other.pth")


def saved(path: Path, network: RustNet) -> Path:
    task = {"labels": network.task.labels, "rust": network.task.rust}
    torch.save({"averaged": network.state_dict(), "task": task}, path)
    return path


def test_several_checkpoints_become_the_mean_of_their_weights(tmp_path: Path) -> None:
    first, second = RustNet(), RustNet()
    paths = [saved(tmp_path / "1.pt", first), saved(tmp_path / "2.pt", second)]
    mean = mean_network(paths)
    name = "mix.1.weight"
    expected = (first.state_dict()[name] + second.state_dict()[name]) / 2
    assert np.allclose(mean.state_dict()[name], expected)
    other = saved(tmp_path / "3.pt", RustNet(task=Task(("sound", "stain", "rust"), (2,))))
    with pytest.raises(ValueError, match="tells apart sound, stain, rust"):
        mean_network([paths[0], other])
