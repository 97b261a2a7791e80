"""One module for each format: `read(source, images)` gives a Source; some have `write(root, dataset, out)`."""

from importlib import import_module
from types import ModuleType

IMPORTS = {
    "masks": "folder of photographs and folder of masks with the same names (images/, masks/)",
    "index": "index.csv (set, name, split) with SET/images and SET/masks",
    "coco": "COCO instances JSON: polygons and run lengths",
    "cvat": "CVAT for images 1.1 XML: polygons, boxes and masks",
    "label-studio": "Label Studio JSON: brush, polygons, rectangles, ellipses",
    "yolo": "YOLO segmentation: one text file a photograph, names in data.yaml",
    "labelme": "folder of labelme JSON files: polygons, rectangles, circles, masks",
    "condition-states": "Virginia Tech condition-state set, doi 10.7294/16624663, as it unpacks",
}
EXPORTS = ("coco", "cvat", "label-studio", "masks")


def module(name: str) -> ModuleType:
    """Return the module of a format by its name on the command line."""
    return import_module(f"vision.dataset.formats.{name.replace('-', '_')}")
