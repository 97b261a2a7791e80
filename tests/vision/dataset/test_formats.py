"""Labelling tools: files by their own libraries are read, ours are read by them, broken ones are named."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from vision.dataset.build import Wanted, build
from vision.dataset.check import check
from vision.dataset.folder import Dataset, DatasetError, read_dataset
from vision.dataset.formats import EXPORTS, IMPORTS, module
from vision.dataset.formats.masks import mask_of
from vision.dataset.shapes import Problem

sys.path.insert(0, str(Path(__file__).parent))

from small import LABELS, SIZE, mask, picture, write_png, write_small

ROOT = Path(__file__).parents[3]
FIXTURES = Path(__file__).parent / "fixtures"
"""Made by the tools' own libraries; see make.py there."""

WANTED = Wanted("small", "a test", "CC0-1.0", rust=("rust",))
WIDTH, HEIGHT = SIZE
SAMPLES = Path("/work/shared/data/rust-photos/condition-states")


def brought(kind: str, source: Path, out: Path, images: Path | None = None) -> tuple[Dataset, list[Problem]]:
    return build(module(kind).read(source, images), WANTED, out)


def names(dataset: Dataset, pixels: np.ndarray) -> np.ndarray:
    return np.array([label.name for label in dataset.labels])[pixels]


@pytest.fixture
def pole(tmp_path: Path) -> Path:
    """The photograph that the fixtures label."""
    return write_png(tmp_path / "photographs" / "pole.png", picture(5)).parent


def square() -> np.ndarray:
    bits = np.zeros((HEIGHT, WIDTH), bool)
    bits[6:22, 4:20] = True
    return bits


def stripes() -> np.ndarray:
    bits = np.zeros((HEIGHT, WIDTH), bool)
    for row in range(25, 39, 2):
        bits[row, 2 : row + 7] = True
    return bits


def triangle() -> np.ndarray:
    """The stain's outline by the sign of its three sides."""
    y, x = np.mgrid[0.5:HEIGHT, 0.5:WIDTH]
    corners = [(30.0, 8.0), (44.0, 12.5), (33.5, 30.0)]
    sides = [
        (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) > 0
        for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True)
    ]
    return np.logical_and.reduce(sides)


@pytest.mark.parametrize("kind", ["label-studio", "cvat", "yolo", "labelme"])
def test_files_of_the_tools_own_libraries(kind: str, pole: Path, tmp_path: Path) -> None:
    source, stain = FIXTURES / f"{kind.replace('-', '_')}.json", triangle()
    if kind == "label-studio":
        stain = stripes()
    elif kind == "cvat":
        source = tmp_path / "annotations.xml"
        source.write_text((FIXTURES / "cvat.xml").read_text().replace("pole.jpg", "pole.png"))
    else:
        source = tmp_path / kind
        for folder in ("images", "labels"):
            (source / folder).mkdir(parents=True)
        shutil.copy(pole / "pole.png", source / "images" / "pole.png")
        shutil.copy(FIXTURES / "classes.txt", source / "classes.txt")
        shutil.copy(FIXTURES / "yolo.txt", source / "labels" / "pole.txt")
        if kind == "labelme":
            shutil.copy(FIXTURES / "labelme.json", source / "pole.json")
            stain = stain | stripes()
    dataset, problems = brought(kind, source, tmp_path / "out", None if kind == "yolo" else pole)
    assert problems == []
    (photograph,) = dataset.photograph
    found = names(dataset, mask_of(tmp_path / "out" / photograph.mask))
    assert np.array_equal(found == "rust", square())
    assert np.array_equal(found == "stain", stain & ~square())
    assert (tmp_path / "out" / photograph.image).read_bytes() == (pole / "pole.png").read_bytes()


