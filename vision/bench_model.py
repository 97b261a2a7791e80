"""Speed of the shipped model on this machine: `python -m vision.bench_model`.

Measures photograph to label mask at 1080p whole and as a pole's strip, and a 640 x 640 photograph, in this process.
"""

import argparse
import json
import platform
import resource
import time

import numpy as np

from vision.render import PoleRenderer
from vision.render_surface import painted_surface
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


def main() -> None:
    """Print one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()
    segmenter, whole = Segmenter.load(threads=options.threads), rendered()
    left = (whole.shape[1] - STRIP_PX) // 2
    pictures = {
        "1080p whole": whole,
        "1080p strip": whole[:, left : left + STRIP_PX],
        "640 x 640": whole[:640, :640],
    }
    for name, picture in pictures.items():
        taken_ms = milliseconds(segmenter, np.ascontiguousarray(picture), options.repeats)
        megapixels = picture.shape[0] * picture.shape[1] / 1e6
        line = {"picture": name, "ms": round(taken_ms, 1), "ms_per_megapixel": round(taken_ms / megapixels, 1)}
        print(json.dumps({**line, "frames_per_s": round(1000 / taken_ms, 1)}))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"peak_memory_mb": round(peak_mb), "machine": platform.processor() or platform.machine()}))


if __name__ == "__main__":
    main()
