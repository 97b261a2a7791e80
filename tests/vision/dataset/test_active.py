"""Picks for labelling: unsure ones, unlike each other and the known; and they go out and come back."""

from pathlib import Path

import numpy as np
import pytest

from vision.active import Seen, picks, seen, suggested, uncertainty
from vision.dataset.build import Wanted, build
from vision.dataset.check import check
from vision.dataset.folder import read_dataset
from vision.dataset.formats import module
from vision.segmenter import Segmenter
from vision.types import Mask, ModelInfo

MADE = Path(__file__).parents[3] / "datasets" / "made-poles"
INFO = ModelInfo("x", "0" * 64, 0.5, 1.0, 0.0)


def look(name: str, unsure: float, *where: float) -> Seen:
    return Seen(Path(name), unsure, np.array(where, dtype=np.float32))


def test_unsure_and_unlike_come_first() -> None:
    pool = [look("a", 0.9, 0, 1), look("a copy", 0.89, 0, 1), look("b", 0.5, 1, 0), look("sure", 0.01, -1, 0)]
    assert [pick.path.name for pick in picks(pool, [], 2)] == ["a", "b"]
    assert [pick.path.name for pick in picks(pool, [look("known", 0, 0, 1)], 2)] == ["b", "sure"]
    with pytest.raises(ValueError, match="5 photographs are wanted and 4 are there"):
        picks(pool, [], 5)


def test_uncertainty_looks_at_the_doubtful_part() -> None:
    sure = np.zeros((60, 60), np.float32)
    half = sure.copy()
    half[:24] = 0.5
    values = [uncertainty(Mask(p, (p > 0.5).astype(np.uint8), INFO)) for p in (sure, half)]
    assert values == pytest.approx([0, 1], abs=1e-3)


def test_suggestions_are_a_data_set_of_the_models_own_masks(tmp_path: Path) -> None:
    segmenter = Segmenter.load(threads=1)
    dataset = read_dataset(MADE)
    pool = [seen(segmenter, MADE / each.image) for each in dataset.photograph[:6]]
    chosen = picks(pool, [], 3)
    batch = suggested(segmenter, chosen, tmp_path / "next")
    assert [Path(each.image).name for each in batch.photograph] == [pick.path.name for pick in chosen]
    assert check(tmp_path / "next").problems == ()
    assert [label.name for label in batch.labels] == ["not rust", "rust"]


def test_photographs_of_one_name_from_several_climbs_stay_apart(tmp_path: Path) -> None:
    segmenter = Segmenter.load(threads=1)
    paths = [tmp_path / climb / "frames" / "000000.jpg" for climb in ("017", "018")]
    for path, each in zip(paths, read_dataset(MADE).photograph, strict=False):
        path.parent.mkdir(parents=True)
        path.write_bytes((MADE / each.image).read_bytes())
    batch = suggested(segmenter, picks([seen(segmenter, path) for path in paths], [], 2), tmp_path / "next")
    assert sorted(each.image for each in batch.photograph) == ["images/017-000000.jpg", "images/018-000000.jpg"]
    assert check(tmp_path / "next").problems == ()
    module("cvat").write(tmp_path / "next", batch, tmp_path / "cvat")
    source = module("cvat").read(tmp_path / "cvat" / "annotations.xml", tmp_path / "next" / "images")
    labelled, _ = build(source, Wanted("labelled", "climbs", "ours", rust=("rust",)), tmp_path / "labelled")
    for dataset in (batch, labelled):
        assert sorted(each.place for each in dataset.photograph) == ["017", "018"]