@pytest.mark.parametrize("kind", EXPORTS)
def test_what_is_exported_comes_back_the_same(kind: str, tmp_path: Path) -> None:
    before = write_small(tmp_path / "small")
    module(kind).write(tmp_path / "small", before, tmp_path / "exported")
    file = {"coco": "instances.json", "cvat": "annotations.xml", "label-studio": "tasks.json", "masks": "."}[kind]
    source = tmp_path / "exported" / file
    if kind == "label-studio":  # as a person accepts the predictions
        tasks = json.loads(source.read_text())
        source.write_text(json.dumps([{**task, "annotations": task["predictions"]} for task in tasks]))
    images = tmp_path / "small" / ("" if kind in ("coco", "label-studio") else "images")
    wanted = Wanted("back", "a test", "CC0-1.0", rust=("rust",), renamed={"1": "rust", "2": "stain"})
    after, problems = build(module(kind).read(source, images), wanted, tmp_path / "back")
    assert problems == []
    assert len(after.photograph) == len(before.photograph)
    for one, other in zip(before.photograph, after.photograph, strict=True):
        assert one.image_sha256 == other.image_sha256
        pixels = [mask_of(tmp_path / "small" / one.mask), mask_of(tmp_path / "back" / other.mask)]
        assert np.array_equal(names(before, pixels[0]), names(after, pixels[1]))
    assert check(tmp_path / "back").problems == ()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools itself
def test_coco_and_pycocotools_say_the_same(tmp_path: Path) -> None:
    pycocotools = pytest.importorskip("pycocotools.coco")
    from pycocotools import mask as coco_mask

    before = write_small(tmp_path / "small")
    module("coco").write(tmp_path / "small", before, tmp_path / "out")
    path = tmp_path / "out" / "instances.json"
    read = pycocotools.COCO(str(path))
    packed = json.loads(path.read_text())
    for number in range(6):
        found = np.zeros((HEIGHT, WIDTH), np.uint8)
        for annotation in read.loadAnns(read.getAnnIds(imgIds=[number + 1])):
            found[read.annToMask(annotation) == 1] = annotation["category_id"]
            assert annotation["area"] == read.annToMask(annotation).sum()
        assert np.array_equal(found, mask(number))
    for annotation in packed["annotations"]:  # as pycocotools packs them
        whole = coco_mask.encode(np.asfortranarray(read.annToMask(annotation)))
        annotation["segmentation"] = {"size": [HEIGHT, WIDTH], "counts": whole["counts"].decode()}
    path.write_text(json.dumps(packed))
    after, problems = brought("coco", path, tmp_path / "back", tmp_path / "small")
    assert problems == []
    for number, photograph in enumerate(after.photograph):
        assert np.array_equal(mask_of(tmp_path / "back" / photograph.mask), mask(number))


def test_condition_states_as_they_unpack(tmp_path: Path) -> None:
    colours = np.array([(0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0)], np.uint8)
    states = np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint8) % 4
    for split, number in (("Train", 1), ("Test", 2)):
        folder = tmp_path / "set" / "512x512" / split
        write_png(folder / "images_512" / f"{number}.jpeg", picture(number))
        write_png(folder / "masks_512" / f"{number}.png", colours[states])
    dataset, problems = build(
        module("condition-states").read(tmp_path / "set", None),
        Wanted("vt", "a test", "CC0-1.0", rust=("poor", "severe")),
        tmp_path / "out",
    )
    assert problems == []
    assert [(label.name, label.rust) for label in dataset.labels] == [
        ("not rust", False), ("fair", False), ("poor", True), ("severe", True),
    ]  # fmt: skip
    assert dataset.splits == {"test": ("test",), "train": ("train",)}
    assert all(np.array_equal(mask_of(tmp_path / "out" / each.mask), states) for each in dataset.photograph)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the 11 condition-state samples are not on this machine")
