"""Weights out of a model file or a checkpoint: to go on training from, or to export."""

import pickle
from collections.abc import Sequence
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from vision.model_file import Card, from_metadata, read_model
from vision.training.classes import Task
from vision.training.network import RustNet

State = dict[str, Tensor]

STEEL = "steel.weight"
"""Only networks that tell steel from ground have it."""

PREFIX = "network."
"""Of the weights' names in an exported graph."""


def trained_network(path: Path) -> RustNet:
    """Return the network of a model file (.onnx) or of a checkpoint; ValueError when the file is neither."""
    return mean_network((path,))


def mean_network(paths: Sequence[Path]) -> RustNet:
    """Return the mean of several networks' weights; ValueError when a file is none of ours or tells other labels."""
    states, tasks = zip(*(stored(path) for path in paths), strict=True)
    network = RustNet(task=tasks[0], steel=any(STEEL in state for state in states))
    for path, state, task in zip(paths, states, tasks, strict=True):
        if task != network.task:
            raise ValueError(f"{path} tells apart {', '.join(task.labels)}; {paths[0]} {', '.join(tasks[0].labels)}")
        _load(network, state, path)
    for name in network.state_dict():
        known = [state[name] for state in states if name in state]
        network.state_dict()[name].copy_(sum(known) / len(known))
    network.trained_on = frozenset().union(*map(learnt_from, paths))
    return network


def start_from(path: Path, network: RustNet) -> None:
    """Fill a network from a model file or checkpoint; the last layer stays as it is where the labels differ."""
    state, task = stored(path)
    if task != network.task:
        state |= {name: value for name, value in network.state_dict().items() if name.startswith("logit.")}
    _load(network, state, path)
    network.trained_on = learnt_from(path)


def tells_steel(path: Path | None) -> bool:
    """Tell whether a model file or checkpoint, if there is one, tells steel from ground."""
    return path is not None and STEEL in stored(path)[0]


def learnt_from(path: Path) -> frozenset[str]:
    """Return the keys of the photographs that a file of ours says it learnt from; older files say none."""
    if path.suffix == ".onnx":
        return frozenset(_card(path, onnx.load_from_string(read_model(path))).trained_on)
    return frozenset(torch.load(path, weights_only=True, map_location="cpu").get("trained_on", ()))


def stored(path: Path) -> tuple[State, Task]:
    """Read weights, and the labels that they tell apart; ValueError when the file is none of ours."""
    return _exported(path) if path.suffix == ".onnx" else _averaged(path)


def _load(network: RustNet, state: State, path: Path) -> None:
    """Fill the network; its layer for steel stays as it is where the file has none."""
    own = {name: value for name, value in network.state_dict().items() if name.startswith("steel.")}
    told = {name: value for name, value in state.items() if name in own or not name.startswith("steel.")}
    try:
        network.load_state_dict(own | told)
    except RuntimeError as error:
        raise ValueError(f"{path} holds another network; train from a backbone instead: {error}") from None


def _exported(path: Path) -> tuple[State, Task]:
    """Read a model file by its convolutions: the exporter leaves out biases of nought and keeps equal ones once."""
    model = onnx.load_from_string(read_model(path))
    card = _card(path, model)
    values = {each.name: torch.from_numpy(numpy_helper.to_array(each).copy()) for each in model.graph.initializer}
    state: State = {}
    for node in model.graph.node:
        if node.op_type == "Conv" and node.input[1].startswith(PREFIX):
            weight, bias = values[node.input[1]], "".join(node.input[2:])
            name = node.input[1].removeprefix(PREFIX)
            state[name] = weight
            state[name.replace(".weight", ".bias")] = values[bias] if bias else torch.zeros(len(weight))
    return state, Task(card.labels, card.rust_values)


def _card(path: Path, model: onnx.ModelProto) -> Card:
    return from_metadata(path, {each.key: each.value for each in model.metadata_props})


def _averaged(checkpoint: Path) -> tuple[State, Task]:
    try:
        found = torch.load(checkpoint, weights_only=True, map_location="cpu")
        task = Task(**{key: tuple(value) for key, value in found.get("task", {}).items()})
        return found["averaged"], task
    except (OSError, EOFError, RuntimeError, KeyError, TypeError, AttributeError, pickle.UnpicklingError) as error:
        raise ValueError(f"{checkpoint} is no checkpoint of `highmast train`: {error}") from None
