"""Training on every label of a data set: the loss, the rust logit, and a model file that says labels."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch.nn import functional

from climber.cli import highmast
from vision.dataset.folder import Dataset, Label, Photograph, write_dataset
from vision.files import sha256_of
from vision.model_file import SHIPPED
from vision.segmenter import Segmenter
from vision.training.augment import IGNORE
from vision.training.classes import Task, loss_of_classes, task_of
from vision.training.finish import finish
from vision.training.loop import Places, Recipe, train
from vision.training.network import RustNet
from vision.training.start import start_from, stored, trained_network

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]

LABELS = (
    Label(value=0, name="sound", rust=False),
    Label(value=1, name="stain", rust=False),
    Label(value=2, name="fair", rust=True),
    Label(value=3, name="severe", rust=True),
)
COLOURS = np.array([[150, 150, 150], [90, 120, 60], [200, 120, 60], [80, 40, 20]], np.uint8)


def write_bands(root: Path) -> Path:
    """Four photographs, each label a band of its own colour."""
    photographs = []
    for index in range(4):
        mask = np.repeat(np.roll(np.arange(4), index), 24)[:, None].repeat(96, 1).astype(np.uint8)
        noise = np.random.default_rng(index).integers(-9, 10, (96, 96, 3))
        files = []
        for folder, picture in (("images", (COLOURS[mask] + noise).astype(np.uint8)[..., ::-1]), ("masks", mask)):
            path = root / folder / f"band-{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), picture)
            files.append(path)
        photographs.append(
            Photograph(
                image=f"images/band-{index}.png", mask=f"masks/band-{index}.png", place=f"wall {index}",
                image_sha256=sha256_of(files[0]), mask_sha256=sha256_of(files[1]),
            )
        )  # fmt: skip
    dataset = Dataset(
        format="highmast-dataset/1", name="bands", source="made", licence="CC0-1.0", split_by="place", labels=LABELS,
        splits={"train": ("wall 0", "wall 1", "wall 2"), "val": ("wall 3",)}, photograph=tuple(photographs),
    )  # fmt: skip
    write_dataset(root, dataset)
    return root


def test_the_logit_of_rust_is_the_sum_of_its_labels() -> None:
    task = Task(("sound", "stain", "fair", "severe"), (2, 3))
    logit = torch.randn(2, 4, 3, 5)
    wanted = logit.softmax(1)[:, 2:].sum(1, keepdim=True)
    assert torch.allclose(task.rust_logit(logit).sigmoid(), wanted, atol=1e-6)
    assert torch.equal(Task().rust_logit(logit[:, :1]), logit[:, :1])


def test_the_loss_falls_with_the_truth_and_leaves_ignored_pixels_out() -> None:
    label = torch.arange(4, dtype=torch.uint8).repeat_interleave(16)[None, :, None].expand(1, 64, 64).clone()
    right = 8 * functional.one_hot(label[:, ::2, ::2].long(), 4).permute(0, 3, 1, 2).float()
    assert (
        loss_of_classes(right, label) < loss_of_classes(torch.zeros_like(right), label) < loss_of_classes(-right, label)
    )
    unknown = label.clone()
    unknown[:, 24:40] = IGNORE
    changed = right.clone()
    changed[:, :, 14:18] = 0
    assert loss_of_classes(changed, unknown) == pytest.approx(float(loss_of_classes(right, unknown)), abs=0.02)


def test_a_model_of_labels_trains_exports_and_says_them(tmp_path: Path) -> None:
    root = write_bands(tmp_path / "bands")
    places = Places(root, None, tmp_path / "run")
    recipe = Recipe(steps=2, batch=2, side_px=64, warm_up=1, check_every=100, classes=True)
    torch.manual_seed(1)
    network = train(recipe, places, lambda _: None)
    assert trained_network(tmp_path / "run" / "last.pt").task == network.task
    card = finish(network, places, "bands", tmp_path / "bands.onnx")
    assert (card.labels, card.rust_values) == (("sound", "stain", "fair", "severe"), (2, 3))
    segmenter = Segmenter.load(tmp_path / "bands.onnx", threads=1)
    image = cv2.imread(str(root / "images" / "band-3.png"), cv2.IMREAD_COLOR_RGB)
    mask = segmenter.segment(np.asarray(image, np.uint8))
    assert mask.classes is not None
    assert np.array_equal(np.isin(mask.classes, (2, 3)), mask.label == 1)
    assert set(np.unique(mask.classes)) <= {0, 1, 2, 3}
    words = ["grade", str(root / "images" / "band-3.png"), "--model", str(tmp_path / "bands.onnx"), "--json"]
    folders = ["--masks", str(tmp_path / "masks"), "--pictures", str(tmp_path / "pictures")]
    done = CliRunner().invoke(highmast, [*words, *folders], catch_exceptions=False)
    line = json.loads(done.output)
    assert list(line["labels"]) == ["sound", "stain", "fair", "severe"]
    assert line["labels"]["fair"] + line["labels"]["severe"] == pytest.approx(line["rusted_fraction"])
    assert np.array_equal(cv2.imread(str(tmp_path / "masks" / "band-3.png"), cv2.IMREAD_UNCHANGED), mask.classes)
    assert cv2.imread(str(tmp_path / "pictures" / "band-3.png")).shape == (240, 480, 3)


def test_labels_that_cannot_be_trained_on_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no dataset\.toml"):
        task_of(tmp_path, classes=True)
    assert task_of(tmp_path, classes=False) == Task()


def test_training_goes_on_from_a_model_file_with_a_new_last_layer_for_other_labels(tmp_path: Path) -> None:
    exported, task = stored(SHIPPED)
    assert task == Task()
    for given in (Task(), Task(("sound", "stain", "fair", "severe"), (2, 3))):
        network = RustNet(task=given)
        before = {name: value.clone() for name, value in network.state_dict().items()}
        start_from(SHIPPED, network)
        kept = {name for name, value in network.state_dict().items() if torch.equal(value, before[name])}
        assert kept == (set() if given == task else {"logit.weight", "logit.bias"})
        same = (torch.equal(value, exported[name]) for name, value in network.state_dict().items() if name not in kept)
        assert all(same)
    (tmp_path / "no.onnx").write_bytes(b"no model")
    with pytest.raises(ValueError, match="no highmast rust model"):
        stored(tmp_path / "no.onnx")
