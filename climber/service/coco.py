"""Masks as a COCO data set with run lengths, as pycocotools and most trainers read it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

RUST = 1


def coco(labels: Iterable[dict[str, Any]], masks: Mapping[str, Path]) -> dict[str, Any]:
    """Return images and annotations; `masks` gives the files of masks by hash. Photographs are named by theirs."""
    images, annotations = [], []
    for number, label in enumerate(labels, start=1):
        size = {"width": label["width_px"], "height": label["height_px"]}
        url = f"/v1/blobs/{label['sha256']}"
        images.append({"id": number, "file_name": f"{label['sha256']}.jpg", "coco_url": url, **size})
        with Image.open(masks[label["mask_sha256"]]) as mask:
            annotations.append(
                {"id": number, "image_id": number, **_annotation(np.asarray(mask) > 127), **_about(label)}
            )
    category = {"id": RUST, "name": "rust", "supercategory": "corrosion"}
    return {"images": images, "annotations": annotations, "categories": [category]}


def _about(label: dict[str, Any]) -> dict[str, Any]:
    return {name: label[name] for name in ("climb_id", "frame_seq", "verdict", "reviewer", "decided_at", "mask_sha256")}


def _annotation(rust_hw: npt.NDArray[np.bool_]) -> dict[str, Any]:
    rows, columns = np.flatnonzero(rust_hw.any(1)), np.flatnonzero(rust_hw.any(0))
    box = [0, 0, 0, 0]
    if rows.size:
        box = [int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1]
    lengths = {"size": list(rust_hw.shape), "counts": run_lengths(rust_hw)}
    return {"category_id": RUST, "iscrowd": 1, "segmentation": lengths, "bbox": box, "area": int(rust_hw.sum())}


def run_lengths(mask_hw: npt.NDArray[np.bool_]) -> list[int]:
    """Return the lengths of runs of 0 and 1 in turn, down the columns, beginning with 0 (COCO's uncompressed RLE)."""
    flat = np.concatenate([[False], mask_hw.ravel(order="F"), [False]])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    ends = np.concatenate([[0], edges, [] if edges.size and edges[-1] == mask_hw.size else [mask_hw.size]])
    return [int(length) for length in np.diff(ends)]
