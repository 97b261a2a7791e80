"""The parity gate: a faster runtime is taken only where its masks agree with ONNX Runtime's in float32.

Pictures: poles as the simulator renders them, whose rust is known. Float32 must give the same label on 99.99 % of the
pixels; a lower precision may lose at most one point of rust IoU and must find the same rusted area within 2 %.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vision.labels import RustMask
from vision.metrics import Counts, count
from vision.render import PoleRenderer
from vision.render_scene import random_scene
from vision.render_surface import painted_surface
from vision.runtime import CANDIDATES, DEFAULT
from vision.segmenter import Segmenter
from vision.types import Camera, Image, PoleShape, View

SIDE_PX = 640
SAME_LABELS = 0.9999
IOU_LOSS = 0.01
AREA_ERROR = 0.02


@dataclass(frozen=True, slots=True)
class Trial:
    """One runtime on this machine."""

    runtime: str
    ms_per_megapixel: float
    same_labels: float
    """Share of pixels with the label of ONNX Runtime in float32."""
    iou: float
    area: float
    """Rusted area found over that of ONNX Runtime in float32."""
    passes: bool
    failure: str = ""
    """Why it does not run here."""


def trials(path: Path | None, threads: int | None, count_of_poles: int = 6) -> Iterator[Trial]:
    """Try every runtime on the same pictures, ONNX Runtime in float32 first."""
    shown = [pictured(seed) for seed in range(count_of_poles)]
    first: list[RustMask] = []
    base = Counts()
    for name in CANDIDATES:
        try:
            labels, ms = _labelled(Segmenter.load(path, threads, name), [image for image, _ in shown])
        except (ImportError, RuntimeError) as error:
            yield Trial(name, 0.0, 0.0, 0.0, 0.0, False, str(error).splitlines()[0])
            continue
        total = sum((count(found, truth) for found, (_, truth) in zip(labels, shown, strict=True)), Counts())
        if name == DEFAULT:
            first, base = labels, total
        yield judged(name, ms, labels, first, total, base)


def judged(name: str, ms: float, labels: list[RustMask], first: list[RustMask], total: Counts, base: Counts) -> Trial:
    """Hold one runtime's labels against the first one's."""
    same = float(np.mean([np.mean(a == b) for a, b in zip(labels, first, strict=True)]))
    area = sum(int(each.sum()) for each in labels) / max(1, sum(int(each.sum()) for each in first))
    if name.endswith("f32"):
        passes = same >= SAME_LABELS
    else:
        passes = total.iou >= base.iou - IOU_LOSS and abs(area - 1) <= AREA_ERROR
    return Trial(name, ms, same, total.iou, area, passes)


def fastest(tried: list[Trial]) -> Trial:
    """Return the fastest that passed; ONNX Runtime in float32 always does."""
    return min((trial for trial in tried if trial.passes), key=lambda trial: trial.ms_per_megapixel)


def pictured(seed: int) -> tuple[Image, RustMask]:
    """Render a rusty pole and its truth, (SIDE_PX, SIDE_PX); the same for a seed."""
    shape = PoleShape(1.6, 380, 360, sides=(0, 12)[seed % 2])
    surface = painted_surface(shape, seed, 0.02 * (seed + 1))
    scene = replace(random_scene(seed), blur_px=0.6)
    renderer = PoleRenderer(shape, surface.rgb, seed, surface.rust, scene)
    view = View(Camera(SIDE_PX, SIDE_PX, 860, 860, SIDE_PX / 2, SIDE_PX / 2), 0.8, 40.0 * seed, 600)
    return renderer.render(view), renderer.truth(view)


def _labelled(segmenter: Segmenter, images: list[Image]) -> tuple[list[RustMask], float]:
    """Return the labels and the least time in ms per megapixel; the first picture warms up."""
    segmenter.segment(images[0])
    labels, times = [], []
    for image in images:
        start = time.perf_counter()
        labels.append(segmenter.segment(image).label)
        times.append((time.perf_counter() - start) * 1e9 / (image.shape[0] * image.shape[1]))
    return labels, min(times)