def test_the_condition_state_samples(tmp_path: Path) -> None:
    done = highmast(
        "import",
        "condition-states",
        SAMPLES,
        tmp_path / "out",
        "--from",
        "doi 10.7294/16624663",
        "--licence",
        "CC0-1.0",
    )
    assert done.returncode == 0, done.stderr
    assert "11 photographs" in done.stdout
    dataset = read_dataset(tmp_path / "out")
    assert dataset.rust_values() == (2, 3)
    assert check(tmp_path / "out").problems == ()


def highmast(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "climber", "dataset", *map(str, words)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_command_lists_what_it_left_out(pole: Path, tmp_path: Path) -> None:
    write_png(pole / "masks" / "other.png", mask(1))
    write_png(pole / "images" / "pole.png", picture(5))
    write_png(pole / "masks" / "pole.png", (mask(1) > 0).astype(np.uint8) * 255)
    words = ("import", "masks", pole, tmp_path / "out", "--from", "a test", "--licence", "CC0-1.0")
    done = highmast(*words, "--rename", "255=rust", "--rename", "1=", "--rename", "2=")
    assert done.returncode == 5, done.stderr
    assert "other.png: no photograph other in" in done.stdout
    assert "1 photographs of 1 places; labels 0 not rust, 1 rust (rust)" in done.stdout
    again = highmast(*words)
    assert (again.returncode, "is not empty; give a new folder" in again.stderr) == (2, True)


def coco(**changes: object) -> dict[str, object]:
    content = {
        "images": [{"id": 1, "file_name": "pole.png", "width": WIDTH, "height": HEIGHT}],
        "annotations": [{"id": 4, "image_id": 1, "category_id": 1, "segmentation": [[4, 6, 20, 6, 20, 22, 4, 22]]}],
        "categories": [{"id": 1, "name": "rust"}],
    }
    return {**content, **changes}


def annotation(**changes: object) -> dict[str, object]:
    return coco(annotations=[{"id": 4, "image_id": 1, "category_id": 1, **changes}])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (annotation(segmentation=[[1, 2, 3, 4]]), "annotation 4: an outline needs an even number of at least 6"),
        (annotation(segmentation=[[1, 2, 3, 4, 5, "x"]]), "annotation 4: coordinates are not all numbers"),
        (annotation(segmentation=[]), "annotation 4 has no `segmentation`"),
        (annotation(segmentation={"size": [40, 48], "counts": [5, 6]}), "add up to 11, not to the 1920 pixels"),
        (annotation(segmentation={"size": [40, 48], "counts": "~"}), "'~' does not occur in packed run lengths"),
        (annotation(segmentation=[[90, 90, 99, 90, 99, 99]]), "shape 1 (rust) lies outside the photograph of 48 x 40"),
        (annotation(category_id=9, segmentation=[[0, 0, 9, 0, 9, 9]]), "annotation 4 has category 9, which"),
        (annotation(image_id=3), "annotation 1 (id 4) belongs to image 3, which `images` does not list"),
        (coco(images=[{"id": 1, "file_name": "gone.png", "width": 48, "height": 40}]), "gone.png is missing"),
        (coco(images=[{"id": 1, "file_name": "pole.png", "width": 40, "height": 48}]), "labels are for 40 x 48 pixels"),
        ({"images": []}, "`images` and `annotations` are missing"),
    ],
)  # fmt: skip
def test_bad_coco_is_named_by_entry(content: dict[str, object], message: str, pole: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(content))
    with pytest.raises(DatasetError) as refused:
        brought("coco", path, tmp_path / "out", pole)
    assert message in str(refused.value)
    assert "bad.json" in str(refused.value)


