"""Label Studio: JSON of tasks with brush strokes, polygons, rectangles and ellipses, in per cent of the picture."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from vision.dataset.folder import Dataset, DatasetError
from vision.dataset.formats.masks import mask_of
from vision.dataset.reading import entries, json_of
from vision.dataset.runs import from_label_studio, to_label_studio
from vision.dataset.shapes import BadEntry, Entry, Shape, Source, outline
from vision.files import write_whole

Json = dict[str, Any]

UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")
"""Label Studio puts eight digits before the name of an uploaded file."""

ROUND = np.linspace(0, 2 * np.pi, 73)[:-1]


def read(source: Path, images: Path | None) -> Source:
    """Read a JSON export; photographs are found by name in `images` or beside the file."""
    tasks = json_of(source)
    if not isinstance(tasks, list):
        raise DatasetError(f"{source}: not a list of tasks; export as JSON, not JSON-MIN")
    folder = images or source.parent
    numbered = list(enumerate(tasks, start=1))
    return Source((), entries(numbered, partial(_where, source), partial(_entry, source, folder)))


def _where(source: Path, numbered: tuple[int, Json]) -> str:
    return f"{source}: task {numbered[0]} (id {numbered[1].get('id')})"


def _entry(source: Path, folder: Path, numbered: tuple[int, Json]) -> Entry:
    task = numbered[1]
    image = _found(folder, _name(task["data"]))
    done = [each for each in task.get("annotations", []) if not each.get("was_cancelled")]
    if not done:
        raise BadEntry("nobody has labelled this task")
    if len(done) > 1:
        raise BadEntry(f"{len(done)} people labelled this task; keep one annotation, so that the truth is one")
    results = [each for each in done[0]["result"] if "original_width" in each]
    size = (results[0]["original_width"], results[0]["original_height"]) if results else None
    shapes = tuple(_shape(each, number) for number, each in enumerate(results, start=1))
    return Entry(_where(source, numbered), image.relative_to(folder).as_posix(), image, size, shapes)


def _name(data: Json) -> str:
    """Return the path of the photograph: `?d=` of local files, else the path of the address."""
    address = next((value for value in data.values() if isinstance(value, str)), "")
    parts = urlsplit(address)
    local = re.search(r"(?:^|&)d=([^&]+)", parts.query)
    return unquote(local.group(1) if local else parts.path).replace("\\", "/").lstrip("/")


def _found(folder: Path, name: str) -> Path:
    """Try the whole path, then ever shorter ends of it, then without Label Studio's prefix."""
    parts = name.split("/")
    ends = ["/".join(parts[start:]) for start in range(len(parts))]
    for end in [*ends, UPLOADED.sub("", parts[-1])]:
        if end and (folder / end).is_file() and ".." not in end.split("/"):
            return folder / end
    raise BadEntry(f"photograph {parts[-1]!r} is not in {folder}; give its folder with --images")


def _shape(result: Json, number: int) -> Shape:
    where, value = f"result {number} ({result.get('id')})", result["value"]
    size = (int(result["original_width"]), int(result["original_height"]))
    kind = result["type"]
    labels = value.get(kind) or []
    if len(labels) != 1:
        raise BadEntry(f"{where} has {len(labels)} labels; give each area one")
    if kind == "brushlabels":
        return Shape(labels[0], pixels=from_label_studio(where, value["rle"], size))
    return Shape(labels[0], (outline(where, _corners(where, kind, value, size)),))


def _corners(where: str, kind: str, value: Json, size: tuple[int, int]) -> list[float]:
    """Return the outline in pixels."""
    scale = np.array(size) / 100
    if kind == "polygonlabels":
        corners = np.array(value["points"], dtype=np.float64) * scale
    elif kind == "rectanglelabels":
        turned = (
            np.array([[0, 0], [value["width"], 0], [value["width"], value["height"]], [0, value["height"]]]) * scale
        )
        corners = np.array([value["x"], value["y"]]) * scale + turned @ _turn(value)
    elif kind == "ellipselabels":
        reach = np.array([value["radiusX"], value["radiusY"]]) * scale
        around = np.stack([np.cos(ROUND), np.sin(ROUND)], axis=1) * reach
        corners = np.array([value["x"], value["y"]]) * scale + around @ _turn(value)
    else:
        raise BadEntry(f"{where}: {kind} is no area; use brush, polygon, rectangle or ellipse")
    return [float(each) for each in corners.ravel()]


def _turn(value: Json) -> Any:
    angle = np.radians(value.get("rotation", 0))
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def write(root: Path, dataset: Dataset, out: Path) -> None:
    """Write `tasks.json` with masks as brush predictions, and `labels.xml`, the project's labelling interface."""
    labels = [label for label in dataset.labels if label.value]
    tasks = []
    for each in dataset.photograph:
        mask = mask_of(root / each.mask)
        results = [_result(label.name, mask == label.value) for label in labels if (mask == label.value).any()]
        address = f"/data/local-files/?d={each.image}"
        tasks.append({"data": {"image": address}, "predictions": [{"model_version": dataset.name, "result": results}]})
    write_whole(out / "tasks.json", json.dumps(tasks).encode())
    write_whole(out / "labels.xml", _interface([label.name for label in labels]).encode())


def _result(label: str, bits: Any) -> Json:
    value = {"format": "rle", "rle": to_label_studio(bits), "brushlabels": [label]}
    names = {"from_name": "tag", "to_name": "image", "type": "brushlabels"}
    height, width = bits.shape
    return {**names, "original_width": width, "original_height": height, "image_rotation": 0, "value": value}


def _interface(labels: list[str]) -> str:
    rows = "".join(f'    <Label value="{label}"/>\n' for label in labels)
    image = '  <Image name="image" value="$image" zoom="true"/>\n'
    return f'<View>\n{image}  <BrushLabels name="tag" toName="image">\n{rows}  </BrushLabels>\n</View>\n'
