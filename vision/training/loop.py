"""The training loop, top to bottom: crops in, weights out. Resumes from its last checkpoint; the same for a seed.

Tensor shapes: b images, c channels, h and w pixels; the network's output is at half size.
"""

import copy
import json
import math
import pickle
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import TypeVar

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

from vision.files import write_whole
from vision.labels import Pair, held_out, key_of, read_index, read_pair, refuse_learnt
from vision.metrics import Counts, count
from vision.training.augment import IGNORE, OTHER, RUST, STEEL
from vision.training.classes import loss_of_classes, task_of
from vision.training.crops import Crops, read_sources, training_pairs
from vision.training.network import PixelNet, RustNet, load_backbone
from vision.training.poles import pole_pool
from vision.training.start import start_from, tells_steel
from vision.training.team import Team, join
from vision.types import Image

Net = TypeVar("Net", bound=PixelNet)

MISSED = 0.7
"""Weight of missed rust beside that of false alarms (together 1; 0.5 is Dice): the network finds too little."""

STEEL_SHARE = 0.3
"""Weight of the cross-entropy of steel beside that of rust."""

LOG_EVERY = 50
"""Steps between lines of the log."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything a run depends on besides its data."""

    steps: int = 3000
    batch: int = 8
    """Crops a step, of each process where there are several."""
    side_px: int = 384
    rate: float = 1.2e-3
    """Highest learning rate of the head; the backbone learns at a third of it."""
    warm_up: int = 100
    decay: float = 1e-4
    average: float = 0.998
    """Of the exponential moving average of the weights, which is what is kept."""
    poles: int = 200
    seed: int = 1
    mixed: bool = False
    """bfloat16 where it is safe: about half the time on processors and cards that have it (`has_bfloat16`)."""
    save_every_s: float = 180.0
    check_every: int = 500
    classes: bool = False
    """Train on every label of the data set, not on rust alone."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where data comes from and results go."""

    photographs: Path
    textures: Path | None
    """None trains on photographs alone."""
    out: Path
    backbone: Path | None = None
    """None starts from random weights."""
    cache: Path | None = None
    """Keeps rendered poles between runs; None means `out`."""
    corrections: Path | None = None
    """Corrections of masks (vision/corrections.py); None trains on the masks as they are."""
    silhouettes: Path | None = None
    """Silhouettes of the steel (vision/silhouettes.py): teaches where steel is, and puts it before other grounds.
    None keeps what `start` says of it."""
    start: Path | None = None
    """Model file or checkpoint to go on from, instead of the backbone; its last layer only for the same labels."""


def train(recipe: Recipe, places: Places, say: Callable[[str], None] = print) -> RustNet:
    """Train and return the averaged network; checkpoints and `log.jsonl` are left in `places.out`."""
    torch.manual_seed(recipe.seed)
    steel = places.silhouettes is not None or (not recipe.classes and tells_steel(places.start))
    network = RustNet(task=task_of(places.photographs, recipe.classes), steel=steel)
    if places.start is not None:
        start_from(places.start, network)
    elif places.backbone is not None:
        load_backbone(network, places.backbone)
    return fitted(network, recipe, places, say)


