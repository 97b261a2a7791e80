"""Which network? Each candidate on the same crops in the same order for the same steps; then scored and timed.

    python -m vision.training.study_networks --photographs DIR --textures DIR --backbone FILE --lite FILE --out DIR

Leaves `OUT/NAME/log.jsonl` and `OUT/NAME/result.json`; runs what has no result yet, so it goes on where it was stopped.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from vision.labels import held_out, read_index
from vision.metrics import Counts
from vision.training.backbones import LITE, load_lite
from vision.training.candidates import DeepLabLight, DeepLabResNet50, FastScnn, Lraspp, UNetLight, load_resnet
from vision.training.classes import Task
from vision.training.finish import answered, counted
from vision.training.loop import Places, Recipe, fitted, has_bfloat16, prepared
from vision.training.network import Network, PixelNet, RustNet, load_backbone

SIDE_PX = 640
"""Of the picture that candidates are timed on."""

THRESHOLDS = tuple(step / 20 for step in range(4, 17))


@dataclass(frozen=True, slots=True)
class Result:
    """What a candidate came to."""

    name: str
    steps: int
    parameters: int
    trained_s: float
    ms_per_megapixel: float
    """One thread, torch float32, both scales."""
    iou: float
    """Street validation at probability 0.5."""
    best_iou: float
    """At the best of THRESHOLDS."""
    best_threshold: float
    area_error: float


def pretrained(network: Network, path: Path, load: Callable[[Network, Path], None] = load_backbone) -> PixelNet:
    """Return the network with a backbone's weights."""
    load(network, path)
    return network


def deeplab(resnet: Path | None) -> PixelNet:
    """Return DeepLabV3-ResNet50, from random weights where its backbone's are not given."""
    network = DeepLabResNet50(Task())
    if resnet is not None:
        load_resnet(network, resnet)
    return network


def candidates(backbone: Path, lite: Path | None, resnet: Path | None) -> dict[str, Callable[[], PixelNet]]:
    """Return what makes each candidate; EfficientNet-Lite0 only where its weights are given."""
    task = Task()
    made: dict[str, Callable[[], PixelNet]] = {
        "mobilenet_v2_fpn": lambda: pretrained(RustNet(task=task), backbone),
        "mobilenet_v2_lraspp": lambda: pretrained(Lraspp(task), backbone),
        "mobilenet_v2_deeplabv3plus": lambda: pretrained(DeepLabLight(task), backbone),
        "mobilenet_v2_unet": lambda: pretrained(UNetLight(task), backbone),
        "fast_scnn": lambda: FastScnn(task),
        "deeplabv3_resnet50": lambda: deeplab(resnet),
    }
    if lite is not None:
        made["efficientnet_lite0_fpn"] = lambda: pretrained(RustNet(task=task, backbone=LITE), lite, load_lite)
    return made


def tried(name: str, make: Callable[[], PixelNet], recipe: Recipe, places: Places) -> Result:
    """Train, score and time one candidate."""
    torch.manual_seed(recipe.seed)
    network, start_s = make(), time.monotonic()
    network = fitted(network, recipe, places, lambda line: print(name, line, flush=True))
    trained_s = time.monotonic() - start_s
    each = [answered(network, pair) for pair in held_out(read_index(places.photographs))]

    def total(threshold: float) -> Counts:
        return sum((counted(one, 1.0, threshold) for one in each), Counts())

    best = max(THRESHOLDS, key=lambda threshold: total(threshold).iou)
    errors = [abs(counted(one, 1.0, best).area_error) for one in each]
    return Result(
        name, recipe.steps, sum(p.numel() for p in network.parameters()), round(trained_s, 1),
        round(milliseconds(network), 1), round(total(0.5).iou, 4), round(total(best).iou, 4), best,
        round(sum(errors) / len(errors), 4),
    )  # fmt: skip


@torch.no_grad()
def milliseconds(network: PixelNet, repeats: int = 3) -> float:
    """Return the least time per megapixel on the processor, ms."""
    network = network.cpu().eval()
    picture = prepared(torch.zeros((1, SIDE_PX, SIDE_PX, 3), dtype=torch.uint8))
    times = []
    for _ in range(repeats):
        start_s = time.perf_counter()
        network.answer(picture)
        times.append(time.perf_counter() - start_s)
    return min(times) * 1000 / (SIDE_PX * SIDE_PX / 1e6)


def main() -> None:
    """Train what has no result yet; print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("photographs", "textures", "backbone", "out"):
        parser.add_argument(f"--{option}", type=Path, required=True)
    parser.add_argument("--lite", type=Path, help="efficientnet-lite0-*.pth of the wheel on PyPI")
    parser.add_argument("--resnet", type=Path, help="imgsim/model.pth of the wheel imgsim 0.1.2 on PyPI (MIT)")
    parser.add_argument("--corrections", type=Path)
    parser.add_argument("--only", nargs="*", help="names of candidates; all without")
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    recipe = Recipe(
        steps=options.steps, batch=8, side_px=256, poles=100, seed=options.seed, mixed=has_bfloat16(),
        check_every=options.steps,
    )  # fmt: skip
    made = candidates(options.backbone, options.lite, options.resnet)
    for name in options.only or made:
        out = options.out / name
        if not (out / "result.json").is_file():
            places = Places(
                options.photographs, options.textures, out, cache=options.out, corrections=options.corrections
            )
            result = tried(name, made[name], recipe, places)
            (out / "result.json").write_text(json.dumps(asdict(result)))
        print((out / "result.json").read_text())


if __name__ == "__main__":
    main()
