"""CVAT for images 1.1: one XML file with polygons, boxes and masks; `z_order` says what lies on top."""

from functools import partial
from pathlib import Path
from xml.sax.saxutils import quoteattr

from vision.dataset.folder import Dataset, DatasetError
from vision.dataset.formats.masks import mask_of
from vision.dataset.reading import Node, entries, xml_of
from vision.dataset.runs import from_cvat, to_cvat
from vision.dataset.shapes import BadEntry, Entry, Shape, Source, outline
from vision.files import write_whole

AREAS = ("polygon", "box", "mask")
NO_AREA = ("polyline", "points", "cuboid", "skeleton", "ellipse")


def read(source: Path, images: Path | None) -> Source:
    """Read an exported annotations.xml; photographs are in `images`, or in images/ or beside the file."""
    top = xml_of(source)
    if not top.find("annotations"):
        raise DatasetError(f"{source}: no <annotations>; export as `CVAT for images 1.1`")
    if top.find("annotations", "track"):
        raise DatasetError(f"{source}: these are tracks of a video; export as `CVAT for images 1.1`")
    job = [top.find("annotations", "meta", kind, "labels", "label", "name") for kind in ("task", "project", "job")]
    names = tuple(dict.fromkeys(node.text.strip() for nodes in job for node in nodes))
    nodes = top.find("annotations", "image")
    folder = images or (source.parent / "images" if (source.parent / "images").is_dir() else source.parent)
    return Source(names, entries(nodes, partial(_where, source), partial(_entry, source, folder)))


def _where(source: Path, image: Node) -> str:
    return f"{source}, line {image.line}: image {image.attributes.get('name')}"


def _entry(source: Path, folder: Path, image: Node) -> Entry:
    size = (int(image.attributes["width"]), int(image.attributes["height"]))
    nodes = sorted((n for n in image.children if n.tag in AREAS), key=lambda n: int(n.attributes.get("z_order", "0")))
    for node in image.children:
        if node.tag in NO_AREA:
            raise BadEntry(f"line {node.line}: a {node.tag} is no area that can be filled; draw a polygon or a mask")
    name = image.attributes["name"].replace("\\", "/")
    return Entry(_where(source, image), name, folder / name, size, tuple(_shape(node, size) for node in nodes))


def _shape(node: Node, size: tuple[int, int]) -> Shape:
    where, values = f"line {node.line}", node.attributes
    if node.tag == "mask":
        box = (int(values["left"]), int(values["top"]), int(values["width"]), int(values["height"]))
        runs = [int(each) for each in values["rle"].split(",")]
        return Shape(values["label"], pixels=from_cvat(where, runs, box, size))
    if node.tag == "box":
        left, top, right, bottom = (float(values[key]) for key in ("xtl", "ytl", "xbr", "ybr"))
        return Shape(values["label"], (outline(where, [left, top, right, top, right, bottom, left, bottom]),))
    numbers = [float(each) for corner in values["points"].split(";") for each in corner.split(",")]
    return Shape(values["label"], (outline(where, numbers),))


def write(root: Path, dataset: Dataset, out: Path) -> None:
    """Write `annotations.xml` with one mask for each label; CVAT takes it over a task of the same photographs."""
    labels = [label for label in dataset.labels if label.value]
    names = "".join(f"<label><name>{quoteattr(label.name)[1:-1]}</name></label>" for label in labels)
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<annotations>", "<version>1.1</version>"]
    lines.append(f"<meta><task><labels>{names}</labels></task></meta>")
    for number, each in enumerate(dataset.photograph):
        mask = mask_of(root / each.mask)
        name = quoteattr(Path(each.image).name)
        lines.append(f'<image id="{number}" name={name} width="{mask.shape[1]}" height="{mask.shape[0]}">')
        for label in labels:
            if (mask == label.value).any():
                runs, box = to_cvat(mask == label.value)
                place = " ".join(f'{key}="{n}"' for key, n in zip(("left", "top", "width", "height"), box, strict=True))
                text = ", ".join(map(str, runs))
                lines.append(
                    f'<mask label={quoteattr(label.name)} source="auto" occluded="0" rle="{text}" {place} z_order="0">'
                    "</mask>"
                )
        lines.append("</image>")
    write_whole(out / "annotations.xml", "\n".join([*lines, "</annotations>", ""]).encode())
