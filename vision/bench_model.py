"""Speed of the shipped model on this machine: `python -m vision.bench_model`.

Measures photograph to label mask at 1080p whole and as a pole's strip, and a 640 x 640 photograph, in every runtime
installed; then, where torch is installed, DeepLabV3-ResNet50 in ONNX Runtime float32 per megapixel in the same run
(random weights: they do not change its speed).
"""

import argparse
import json
import os
import platform
import resource
import time

import numpy as np

from vision.render import PoleRenderer
from vision.render_surface import painted_surface
from vision.runtime import CANDIDATES, onnx_session
from vision.segmenter import Segmenter
from vision.types import Camera, Image, PoleShape, View

STRIP_PX = 512
"""Width of a pole's silhouette in a 1080p frame at 0.7 mm per pixel."""


def rendered() -> Image:
    """Return a 1080p picture of a shaft, RGB (1080, 1920, 3)."""
    shape = PoleShape(2.0, 400, 380)
    camera = Camera(1920, 1080, 860, 860, 960, 540)
    return PoleRenderer(shape, painted_surface(shape, 3, 0.05).rgb, 3).render(View(camera, 1.0, 40, 600))


def milliseconds(segmenter: Segmenter, image: Image, repeats: int) -> float:
    """Return the median time to segment a picture, ms; the first answer is not counted."""
    segmenter.segment(image)
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        segmenter.segment(image)
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1000


def deeplab_ms(threads: int, repeats: int, side: int = 512) -> float:
    """Return the median time of DeepLabV3-ResNet50 in ONNX Runtime float32, ms per megapixel; needs torch."""
    import tempfile
    from pathlib import Path

    import torch
    from torchvision.models.segmentation import deeplabv3_resnet50

    network = deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=2).eval()
    example = torch.zeros((1, 3, side, side))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deeplab.onnx"
        torch.onnx.export(network, (example,), str(path), dynamo=True, external_data=False, verbose=False)
        session = onnx_session(path.read_bytes(), threads)
    name, times = session.get_inputs()[0].name, []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        session.run(None, {name: example.numpy()})
        times.append(time.perf_counter() - start)
    return float(np.median(times[1:])) * 1000 / (side * side / 1e6)


def measured(segmenter: Segmenter, repeats: int) -> float:
    """Print a line for each picture; return ms per megapixel of the 640 x 640 one."""
    whole, each_ms = rendered(), 0.0
    left = (whole.shape[1] - STRIP_PX) // 2
    pictures = {
        "1080p whole": whole,
        "1080p strip": whole[:, left : left + STRIP_PX],
        "640 x 640": whole[:640, :640],
    }
    for name, picture in pictures.items():
        taken_ms = milliseconds(segmenter, np.ascontiguousarray(picture), repeats)
        each_ms = taken_ms / (picture.shape[0] * picture.shape[1] / 1e6)
        line = {"runtime": segmenter.runtime, "picture": name, "ms": round(taken_ms, 1)}
        print(json.dumps({**line, "ms_per_megapixel": round(each_ms, 1), "frames_per_s": round(1000 / taken_ms, 1)}))
    return each_ms


def main() -> None:
    """Print one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()
    ours = []
    for name in CANDIDATES:
        try:
            ours.append(measured(Segmenter.load(None, options.threads, name), options.repeats))
        except ImportError as error:
            print(json.dumps({"runtime": name, "missing": str(error)}))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"peak_memory_mb": round(peak_mb), "machine": platform.processor() or platform.machine()}))
    try:
        deeplab = deeplab_ms(options.threads, 3)
    except ImportError as error:
        print(json.dumps({"deeplabv3_resnet50": f"not measured: {error}"}))
        return
    cheaper = {"cheaper_f32": round(deeplab / ours[0], 1), "cheaper_best": round(deeplab / min(ours), 1)}
    print(json.dumps({"deeplabv3_resnet50_ms_per_megapixel": round(deeplab), **cheaper}))


if __name__ == "__main__":
    main()
