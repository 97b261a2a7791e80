"""Does active learning earn its labels? `python -m vision.training.study_active PHOTOGRAPHS --out DIR`.

A model is trained on a third of the `street` training photographs, drawn in blocks of consecutive numbers, so that the
rest shows other places. Of the rest COUNT photographs are then labelled: those that notebook 04 would pick (`active`),
or as many drawn by chance (`random`). Both models are trained on for equally many steps, and a third one without new
labels (`none`). Told is the IoU on the `street` validation photographs. Every stage is kept in DIR: the same command
goes on where it was cut off.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from vision.active import picks, seen
from vision.files import write_whole
from vision.labels import Pair, read_index
from vision.metrics import Counts
from vision.model_file import Card
from vision.scales import RULE
from vision.segmenter import Segmenter
from vision.training.export import export
from vision.training.finish import answered, counted
from vision.training.loop import Places, Recipe, has_bfloat16, train
from vision.training.network import RustNet
from vision.training.study_active_result import ARMS, Score, figure, table

SET = "street"
BLOCK = 10
"""Photographs with consecutive numbers that are labelled together: neighbours show the same place."""
LOGGED = 6
"""Every sixth validation photograph goes into the log of a training; all are measured at its end."""
THRESHOLDS = [round(float(step), 2) for step in np.arange(0.1, 0.91, 0.05)]


@dataclass(frozen=True, slots=True)
class Study:
    """What is trained, and for how long."""

    photographs: Path
    """A folder with an `index.csv`."""
    out: Path
    backbone: Path | None
    count: int
    """Photographs to label next."""
    start_steps: int
    arm_steps: int
    batch: int
    side_px: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """File names (without ending) of the photographs that each model learns from."""

    known: list[str]
    random: list[str]
    active: list[str]

    def of(self, arm: str) -> list[str]:
        """Return what an arm learns from."""
        return self.known + {"none": [], "random": self.random, "active": self.active}[arm]


def main() -> None:
    """Run all seeds and write `table.md`, `scores.json` and `active.png`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--backbone", type=Path, help="ImageNet weights of MobileNetV2; random weights without")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--start-steps", type=int, default=250)
    parser.add_argument("--arm-steps", type=int, default=80)
    parser.add_argument("--batch", type=int, default=6)
    parser.add_argument("--side-px", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    given = vars(parser.parse_args())
    seeds = given.pop("seeds")
    torch.set_num_threads(given.pop("threads"))
    found = list(study(Study(**given), range(1, seeds + 1)))
    out: Path = given["out"]
    write_whole(out / "scores.json", json.dumps([asdict(score) for score in found], indent=1).encode())
    write_whole(out / "table.md", table(found).encode())
    write_whole(out / "active.png", figure(found))
    print(table(found))


def study(what: Study, seeds: range) -> Iterator[Score]:
    """Yield one score for each seed and arm."""
    begun = {seed: started(what, seed) for seed in seeds}
    for arm in ARMS:
        for seed, (start, chosen) in begun.items():
            yield scored(what, seed, arm, start, chosen)


def started(what: Study, seed: int) -> tuple[Path, Chosen]:
    """Train on a third and choose what to label next; returns the model file and the choice."""
    folder = what.out / f"seed-{seed}"
    train_names = [pair.name for pair in pairs_of(what.photographs, "train")]
    known = third(train_names, np.random.default_rng([seed, 0]))
    places = Places(subset(what.photographs, folder / "start-data", known), None, folder / "start", what.backbone)
    model = folder / "start.onnx"
    if not model.is_file():
        network = train(recipe(what, what.start_steps, 1.2e-3, seed), places)
        export(network, Card(f"third-{seed}", 0.5, 1.0, 0.0, (0.0, 0.0), (0.3, 1.5), RULE), model)
    kept = folder / "chosen.json"
    if not kept.is_file():
        write_whole(kept, json.dumps(asdict(choice(what, seed, model, known)), indent=1).encode())
    return places.out / "last.pt", Chosen(**json.loads(kept.read_text()))


def choice(what: Study, seed: int, model: Path, known: list[str]) -> Chosen:
    """Pick from the photographs that are not labelled yet, as notebook 04 does and by chance."""
    segmenter = Segmenter.load(model)
    looked_at = {pair.name: seen(segmenter, pair.image) for pair in pairs_of(what.photographs, "train")}
    pool = [name for name in looked_at if name not in known]
    best = picks([looked_at[name] for name in pool], [looked_at[name] for name in known], what.count)
    drawn = np.random.default_rng([seed, 1]).choice(pool, what.count, replace=False)
    return Chosen(known, sorted(str(name) for name in drawn), [pick.path.stem for pick in best])


def scored(what: Study, seed: int, arm: str, start: Path, chosen: Chosen) -> Score:
    """Train one arm from the start model and measure it."""
    folder = what.out / f"seed-{seed}" / arm
    kept = folder / "score.json"
    if not kept.is_file():
        places = Places(subset(what.photographs, folder / "data", chosen.of(arm)), None, folder, start=start)
        network = train(recipe(what, what.arm_steps, 6e-4, seed), places)
        score = measured(network, pairs_of(what.photographs, "val"), seed, arm)
        write_whole(kept, json.dumps(asdict(score), indent=1).encode())
    return Score(**json.loads(kept.read_text()))


def recipe(what: Study, steps: int, rate: float, seed: int) -> Recipe:
    """Return how a model is trained; weights are averaged over the last 50 steps or so."""
    return Recipe(
        steps=steps, batch=what.batch, side_px=what.side_px, rate=rate, warm_up=min(20, steps), average=0.98,
        seed=seed, mixed=has_bfloat16(),
    )  # fmt: skip


def measured(network: RustNet, pairs: list[Pair], seed: int, arm: str) -> Score:
    """Count whole photographs at every threshold."""
    answers = [answered(network.cpu().eval(), pair) for pair in pairs]
    ious = {step: sum((counted(each, 1.0, step) for each in answers), Counts()).iou for step in THRESHOLDS}
    best = max(ious, key=ious.__getitem__)
    return Score(seed, arm, ious[0.5], ious[best], best)


def pairs_of(photographs: Path, split: str) -> list[Pair]:
    """Return the photographs of SET in a split, by name; ValueError when there are none."""
    pairs = [pair for pair in read_index(photographs) if pair.set == SET and pair.split == split]
    if not pairs:
        raise ValueError(f"{photographs} has no photographs of set '{SET}' and split '{split}'")
    return sorted(pairs, key=lambda pair: pair.name)


def third(names: list[str], rng: np.random.Generator) -> list[str]:
    """Draw a third of the names in blocks of BLOCK neighbours."""
    blocks = [names[first : first + BLOCK] for first in range(0, len(names), BLOCK)]
    drawn = [name for index in rng.permutation(len(blocks)) for name in blocks[index]]
    return sorted(drawn[: len(names) // 3])


def subset(photographs: Path, folder: Path, names: list[str]) -> Path:
    """Make a folder whose training split is the names given, with some validation photographs; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / SET).exists():
        (folder / SET).symlink_to((photographs / SET).resolve(), target_is_directory=True)
    lines = [f"{SET},{name},train" for name in names]
    lines += [f"{SET},{pair.name},val" for pair in pairs_of(photographs, "val")[::LOGGED]]
    write_whole(folder / "index.csv", "\n".join(["set,name,split", *lines, ""]).encode())
    return folder


if __name__ == "__main__":
    main()
