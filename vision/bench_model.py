"""Speed of the shipped model on this machine: `python -m vision.bench_model`.

Measures photograph to label mask in every runtime installed: a rendered pole at 1080p whole, as a strip, and from JPEG
bytes that are decoded ahead in a thread, as `highmast grade` does; 640 x 640; and 1080p full of rust, where the full
scale is needed everywhere. `full_scale` is the share of the picture that it was computed on, margins included. Then,
where torch is installed, DeepLabV3-ResNet50 in ONNX Runtime float32 per megapixel in the same run (random weights:
they do not change its speed). `--photographs FOLDER` measures photographs too, each enlarged to 1080p.
"""

import argparse
import json
import os
import platform
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vision.photograph import photographs, read_photograph
from vision.render import PoleRenderer
from vision.render_noise import tile
from vision.render_surface import painted_surface
from vision.runtime import CANDIDATES, Run, onnx_session
from vision.segmenter import Segmenter
from vision.types import Camera, Image, PoleShape, View

STRIP_PX = 512
"""Width of a pole's silhouette in a 1080p frame at 0.7 mm per pixel."""


def rendered() -> Image:
    """Return a 1080p picture of a shaft, RGB (1080, 1920, 3)."""
    shape = PoleShape(2.0, 400, 380)
    camera = Camera(1920, 1080, 860, 860, 960, 540)
    return PoleRenderer(shape, painted_surface(shape, 3, 0.05).rgb, 3).render(View(camera, 1.0, 40, 600))


def milliseconds(segmenter: Segmenter, images: list[Image], repeats: int) -> float:
    """Return the median time to segment a picture, ms, the mean over pictures; first answers are not counted."""
    means = []
    for image in images:
        segmenter.segment(image)
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            segmenter.segment(image)
            times.append(time.perf_counter() - start)
        means.append(float(np.median(times)) * 1000)
    return float(np.mean(means))


def milliseconds_from_file(segmenter: Segmenter, image: Image, repeats: int) -> float:
    """Return the time from a JPEG's bytes to the mask, ms: the next one is decoded while this one is segmented."""
    encoded = cv2.imencode(".jpg", image[..., ::-1])[1]
    with ThreadPoolExecutor(1) as reader:
        start = time.perf_counter()
        coming = reader.submit(cv2.imdecode, encoded, cv2.IMREAD_COLOR_RGB)
        for _ in range(repeats):
            read = np.asarray(coming.result(), dtype=np.uint8)
            coming = reader.submit(cv2.imdecode, encoded, cv2.IMREAD_COLOR_RGB)
            segmenter.segment(read)
        return (time.perf_counter() - start) * 1000 / repeats


def full_scale(segmenter: Segmenter, images: list[Image]) -> float | None:
    """Return the share of the pictures that is computed at full scale, margins included; None without two scales."""
    asked_px = 0

    def counted(run: Run) -> Run:
        def count(part: npt.NDArray[Any], output: str | None) -> list[npt.NDArray[Any]]:
            nonlocal asked_px
            asked_px += part.shape[1] * part.shape[2] if output == "fine" else 0
            return run(part, output)

        return count

    counting = copy(segmenter)
    counting.run = counted(segmenter.run)
    for image in images:
        counting.segment(image)
    return (
        round(asked_px / sum(image.shape[0] * image.shape[1] for image in images), 3) if segmenter.two_scales else None
    )


def enlarged_photographs(folder: Path | None, most: int = 8) -> list[Image]:
    """Return photographs of a folder, evenly chosen, enlarged to 1080p."""
    found = [] if folder is None else list(photographs((folder,)))
    chosen = found[:: max(1, len(found) // most)][:most]
    return [np.asarray(cv2.resize(read_photograph(path), (1920, 1080)), dtype=np.uint8) for path in chosen]


def deeplab_ms(threads: int, repeats: int, side: int = 512) -> float:
    """Return the median time of DeepLabV3-ResNet50 in ONNX Runtime float32, ms per megapixel; needs torch."""
    import tempfile

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


def measured(segmenter: Segmenter, repeats: int, real: list[Image]) -> float:
    """Print a line for each picture; return ms per megapixel of the 640 x 640 one."""
    whole = rendered()
    left = (whole.shape[1] - STRIP_PX) // 2
    pictures = {
        "1080p whole": [whole],
        "1080p strip": [np.ascontiguousarray(whole[:, left : left + STRIP_PX])],
        "1080p full of rust": [np.ascontiguousarray(np.tile(tile("rust_005"), (9, 15, 1))[:1080, :1920])],
        "640 x 640": [np.ascontiguousarray(whole[:640, :640])],
        **({"photographs at 1080p": real} if real else {}),
    }
    for name, images in pictures.items():
        _say(segmenter, name, milliseconds(segmenter, images, repeats), images)
    _say(segmenter, "1080p whole, from JPEG", milliseconds_from_file(segmenter, whole, repeats), [whole])
    return milliseconds(segmenter, pictures["640 x 640"], repeats) / (640 * 640 / 1e6)


def _say(segmenter: Segmenter, name: str, taken_ms: float, images: list[Image]) -> None:
    each_ms = taken_ms / (images[0].shape[0] * images[0].shape[1] / 1e6)
    line = {"runtime": segmenter.runtime, "picture": name, "ms": round(taken_ms, 1)}
    line |= {"ms_per_megapixel": round(each_ms, 1), "frames_per_s": round(1000 / taken_ms, 1)}
    print(json.dumps({**line, "full_scale": full_scale(segmenter, images)}), flush=True)


def main() -> None:
    """Print one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--photographs", type=Path, help="also measure on photographs of this folder")
    parser.add_argument("--model", type=Path, help="another model file than the shipped one")
    options = parser.parse_args()
    real, ours = enlarged_photographs(options.photographs), []
    for name in CANDIDATES:
        try:
            ours.append(measured(Segmenter.load(options.model, options.threads, name), options.repeats, real))
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
