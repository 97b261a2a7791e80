"""From a trained network to one sealed ONNX file."""

import os
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from vision.model_file import Card, sealed, to_metadata
from vision.training.loop import prepared
from vision.training.network import RustNet


class Exported(nn.Module):
    """RGB bytes (1, h, w, 3) to calibrated probability (1, h, w), with the preprocessing of training inside.

    With several labels also the likeliest label that is not rust, and the likeliest that is, both (1, h, w) bytes.
    """

    def __init__(self, network: RustNet, temperature: float) -> None:
        super().__init__()
        self.network, self.temperature = network, temperature

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        """Return the probability of rust, and labels where there are several."""
        task = self.network.task
        logit = self.network.answer(prepared(image))
        rust = functional.interpolate(
            task.rust_logit(logit) / self.temperature, scale_factor=2.0, mode="bilinear", align_corners=False
        )[:, 0].sigmoid()
        if task.outputs == 1:
            return rust
        whole = functional.interpolate(logit, scale_factor=2.0, mode="bilinear", align_corners=False)
        return rust, likeliest(whole, task.others()), likeliest(whole, task.rust)


def likeliest(logit_bchw: Tensor, values: tuple[int, ...]) -> Tensor:
    """Return the value with the highest logit among some, bytes (b, h, w)."""
    return torch.tensor(values, dtype=torch.uint8)[logit_bchw[:, list(values)].argmax(1)]


def export(network: RustNet, temperature: float, card: Card, path: Path) -> None:
    """Write the model file; heights and widths stay free (multiples of 64)."""
    module = Exported(network.cpu().eval(), temperature)
    example = torch.zeros((1, 128, 192, 3), dtype=torch.uint8)
    free = {1: 64 * torch.export.Dim("h64", min=1, max=32), 2: 64 * torch.export.Dim("w64", min=1, max=32)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's own making
        program = torch.onnx.export(
            module,
            (example,),
            dynamo=True,
            dynamic_shapes=(free,),
            input_names=["image"],
            output_names=["probability", "sound_label", "rust_label"][: 1 if network.task.outputs == 1 else 3],
        )
    assert program is not None
    with tempfile.TemporaryDirectory() as folder:
        program.save(Path(folder) / "graph.onnx")
        graph = onnx.load(Path(folder) / "graph.onnx")
    onnx.helper.set_model_props(graph, to_metadata(card))
    write_whole(path, sealed(graph.SerializeToString()))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    part = path.with_suffix(path.suffix + ".tmp")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
