"""COCO instances: one JSON file with `images`, `annotations` and `categories`."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vision.dataset.folder import Dataset, DatasetError
from vision.dataset.formats.masks import mask_of
from vision.dataset.reading import entries, json_of
from vision.dataset.runs import from_coco, to_coco
from vision.dataset.shapes import BadEntry, Entry, Shape, Source, outline
from vision.files import write_whole

Json = dict[str, Any]


def read(source: Path, images: Path | None) -> Source:
    """Read polygons and run lengths; file names are looked for in `images` or beside the file."""
    content = json_of(source)
    if not isinstance(content, dict) or not all(
        isinstance(content.get(key), list) for key in ("images", "annotations")
    ):
        raise DatasetError(f"{source}: `images` and `annotations` are missing; give a COCO instances file")
    names = {each["id"]: str(each["name"]) for each in content.get("categories", []) if {"id", "name"} <= each.keys()}
    known = {each.get("id") for each in content["images"]}
    by_image: dict[Any, list[Json]] = {}
    for number, annotation in enumerate(content["annotations"], start=1):
        if annotation.get("image_id") not in known:
            raise DatasetError(
                f"{source}: annotation {number} (id {annotation.get('id')}) belongs to image "
                f"{annotation.get('image_id')!r}, which `images` does not list"
            )
        by_image.setdefault(annotation["image_id"], []).append(annotation)
    folder = images or source.parent
    read_one = partial(_entry, source, folder, names, by_image)
    return Source(tuple(names.values()), entries(content["images"], partial(_where, source), read_one))


def _where(source: Path, image: Json) -> str:
    return f"{source}: image {image.get('id')} ({image.get('file_name')})"


def _entry(source: Path, folder: Path, names: dict[int, str], by_image: dict[Any, list[Json]], image: Json) -> Entry:
    size = (int(image["width"]), int(image["height"]))
    annotations = by_image.get(image["id"], [])
    shapes = tuple(_shape(names, annotation) for annotation in annotations)
    name = str(image["file_name"]).replace("\\", "/")
    return Entry(_where(source, image), name, folder / name, size, shapes)


def _shape(names: dict[int, str], annotation: Json) -> Shape:
    where = f"annotation {annotation.get('id')}"
    label = names.get(annotation.get("category_id", -1))
    if label is None:
        raise BadEntry(f"{where} has category {annotation.get('category_id')!r}, which `categories` does not list")
    segmentation = annotation.get("segmentation")
    if isinstance(segmentation, dict):
        return Shape(label, pixels=from_coco(where, segmentation))
    if not isinstance(segmentation, list) or not segmentation:
        raise BadEntry(f"{where} has no `segmentation`: a box alone says no area")
    return Shape(label, tuple(outline(where, polygon) for polygon in segmentation))


def write(root: Path, dataset: Dataset, out: Path) -> None:
    """Write `instances.json` with one annotation for each connected area, as run lengths; photographs stay."""
    images: list[Json] = []
    annotations: list[Json] = []
    for number, each in enumerate(dataset.photograph, start=1):
        mask = mask_of(root / each.mask)
        height, width = mask.shape
        images.append({"id": number, "file_name": each.image, "width": width, "height": height})
        for label in dataset.labels:
            for area in _areas(mask == label.value) if label.value else []:
                annotations.append({"id": len(annotations) + 1, "image_id": number, "category_id": label.value, **area})
    categories = [{"id": each.value, "name": each.name} for each in dataset.labels if each.value]
    content = {"info": {"description": dataset.name}, "licenses": [], "images": images, "annotations": annotations}
    write_whole(out / "instances.json", json.dumps({**content, "categories": categories}).encode())


def _areas(bits: Any) -> list[Json]:
    count, parts, boxes, _ = cv2.connectedComponentsWithStats(bits.astype(np.uint8))
    return [
        {
            "segmentation": to_coco(parts == index),
            "area": int(boxes[index, cv2.CC_STAT_AREA]),
            "bbox": [int(value) for value in boxes[index, :4]],
            "iscrowd": 0,
        }
        for index in range(1, count)
    ]
