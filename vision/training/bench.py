"""Training throughput: `python -m vision.bench_training`, on the shipped data set unless another is named.

Crops a second of the loader alone, of the training step alone on one and the same batch, and of the loop, which must
reach 85 % of the slower of the two. Each alone has what it has in the loop: one process that loads, and torch's
threads. The three are measured in turn and the best round of each counts, so that a disturbance makes none of them
slower than it is. One JSON object a line; ends with status 1 when the loop falls short.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader

from vision.training.crops import Crops, read_sources
from vision.training.loop import loss_of, prepared
from vision.training.network import RustNet

MADE = Path(__file__).parents[2] / "datasets" / "made-poles"
SHARE = 0.85
WARM_UP = 3


def rate(step: Callable[[], object], steps: int, batch: int) -> float:
    """Return crops a second over some steps, the first ones not counted."""
    for _ in range(WARM_UP):
        step()
    began_s = time.perf_counter()
    for _ in range(steps):
        step()
    return steps * batch / (time.perf_counter() - began_s)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photographs", type=Path, default=MADE)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--side", type=int, default=256)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    sources = read_sources(options.photographs, None, np.empty((0, 0, 0, 4), dtype=np.uint8))
    count = options.batch * (options.steps + WARM_UP)
    network = RustNet().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW([p for group in network.groups() for p in group])

    def batches() -> Callable[[], tuple[torch.Tensor, torch.Tensor]]:
        crops = Crops(sources, options.side, count, 1)
        loader = iter(DataLoader(crops, batch_size=options.batch, num_workers=1, prefetch_factor=4))
        return lambda: next(loader)

    def learn(image: torch.Tensor, label: torch.Tensor) -> None:
        loss = loss_of(network(prepared(image)), label)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    def loop() -> Callable[[], None]:
        following = batches()
        return lambda: learn(*following())

    same = batches()()
    alone = {"loader": batches, "model": lambda: lambda: learn(*same), "loop": loop}
    rounds = [
        {name: rate(begin(), options.steps, options.batch) for name, begin in alone.items()}
        for _ in range(options.rounds)
    ]
    figures = {name: max(each[name] for each in rounds) for name in alone}
    reached = figures["loop"] / min(figures["loader"], figures["model"])
    figures |= {"loop_of_slower": reached, "threads": torch.get_num_threads(), "side_px": options.side}
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))
    sys.exit(reached < SHARE)


if __name__ == "__main__":
    main()
