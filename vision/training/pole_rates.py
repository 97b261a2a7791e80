"""How a model does on whole poles that it never saw: `python -m vision.training.pole_rates MODEL TEXTURES`.

Short poles are painted, photographed all around and mapped with the model's masks and with the true ones. Every
second pole comes from the simulator's painter, the others carry rust tiles held out from training. Gains and alarms
(`vision.correction`) are written into the model file; `--check` instead measures how often the stated interval holds
the truth, on other poles.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import onnx

from vision.correction import corrected
from vision.coverage import State
from vision.files import write_whole
from vision.model_file import Card, from_metadata, sealed, to_metadata
from vision.render import PoleRenderer
from vision.render_climb import TRUTH, stations
from vision.render_surface import painted_surface
from vision.segmenter import Segmenter
from vision.strip import pole_strip, segment_strip
from vision.surface import SurfaceMap
from vision.training.synthetic import wrapped
from vision.training.tiles import Tiles
from vision.types import Mask, PoleShape

POLES = 60
MEASURED_FROM, CHECKED_FROM = 9_000_000, 9_500_000
"""Seeds, far from those of training and from each other."""
HEIGHT_M = 1.1
CLEAN = 0.15
"""So many poles have no rust; the others 0.05 to 30 %, small shares as often as large ones."""
MM_PER_PX = 2.0
EDGE_MM = 10.0
"""What is marked this near to rust is rust drawn too wide, not a false alarm."""


@dataclass(frozen=True, slots=True)
class PoleRates:
    """One pole: areas in m2."""

    seen_m2: float
    rust_m2: float
    near_m2: float
    """Rust and EDGE_MM around it."""
    marked_m2: float
    marked_near_m2: float
    sure_m2: float
    """Marked with a probability of SURE or more."""
    sure_near_m2: float

    @property
    def gain(self) -> float:
        """Marked on and beside rust, over rust."""
        return self.marked_near_m2 / self.rust_m2

    @property
    def alarms(self) -> float:
        """Share of the surface away from rust that was marked."""
        return max(0.0, self.marked_m2 - self.marked_near_m2) / max(1e-9, self.seen_m2 - self.near_m2)

    @property
    def sure_gain(self) -> float:
        """As gain, of what is sure."""
        return self.sure_near_m2 / self.rust_m2

    @property
    def sure_alarms(self) -> float:
        """As alarms, of what is sure."""
        return max(0.0, self.sure_m2 - self.sure_near_m2) / max(1e-9, self.seen_m2 - self.near_m2)


def measured(segmenter: Segmenter, textures: Path, count: int, first_seed: int) -> Iterator[PoleRates]:
    """Climb held-out poles and compare; yields one pole after the other."""
    tiles = Tiles(textures)
    for seed in range(first_seed, first_seed + count):
        yield _compared(segmenter, _pole(tiles, seed))


def _pole(tiles: Tiles, seed: int) -> PoleRenderer:
    rng = np.random.default_rng(seed)
    base_mm = rng.uniform(180, 480)
    shape = PoleShape(HEIGHT_M, base_mm, base_mm * rng.uniform(0.8, 1), int(rng.choice([0, 0, 8, 12, 16])))
    fraction = 0.0 if rng.random() < CLEAN else float(np.exp(rng.uniform(np.log(0.0005), np.log(0.3))))
    if seed % 2:
        rgb, rust = wrapped(rng, tiles, shape, fraction, held_out=True)
        return PoleRenderer(shape, rgb, seed, rust)
    painted = painted_surface(shape, seed, fraction)
    return PoleRenderer(shape, painted.rgb, seed, painted.rust)


def _compared(segmenter: Segmenter, renderer: PoleRenderer) -> PoleRates:
    shape = renderer.shape
    answer, true = SurfaceMap(shape, MM_PER_PX), SurfaceMap(shape, MM_PER_PX)
    for view in stations(shape):
        image, truth = renderer.render(view), renderer.truth(view)
        answer.add(image, segment_strip(segmenter, image, pole_strip(shape, view)), view)
        true.add(image, Mask(truth.astype(np.float32), truth, TRUTH), view)
    area = answer.element_m2(slice(None)) * (answer.state == State.SEEN)
    across = 2 * round(EDGE_MM / MM_PER_PX) + 1
    near = cv2.dilate((true.rust > 0).astype(np.uint8), np.ones((across, across), np.uint8)) > 0
    rust, marked = true.rust / np.float32(255), answer.rust / np.float32(255)
    sure = answer.sure()
    weighed = (area, area * rust, area * near, area * marked, area * marked * near, area * sure, area * sure * near)
    return PoleRates(*(float(each.sum()) for each in weighed))


def write_rates(path: Path, poles: list[PoleRates]) -> Card:
    """Put gains and alarms into a model file's card and seal it anew; returns the card."""
    graph = onnx.load(path)
    card = from_metadata(path, {each.key: each.value for each in graph.metadata_props})
    gains = tuple(round(pole.gain, 4) for pole in poles if pole.rust_m2 > 0)
    alarms = tuple(round(pole.alarms, 6) for pole in poles)
    sure_gains = tuple(round(pole.sure_gain, 4) for pole in poles if pole.rust_m2 > 0)
    sure_alarms = tuple(round(pole.sure_alarms, 6) for pole in poles)
    card = replace(card, gains=gains, alarms=alarms, sure_gains=sure_gains, sure_alarms=sure_alarms)
    onnx.helper.set_model_props(graph, to_metadata(card))
    write_whole(path, sealed(graph.SerializeToString()))
    return card


def checked(segmenter: Segmenter, textures: Path, count: int) -> Iterator[str]:
    """Yield one line of a table for each pole of the check, then how many intervals held the truth."""
    held = 0
    for number, pole in enumerate(measured(segmenter, textures, count, CHECKED_FROM)):
        shares = pole.marked_m2 / pole.seen_m2, pole.sure_m2 / pole.seen_m2
        found = corrected(min(1.0, shares[0]), pole.seen_m2, segmenter.info, shares[1])
        truth = pole.rust_m2 / pole.seen_m2
        holds = found.low <= truth <= found.high
        held += holds
        yield (
            f"| {number} | {truth:.3%} | {found.observed:.3%} | {found.fraction:.3%} | "
            f"{found.low:.3%} to {found.high:.3%} | {'yes' if holds else 'NO'} |"
        )
    yield f"\n{held} of {count} intervals hold the truth ({held / count:.0%})"


def main() -> None:
    """Measure and write, or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("textures", type=Path, help="folder of texture tiles (MATERIAL/*.png)")
    parser.add_argument("--poles", type=int, default=POLES)
    parser.add_argument("--check", action="store_true", help="measure how often intervals hold; write nothing")
    options = parser.parse_args()
    segmenter = Segmenter.load(options.model)
    if options.check:
        print("| pole | rust | marked | estimate | interval | holds |\n|---|---|---|---|---|---|")
        for line in checked(segmenter, options.textures, options.poles):
            print(line, flush=True)
        return
    poles = []
    for pole in measured(segmenter, options.textures, options.poles, MEASURED_FROM):
        poles.append(pole)
        print(f"pole {len(poles)} of {options.poles}: alarms {pole.alarms:.4%}", flush=True)
    write_rates(options.model, poles)


if __name__ == "__main__":
    main()