def fitted(network: Net, recipe: Recipe, places: Places, say: Callable[[str], None] = print) -> Net:
    """Train a network, whatever it is made of; see `train`."""
    cv2.setNumThreads(1)  # its pool of threads does not survive the fork into loader processes
    pairs = read_index(places.photographs)
    judged_on = held_out(pairs)
    if not judged_on:  # said before the first step: without them the run could not be finished
        raise ValueError(f"{places.photographs} has no photographs of split 'val'; see `highmast dataset split`")
    network.trained_on |= {key_of(pair) for pair in training_pairs(pairs)}
    refuse_learnt(judged_on, network.trained_on, str(places.start or "training"))
    places.out.mkdir(parents=True, exist_ok=True)
    team = join()
    crops = _crops(recipe, places, team)
    network = network.to(team.device, memory_format=torch.channels_last)
    averaged = copy.deepcopy(network).requires_grad_(False).eval()
    backbone, head = network.groups()
    optimizer = torch.optim.AdamW(
        [{"params": backbone, "share": 1 / 3}, {"params": head, "share": 1.0}], weight_decay=recipe.decay
    )
    first = _resumed(places.out / "last.pt", network, averaged, optimizer)
    if team.leads:
        _cut_log(places.out / "log.jsonl", first)
    batches = DataLoader(
        torch.utils.data.Subset(crops, own_crops(recipe, team, first)),
        batch_size=recipe.batch,
        num_workers=1 if team.device == "cpu" else 8,
        prefetch_factor=4,
    )
    # Without silhouettes rust alone would say what is steel, and all would be: a start's answer stays as it is.
    taught = network if places.silhouettes is None else network.taught
    saved_s, losses = time.monotonic(), list[float]()
    for step, (image_bhwc, label_bhw) in enumerate(batches, start=first):
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * group["share"] * pace(step, recipe)
        with torch.autocast(team.device.partition(":")[0], dtype=torch.bfloat16, enabled=recipe.mixed):
            logit_bchw = taught(prepared(image_bhwc.to(team.device)))
        logit_bchw, label_bhw = logit_bchw.float(), label_bhw.to(team.device)
        loss = loss_of_classes(logit_bchw, label_bhw) if recipe.classes else loss_of(logit_bchw, label_bhw)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        team.share(p.grad for p in (*backbone, *head) if p.grad is not None)
        torch.nn.utils.clip_grad_norm_([*backbone, *head], 1.0)
        optimizer.step()
        _average(averaged, network, min(recipe.average, (step + 1) / (step + 10)))
        losses.append(float(loss.detach()))
        if not team.leads:
            continue
        if time.monotonic() - saved_s > recipe.save_every_s or step + 1 == recipe.steps:
            _save(places.out / "last.pt", step + 1, recipe, network, averaged, optimizer)
            saved_s = time.monotonic()
        if (step + 1) % LOG_EVERY == 0:
            clock_s = round(time.monotonic(), 1)
            _log(places.out, say, {"step": step + 1, "loss": round(fmean(losses), 4), "clock_s": clock_s})
            losses.clear()
        if (step + 1) % recipe.check_every == 0 or step + 1 == recipe.steps:
            scores = validate(averaged, judged_on)
            _log(places.out, say, {"step": step + 1, "iou": round(scores.iou, 4), "f1": round(scores.f1, 4)})
    team.wait()
    return averaged


def _crops(recipe: Recipe, places: Places, team: Team) -> Crops:
    """Decode the data; poles are rendered by one process for all."""
    poles = np.empty((0, 0, 0, 4), dtype=np.uint8)
    if places.textures is not None and not recipe.classes:
        pool = (places.textures, recipe.poles, 576, recipe.seed, places.cache or places.out)
        if team.leads:
            pole_pool(*pool)
        team.wait()
        poles = pole_pool(*pool)
    sources = read_sources(
        places.photographs, places.textures, poles, places.corrections, recipe.classes, places.silhouettes
    )
    return Crops(sources, recipe.side_px, recipe.steps * recipe.batch * team.size, recipe.seed)


def own_crops(recipe: Recipe, team: Team, first: int) -> list[int]:
    """Return the crops that this process learns from, in order, from a step on: each crop goes to one process."""
    indices = np.arange(recipe.steps * recipe.batch * team.size)
    return [int(each) for each in indices.reshape(recipe.steps, team.size, recipe.batch)[first:, team.rank].ravel()]


def has_bfloat16() -> bool:
    """Tell whether this machine computes in bfloat16 faster than in float32."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported())


def pace(step: int, recipe: Recipe) -> float:
    """Return the share of the highest learning rate at a step: linear warm-up, then half a cosine."""
    if step < recipe.warm_up:
        return (step + 1) / recipe.warm_up
    done = (step - recipe.warm_up) / max(1, recipe.steps - recipe.warm_up)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done))


def prepared(image_bhwc: Tensor) -> Tensor:
    """Turn bytes into the network's input; the exported graph holds the same two numbers."""
    x = image_bhwc.permute(0, 3, 1, 2).float()
    return ((x - 128) / 128).contiguous(memory_format=torch.channels_last)


def halved(image: Image) -> Tensor:
    """Turn one picture (h, w, 3) into the network's input at half scale, (1, 3, h / 2, w / 2)."""
    return functional.avg_pool2d(prepared(torch.from_numpy(np.ascontiguousarray(image)[None])), 2)


