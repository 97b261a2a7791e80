"""Training that goes on from a model file: its weights become the checkpoint before the first step."""

from dataclasses import asdict
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper

from vision.model_file import ModelFileError, read_model
from vision.training.classes import task_of
from vision.training.loop import Places, Recipe
from vision.training.network import RustNet


def weights_of(model: Path) -> dict[str, torch.Tensor]:
    """Read a network's weights back out of a model file; ModelFileError when it holds none."""
    graph = onnx.load_from_string(read_model(model)).graph
    named = {each.name: each for each in graph.initializer if each.name.startswith("network.")}
    if not named:
        raise ModelFileError(f"{model} holds no weights by name; give a model file that `highmast train` exported")
    return {
        name.removeprefix("network."): torch.from_numpy(numpy_helper.to_array(each).copy())
        for name, each in named.items()
    }


def start_from(model: Path, recipe: Recipe, places: Places) -> None:
    """Leave a checkpoint of step 0 in `places.out` with a model's weights, for `train` to go on from.

    A checkpoint that is there already is left alone. The last layer starts anew where the labels differ. Raises
    ModelFileError when the model is of another shape.
    """
    checkpoint = places.out / "last.pt"
    if checkpoint.is_file():
        return
    torch.manual_seed(recipe.seed)
    network = RustNet(task=task_of(places.photographs, recipe.classes))
    state = network.state_dict()
    given = weights_of(model)
    if set(given) != set(state):
        raise ModelFileError(f"{model} was exported from another network; train from a backbone instead")
    state |= {name: value for name, value in given.items() if value.shape == state[name].shape}
    backbone, head = network.groups()
    optimizer = torch.optim.AdamW(
        [{"params": backbone, "share": 1 / 3}, {"params": head, "share": 1.0}], weight_decay=recipe.decay
    )
    places.out.mkdir(parents=True, exist_ok=True)
    task = asdict(network.task)
    whole = {"step": 0, "task": task, "network": state, "averaged": state, "optimizer": optimizer.state_dict()}
    part = checkpoint.with_suffix(".tmp")
    torch.save(whole, part)
    part.replace(checkpoint)
