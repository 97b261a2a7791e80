"""From a trained network to one sealed ONNX file, whose graph says the same as the network in less time."""

import copy
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from vision.files import write_whole
from vision.model_file import Card, sealed, to_metadata
from vision.training.loop import prepared
from vision.training.network import RustNet, enlarged


class Exported(nn.Module):
    """RGB bytes (1, h, w, 3) to logits at half and at full scale, with training's preprocessing inside.

    With several labels to the logit of rust of the mean of both, the likeliest label that is not rust, and the
    likeliest that is. See `vision.model_file.FORMAT`.
    """

    def __init__(self, network: RustNet) -> None:
        super().__init__()
        self.network = network
        self.coarse = coarse_stem(network.features[0])

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Return what the outputs' names say."""
        task, x = self.network.task, prepared(image)
        fine, stem = self.network(x), self.coarse(x)
        if task.outputs == 1:
            return self.network.with_steel(stem), fine[:, 0]
        logit = (fine + enlarged(self.network.from_stem(stem))) / 2
        whole = functional.interpolate(logit, scale_factor=2.0, mode="bilinear", align_corners=False)
        return task.rust_logit(logit)[:, 0], likeliest(whole, task.others()), likeliest(whole, task.rust)


def coarse_stem(stem: nn.Sequential) -> nn.Sequential:
    """Halve the picture and apply the first block in one convolution, instead of a pass of its own over all pixels."""
    fine = stem[0]
    coarse = nn.Conv2d(fine.in_channels, fine.out_channels, 6, stride=4, padding=2)
    coarse.weight.data = fine.weight.detach().repeat_interleave(2, 2).repeat_interleave(2, 3) / 4
    coarse.bias.data = fine.bias.detach().clone()
    return nn.Sequential(coarse, nn.ReLU6())


def likeliest(logit_bchw: Tensor, values: tuple[int, ...]) -> Tensor:
    """Return the value with the highest logit among some, bytes (b, h, w)."""
    return torch.tensor(values, dtype=torch.uint8)[logit_bchw[:, list(values)].argmax(1)]


def export(network: RustNet, card: Card, path: Path) -> None:
    """Write the model file, whose heights and widths are free (multiples of 64)."""
    module = Exported(network.cpu().eval())
    example = torch.zeros((1, 128, 192, 3), dtype=torch.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's own making
        program = torch.onnx.export(
            module,
            (example,),
            dynamo=True,
            input_names=["image"],
            output_names=["coarse", "fine"] if network.task.outputs == 1 else ["logit", "sound_label", "rust_label"],
        )
    assert program is not None
    with tempfile.TemporaryDirectory() as folder:
        program.save(Path(folder) / "graph.onnx")
        graph = onnx.load(Path(folder) / "graph.onnx")
    free_sizes(graph.graph)
    own_biases(graph.graph)
    onnx.helper.set_model_props(graph, to_metadata(card))
    write_whole(path, sealed(graph.SerializeToString()))


def free_sizes(graph: onnx.GraphProto) -> None:
    """Take the example's height and width out of the graph: none of its nodes holds them.

    The exporter can trace free sizes itself, to the same nodes, in six times the time.
    """
    del graph.value_info[:]
    for value in (*graph.input, *graph.output):
        dims = value.type.tensor_type.shape.dim
        first = 1 if value.name == "image" else len(dims) - 2
        dims[first].dim_param, dims[first + 1].dim_param = f"{value.name}_height", f"{value.name}_width"


def own_biases(graph: onnx.GraphProto) -> None:
    """Give each convolution a bias of its own where both scales share one.

    OpenVINO joins bias and activation to a convolution only where nothing else uses the bias, and is faster for it.
    """
    weights, used = {each.name: each for each in graph.initializer}, set()
    for node in graph.node:
        if node.op_type != "Conv" or len(node.input) < 3:
            continue
        if node.input[2] in used:
            bias = copy.deepcopy(weights[node.input[2]])
            bias.name = node.input[2] = f"half.{bias.name}"
            graph.initializer.append(bias)
        used.add(node.input[2])
