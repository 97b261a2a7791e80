"""labelme: one JSON file beside each photograph, with polygons, rectangles, circles and masks."""

import base64
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Picture

from vision.dataset.folder import DatasetError
from vision.dataset.reading import entries, json_of
from vision.dataset.shapes import BadEntry, Bits, Entry, Shape, Source, outline

Json = dict[str, Any]

ROUND = np.linspace(0, 2 * np.pi, 73)[:-1]


def read(source: Path, images: Path | None) -> Source:
    """Read every labelme file in a folder and below."""
    files = sorted(source.rglob("*.json"))
    if not files:
        raise DatasetError(f"{source} holds no labelme files (*.json); give the folder that labelme saved to")
    return Source((), entries(files, str, partial(_entry, source, images)))


def _entry(source: Path, images: Path | None, file: Path) -> Entry:
    try:
        content = json_of(file)
    except DatasetError as error:
        raise BadEntry(str(error)) from None
    if "shapes" not in content or "imagePath" not in content:
        raise BadEntry("not a labelme file: `shapes` or `imagePath` is missing")
    given = str(content["imagePath"]).replace("\\", "/")
    image = file.parent / given if images is None else images / Path(given).name
    size = (int(content["imageWidth"]), int(content["imageHeight"]))
    shapes = tuple(_shape(each, number, size) for number, each in enumerate(content["shapes"], start=1))
    name = file.relative_to(source).with_suffix(image.suffix).as_posix()
    return Entry(str(file), name, image, size, shapes)


def _shape(shape: Json, number: int, size: tuple[int, int]) -> Shape:
    where, label = f"shape {number} ({shape.get('label')})", str(shape["label"])
    points = np.array(shape["points"], dtype=np.float64)
    kind = shape.get("shape_type", "polygon")
    if kind == "mask":
        return Shape(label, pixels=_mask(where, shape, points, size))
    if kind == "rectangle":
        (left, top), (right, bottom) = points
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    elif kind == "circle":
        reach = float(np.hypot(*(points[1] - points[0])))
        corners = points[0] + reach * np.stack([np.cos(ROUND), np.sin(ROUND)], axis=1)
    elif kind == "polygon":
        corners = points
    else:
        raise BadEntry(f"{where}: a {kind} is no area; draw a polygon, rectangle, circle or mask")
    return Shape(label, (outline(where, [float(each) for each in corners.ravel()]),))


def _mask(where: str, shape: Json, points: Any, size: tuple[int, int]) -> Bits:
    """Read the PNG of a mask and set it into its box."""
    try:
        with Picture.open(BytesIO(base64.b64decode(shape["mask"]))) as opened:
            part = np.asarray(opened) > 0
    except (OSError, ValueError):
        raise BadEntry(f"{where}: its mask is no PNG in base 64") from None
    left, top = (int(each) for each in points[0])
    bits = np.zeros((size[1], size[0]), dtype=np.bool_)
    place = bits[top : top + part.shape[0], left : left + part.shape[1]]
    if min(left, top) < 0 or place.shape != part.shape:
        raise BadEntry(f"{where}: its mask of {part.shape[1]} x {part.shape[0]} pixels leaves the picture")
    place[:] = part
    return bits