def loss_of(logit_bchw: Tensor, label_bhw: Tensor) -> Tensor:
    """Cross-entropy plus a soft Tversky loss of rust over the batch, at the label's size, ignored pixels left out.

    A second channel is the logit of steel, whose cross-entropy is added where the label says what is steel.
    """
    both_bchw = functional.interpolate(logit_bchw, scale_factor=2.0, mode="bilinear", align_corners=False)
    logit, known, rust = both_bchw[:, 0], label_bhw != IGNORE, (label_bhw == RUST).float()
    loss = _entropy(logit, rust, known) + 0.75 * _tversky(logit, rust, known.float())
    if both_bchw.shape[1] > 1:
        told = known & (label_bhw != OTHER)
        loss = loss + STEEL_SHARE * _entropy(both_bchw[:, 1], ((label_bhw == STEEL) | (rust > 0)).float(), told)
    return loss


def _entropy(logit: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    each = functional.binary_cross_entropy_with_logits(logit, truth, weight=known.float(), reduction="sum")
    return each / known.sum().clamp(1)


def _tversky(logit: Tensor, rust: Tensor, known: Tensor) -> Tensor:
    p = logit.sigmoid() * known
    both = (p * rust).sum()
    missed, false = rust.sum() - both, p.sum() - both
    return 1 - (both + 1) / (both + MISSED * missed + (1 - MISSED) * false + 1)


@torch.no_grad()
def validate(network: PixelNet, pairs: list[Pair], threshold: float = 0.5) -> Counts:
    """Count the pixels of whole photographs at native scale."""
    total = Counts()
    device = next(network.parameters()).device
    for pair in pairs:
        image, mask = read_pair(pair)
        image = image[: image.shape[0] // 64 * 64, : image.shape[1] // 64 * 64]
        logit = network.answer(prepared(torch.from_numpy(image[None]).to(device)))
        logit = network.task.rust_logit(logit)
        logit = functional.interpolate(logit, scale_factor=2.0, mode="bilinear", align_corners=False)[0, 0]
        found = (logit.sigmoid() > threshold).cpu().numpy().astype(np.uint8)
        total += count(found, mask[: found.shape[0], : found.shape[1]])
    return total


def _average(averaged: PixelNet, network: PixelNet, keep: float) -> None:
    with torch.no_grad():
        torch._foreach_lerp_(list(averaged.parameters()), list(network.parameters()), 1 - keep)
        for kept, latest in zip(averaged.buffers(), network.buffers(), strict=True):
            kept.copy_(latest)  # running statistics, which are averages already


def _log(out: Path, say: Callable[[str], None], line: dict[str, float]) -> None:
    with (out / "log.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    say(json.dumps(line))


def _cut_log(path: Path, step: int) -> None:
    """Leave out a line that is cut off, and what a killed run logged after its checkpoint: those steps come again."""
    lines = path.read_text().splitlines(keepends=True) if path.is_file() else []
    kept = [line for line in lines if line.endswith("}\n") and json.loads(line)["step"] <= step]
    if kept != lines:
        write_whole(path, "".join(kept).encode())


def _save(
    path: Path, step: int, recipe: Recipe, network: PixelNet, averaged: PixelNet, optimizer: torch.optim.Optimizer
) -> None:
    state = {
        "step": step,
        "recipe": asdict(recipe),
        "task": asdict(network.task),
        "trained_on": sorted(network.trained_on),
        "network": network.state_dict(),
        "averaged": averaged.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    part = path.with_suffix(".tmp")
    torch.save(state, part)
    part.replace(path)


def _resumed(path: Path, network: PixelNet, averaged: PixelNet, optimizer: torch.optim.Optimizer) -> int:
    """Load a checkpoint if there is one; return the step to go on from. ValueError when it is cut off or of others."""
    if not path.is_file():
        return 0
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
        network.load_state_dict(state["network"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        return int(state["step"])
    except (OSError, EOFError, KeyError, RuntimeError, pickle.UnpicklingError):
        raise ValueError(
            f"{path} is cut off, or of a network for other labels; give another --out, or remove it to begin anew"
        ) from None
