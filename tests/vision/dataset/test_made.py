"""Rendered data sets: the same for a seed, every label there, and the shipped one whole."""

from pathlib import Path

import numpy as np

from vision.dataset.check import check
from vision.dataset.folder import read_dataset
from vision.dataset.formats.masks import mask_of
from vision.dataset.made import Order, make
from vision.dataset.sheet import coloured, legend, sheet
from vision.photograph import read_photograph
from vision.render_labels import FAIR, SEVERE, STAIN, labelled_surface
from vision.render_surface import element_area
from vision.types import PoleShape

SHIPPED = Path(__file__).parents[3] / "datasets" / "made-poles"


def test_the_same_order_gives_the_same_files(tmp_path: Path) -> None:
    order = Order(poles=3, photographs=1, side_px=96, seed=5)
    for name in ("a", "b"):
        for _ in make(order, tmp_path / name / "made"):
            pass
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*"))
    assert len(files) == 8
    assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)
    assert check(tmp_path / "a" / "made").problems == ()


def test_rust_on_a_labelled_surface_is_what_was_asked_for_and_darker_when_severe() -> None:
    shape = PoleShape(1.0, 300, 280)
    picture, labels = labelled_surface(shape, 4, 0.1)
    area = np.broadcast_to(element_area(shape, *labels.shape), labels.shape)
    assert abs((area * (labels >= FAIR)).sum() / area.sum() - 0.1) < 0.001
    brightness = picture.mean(axis=2)
    assert brightness[labels == SEVERE].mean() < brightness[labels == FAIR].mean()
    clean = labelled_surface(shape, 4, 0.0)[1]
    assert set(np.unique(clean)) == {0, STAIN}


def test_the_shipped_set_is_whole_small_and_holds_every_label() -> None:
    found = check(SHIPPED)
    assert (found.problems, found.notes) == ((), ())
    dataset = read_dataset(SHIPPED)
    masks = {split: set() for split in dataset.splits}
    for each in dataset.photograph:
        masks[dataset.split_of(each.place)] |= set(np.unique(mask_of(SHIPPED / each.mask)).tolist())
    assert masks == {"train": {0, 1, 2, 3, 4}, "val": {0, 1, 2, 3, 4}}
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*")) < 2_000_000


def test_pictures_of_a_data_set_show_labels_in_their_colours() -> None:
    dataset = read_dataset(SHIPPED)
    assert sheet(SHIPPED, list(dataset.photograph[:2])).startswith(b"\x89PNG")
    assert legend(dataset).startswith(b"\x89PNG")
    values = np.arange(5, dtype=np.uint8)[None]
    assert len({tuple(colour) for colour in coloured(values)[0].tolist()}) == 5
    assert read_photograph(SHIPPED / dataset.photograph[0].image).shape == (320, 320, 3)