def test_a_bad_line_is_named(pole: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.json"
    cut.write_text('[\n{"id": 1,\n')
    with pytest.raises(DatasetError, match=r"cut\.json, line 3, column 1"):
        brought("label-studio", cut, tmp_path / "out", pole)
    xml = tmp_path / "cut.xml"
    xml.write_text("<annotations>\n<image>\n</annotations>")
    with pytest.raises(DatasetError, match=r"cut\.xml, line 3, column 3: mismatched tag"):
        brought("cvat", xml, tmp_path / "out", pole)
    xml.write_text('<!DOCTYPE x [<!ENTITY a "b">]>\n<annotations/>')
    with pytest.raises(DatasetError, match="declares an entity"):
        brought("cvat", xml, tmp_path / "out", pole)
    lines = '<annotations>\n<image name="pole.png" width="48" height="40">\n<{}/>\n</image>\n</annotations>'
    for element, message in (
        ('polyline label="rust" points="1,2;3,4"', "line 3: a polyline is no area"),
        ('mask label="rust" rle="3,4" left="40" top="0" width="9" height="9"', "leaves the picture of 48 x 40 pixels"),
        ('polygon label="rust" points="1,2;3"', "line 3: an outline needs an even number"),
    ):
        xml.write_text(lines.format(element))
        with pytest.raises(DatasetError, match=message):
            brought("cvat", xml, tmp_path / "out", pole)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0 0.1 0.1 0.5 0.5 0.2", "an even number"),
        ("7 0.1 0.1 0.5 0.1 0.5 0.5", "class '7' is none of 0 to 1"),
        ("0 0.5 0.5 0.2 0.2", "a box says no area"),
        ("0 0.1 0.1 0.5 x 0.5 0.5", "holds something that is no number"),
        ("0 1.1 0.1 0.5 0.1 0.5 0.5", "outside 0 to 1"),
    ],
)
def test_bad_yolo_is_named_by_line(line: str, message: str, pole: Path, tmp_path: Path) -> None:
    source = tmp_path / "yolo"
    for folder in ("images", "labels"):
        (source / folder).mkdir(parents=True)
    shutil.copy(pole / "pole.png", source / "images")
    (source / "data.yaml").write_text("train: x\nnames:\n  0: rust\n  1: 'stain'\n")
    (source / "labels" / "pole.txt").write_text(f"\n{line}\n")
    with pytest.raises(DatasetError) as refused:
        brought("yolo", source, tmp_path / "out")
    assert "pole.txt, line 2" in str(refused.value)
    assert message in str(refused.value)


def test_label_studio_tasks_that_cannot_be_used(pole: Path, tmp_path: Path) -> None:
    (task,) = json.loads((FIXTURES / "label_studio.json").read_text())
    done = task["annotations"][0]
    damaged = json.loads(json.dumps(task))
    damaged["annotations"][0]["result"][0]["value"]["rle"] = damaged["annotations"][0]["result"][0]["value"]["rle"][:9]
    elsewhere = {**task, "data": {"image": "s3://bucket/elsewhere.png"}}
    tasks = [{**task, "annotations": []}, {**task, "annotations": [done, done]}, damaged, elsewhere, task]
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps(tasks))
    dataset, problems = brought("label-studio", path, tmp_path / "out", pole)
    assert len(dataset.photograph) == 1
    for number, words in enumerate(
        ("nobody has labelled", "2 people labelled", "run lengths are damaged", "is not in"), 1
    ):
        assert f"tasks.json: task {number} (id 7)" in problems[number - 1].where
        assert words in problems[number - 1].reason


def test_label_studio_ellipse_and_turned_rectangle(pole: Path, tmp_path: Path) -> None:
    common = {"id": "a", "original_width": WIDTH, "original_height": HEIGHT}
    ellipse = {"x": 50, "y": 50, "radiusX": 25, "radiusY": 20, "rotation": 0, "ellipselabels": ["stain"]}
    turned = {"x": 50, "y": 50, "width": 25, "height": 10, "rotation": 90, "rectanglelabels": ["rust"]}
    results = [
        {**common, "type": "ellipselabels", "value": ellipse},
        {**common, "type": "rectanglelabels", "value": turned},
    ]
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps([{"id": 1, "data": {"image": "pole.png"}, "annotations": [{"result": results}]}]))
    dataset, _ = brought("label-studio", path, tmp_path / "out", pole)
    found = names(dataset, mask_of(tmp_path / "out" / dataset.photograph[0].mask))
    assert set(zip(*np.nonzero(found == "rust"), strict=True)) == {(y, x) for y in range(20, 32) for x in range(20, 24)}
    y, x = np.mgrid[0.5:HEIGHT, 0.5:WIDTH]
    round_area = ((x - 24) / 12) ** 2 + ((y - 20) / 8) ** 2 < 1
    assert abs(int((found == "stain").sum()) - int((round_area & (found != "rust")).sum())) < 8


