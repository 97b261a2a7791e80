"""From trained weights to a model file: temperature, threshold, and the rates that grading corrects areas by.

Temperature and threshold come from the held-out photographs (of `street` where there are any); the per-pixel rates
from rendered poles with rust tiles that training never saw, because maps of climbs are what they correct. Without
tiles the rates come from the held-out photographs too.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from vision.dataset.folder import FILE
from vision.labels import Pair, RustMask, held_out, read_index, read_pair, refuse_learnt
from vision.metrics import Counts, calibration_error, count
from vision.model_file import Card
from vision.preprocess import enlarged, padded, tiles
from vision.scales import RULE
from vision.segmenter import Segmenter
from vision.training.export import export
from vision.training.loop import Places, halved, prepared
from vision.training.network import RustNet
from vision.training.pole_rates import MEASURED_FROM, measured, write_rates
from vision.training.pole_rates import POLES as MAPPED
from vision.training.steel_limit import steel_limit
from vision.training.synthetic import pole
from vision.training.tiles import Tiles
from vision.two_scales import at_half_scale, rust_logit
from vision.types import Image

Field = npt.NDArray[np.float32]

POLES = 40
"""Pictures of poles with rust that the threshold is chosen on, and as many of clean ones."""
MOST_FALSE_ALARMS = 0.005
"""Share of the simulator's clean poles that may be called rust at the threshold, where any threshold reaches that."""
POLE_SEED = 1_000_003
"""Far from any seed of training."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A picture's logits beside its truth, (height_px, width_px); of a pole the shaft's pixels, (1, n)."""

    logit: Field
    truth: RustMask


def finish(network: RustNet, places: Places, name: str, path: Path) -> Card:
    """Calibrate, measure and export; returns what the model file says of itself."""
    network = network.cpu().eval()
    pairs = read_index(places.photographs)
    refuse_learnt(held_out(pairs), network.trained_on, "the network")
    judged = "street_val" if any(pair.set == "street" for pair in held_out(pairs)) else "held_out"
    street = [answered(network, pair) for pair in held_out(pairs)]
    if not street:
        raise ValueError(f"{places.photographs} has no photographs of split 'val' to calibrate on")
    poles = street if places.textures is None else answered_poles(network, places.textures)
    sound = [] if places.textures is None else answered_poles(network, places.textures, clean=True)
    painted, composited = sound[::2], sound[1::2]
    temperature = fitted_temperature(street)
    threshold = best_threshold(street, poles, painted, temperature)
    total = [counted(each, temperature, threshold) for each in street]
    whole = sum(total, Counts())
    on_poles = sum((counted(each, temperature, threshold) for each in poles), Counts())
    alarms = [sum((counted(each, temperature, threshold) for each in g), Counts()) for g in (painted, composited)]
    stated = np.concatenate([_probability(each, temperature)[::7, ::7].ravel() for each in street])
    truth = np.concatenate([each.truth[::7, ::7].ravel() for each in street])
    rendered = {
        "rendered_poles_iou": on_poles.iou,
        "clean_poles_false_positive_rate": alarms[0].false_positive_rate,
        "clean_composited_poles_false_positive_rate": alarms[1].false_positive_rate,
    }
    card = Card(
        name=name,
        threshold=threshold,
        true_positive_rate=on_poles.recall,
        false_positive_rate=on_poles.false_positive_rate,
        photo_error=photo_error(total),
        mm_per_px=(0.3, 1.5),
        rule=RULE,
        steel=steel_limit(network, held_out(pairs), places.textures),
        temperature=temperature,
        labels=network.task.labels,
        rust_values=network.task.rust,
        metrics={
            f"{judged}_iou": whole.iou,
            f"{judged}_f1": whole.f1,
            f"{judged}_area_error": float(np.mean([abs(each.area_error) for each in total])),
            f"{judged}_true_positive_rate": whole.recall,
            f"{judged}_false_positive_rate": whole.false_positive_rate,
            f"{judged}_calibration_error": calibration_error(stated, truth),
            "temperature": temperature,
            **({} if places.textures is None else rendered),
        },
        data_sha256={"photographs": index_hash(places.photographs, pairs)},
        trained_on=tuple(sorted(network.trained_on)),
    )
    export(network, card, path)
    if places.textures is None:
        return card
    return write_rates(path, list(measured(Segmenter.load(path), places.textures, MAPPED, MEASURED_FROM)))


def answered(network: RustNet, pair: Pair) -> Answered:
    """Run the network over one photograph at native scale."""
    image, truth = read_pair(pair)
    return Answered(logits(network, image), truth)


@torch.no_grad()
def logits(network: RustNet, image: Image) -> Field:
    """Return the logits of rust at the picture's size, found as the segmenter finds them."""
    whole = padded(image)[0]
    if network.task.outputs == 1:
        small = at_half_scale(whole, lambda part: coarse(network, part)[None])
        half = rust_logit(whole, small[0], lambda part: _plane(network(_batch(part))))
    else:
        half = np.empty((whole.shape[0] // 2, whole.shape[1] // 2), dtype=np.float32)
        for tile in tiles(*whole.shape[:2]):
            rust = network.task.rust_logit(network.answer(_batch(whole[tile.read])))
            half[tile.shrunk(2).keep] = tile.shrunk(2).kept(_plane(rust))
    return enlarged(half)[: image.shape[0], : image.shape[1]]


def coarse(network: RustNet, image: Image) -> Field:
    """Return the logits of rust that the picture at half scale gives, a quarter of its size each way."""
    return _plane(network(halved(image)))


def _batch(image: Image) -> torch.Tensor:
    return prepared(torch.from_numpy(np.ascontiguousarray(image)[None]))


def _plane(logit_bchw: torch.Tensor) -> Field:
    return np.asarray(logit_bchw[0, 0].numpy(), dtype=np.float32)


def fitted_temperature(pictures: list[Answered]) -> float:
    """Return the temperature in 0.5 to 4 at which the cross-entropy over the pictures is least."""
    logit = np.concatenate([each.logit[::5, ::5].ravel() for each in pictures]).astype(np.float64)
    sign = 1 - 2 * np.concatenate([each.truth[::5, ::5].ravel() for each in pictures]).astype(np.float64)
    steps = np.geomspace(0.5, 4, 61)
    losses = [np.logaddexp(0, sign * logit / step).mean() for step in steps]
    return float(steps[int(np.argmin(losses))])


def best_threshold(street: list[Answered], poles: list[Answered], sound: list[Answered], temperature: float) -> float:
    """Return the probability from which to call rust, in steps of 0.02: highest IoU, photographs counting twice.

    Thresholds with more than MOST_FALSE_ALARMS on poles without rust are left out, unless all are.
    """

    def total(group: list[Answered], threshold: float) -> Counts:
        return sum((counted(each, temperature, threshold) for each in group), Counts())

    steps = [round(float(step), 2) for step in np.arange(0.3, 0.82, 0.02)]
    quiet = [step for step in steps if total(sound, step).false_positive_rate <= MOST_FALSE_ALARMS]
    return max(quiet or steps, key=lambda step: 2 * total(street, step).iou + total(poles, step).iou)


def counted(picture: Answered, temperature: float, threshold: float) -> Counts:
    """Count the pixels of one picture."""
    return count((_probability(picture, temperature) >= threshold).astype(np.uint8), picture.truth)


def photo_error(counts: list[Counts]) -> tuple[float, float]:
    """Fit the error of a photograph's rusted fraction f as hypot(a, b f): a from the less rusty half."""
    found = np.array([(c.true_positive + c.false_positive) / c.pixels for c in counts])
    error = np.array([c.area_error for c in counts])
    order = np.argsort(found, kind="stable")
    less, more = order[: (len(order) + 1) // 2], order[(len(order) + 1) // 2 :]
    floor = float(np.sqrt(np.mean(error[less] ** 2)))
    if not len(more) or not found[more].any():
        return floor, 0.0
    rest = max(0.0, float(np.mean(error[more] ** 2)) - floor**2)
    return floor, float(np.sqrt(rest / np.mean(found[more] ** 2)))


def answered_poles(network: RustNet, textures: Path, clean: bool = False) -> list[Answered]:
    """Run the network over rendered poles, only the shaft is kept: half as the simulator paints them, half of tiles.

    Their rust tiles are held out from training; the simulator's rust is not, but each of its poles is new.
    """
    tiles, answers = Tiles(textures), []
    for index in range(POLES):
        rng = np.random.default_rng([POLE_SEED, int(clean), index])
        picture, truth, shaft = pole(rng, tiles, 384, held_out=True, clean=clean, painted=index % 2 == 0)
        answers.append(Answered(logits(network, picture)[shaft][None], truth[shaft][None]))
    return answers


def index_hash(root: Path, pairs: list[Pair]) -> str:
    """Return one SHA-256 over all photographs and masks, in the index's order."""
    index = root / FILE if (root / FILE).is_file() else root / "index.csv"
    digest = hashlib.sha256(index.read_bytes())
    for pair in pairs:
        digest.update(pair.image.read_bytes())
        digest.update(pair.mask.read_bytes())
    return digest.hexdigest()


def _probability(picture: Answered, temperature: float) -> Field:
    return np.asarray(1 / (1 + np.exp(-picture.logit / np.float32(temperature))), dtype=np.float32)