def test_which_label_is_rust_must_be_clear(pole: Path, tmp_path: Path) -> None:
    write_png(pole / "images" / "pole.png", picture(5))
    write_png(pole / "masks" / "pole.png", mask(1))
    source = module("masks").read(pole, None)
    with pytest.raises(DatasetError, match="which labels are rust"):
        build(source, Wanted("x", "a test", "CC0-1.0"), tmp_path / "out")
    with pytest.raises(DatasetError, match="no label is called 'corroded'"):
        build(module("masks").read(pole, None), Wanted("x", "a", "b", rust=("corroded",)), tmp_path / "other")
    build(module("masks").read(pole, None), Wanted("x", "a", "b", rust=("1",)), tmp_path / "out")
    assert check(tmp_path / "out").problems == ()


def test_places_come_from_names(tmp_path: Path) -> None:
    for name in ("HKG-A-017_003", "HKG-A-017_004", "HKG-A-018_001"):
        write_png(tmp_path / "source" / "images" / f"{name}.png", picture(len(name)))
        write_png(tmp_path / "source" / "masks" / f"{name}.png", (mask(1) == 1).astype(np.uint8))
    dataset, _ = build(
        module("masks").read(tmp_path / "source", None),
        Wanted("x", "a test", "CC0-1.0", place=r"^(.+)_\d+"),
        tmp_path / "out",
    )
    assert [each.place for each in dataset.photograph] == ["HKG-A-017", "HKG-A-017", "HKG-A-018"]
    assert [(label.value, label.name, label.rust) for label in dataset.labels] == [
        (0, "not rust", False), (1, "rust", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("^(.+", "is no regular expression: missing \\)"),
        ("^.+_", "has no group; put what is the place in brackets"),
        ("^(x)?", "does not fit the pattern"),
    ],
)
def test_a_pattern_of_places_that_finds_none_is_refused(pattern: str, message: str, pole: Path, tmp_path: Path) -> None:
    write_png(pole / "images" / "pole.png", picture(5))
    write_png(pole / "masks" / "pole.png", (mask(1) == 1).astype(np.uint8))
    with pytest.raises(DatasetError, match=message):
        build(module("masks").read(pole, None), Wanted("x", "a", "b", place=pattern), tmp_path / "out")


def test_a_photograph_that_lies_on_its_side_is_labelled_as_it_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "source" / "images" / "side.jpg"
    path.parent.mkdir(parents=True)
    exif = Picture.Exif()
    exif[0x0112] = 6
    Picture.fromarray(picture(3)).save(path, exif=exif)
    write_png(tmp_path / "source" / "masks" / "side.png", (mask(1, (HEIGHT, WIDTH)) == 1).astype(np.uint8))
    dataset, problems = brought("masks", tmp_path / "source", tmp_path / "out")
    assert problems == []
    assert len(dataset.photograph) == 1
    assert check(tmp_path / "out").problems == ()


def test_every_format_is_described() -> None:
    text = (ROOT / "vision" / "dataset" / "DATASET.md").read_text()
    for kind in IMPORTS:
        assert f"`{kind}`" in text
    assert all(hasattr(module(kind), "write") for kind in EXPORTS)
    assert [label.name for label in LABELS] == ["not rust", "rust", "stain"]
