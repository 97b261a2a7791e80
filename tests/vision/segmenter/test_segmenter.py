"""The shipped model, loaded and run for real."""

from pathlib import Path

import numpy as np
import pytest

from vision.model_file import SHIPPED, ModelFileError
from vision.segmenter import Segmenter


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter.load(threads=1)


@pytest.mark.parametrize("size", [(1, 1), (37, 61), (200, 320), (800, 40)])
def test_any_size_gets_a_mask_of_its_own_size(segmenter: Segmenter, size: tuple[int, int]) -> None:
    image = np.random.default_rng(2).integers(0, 255, (*size, 3), dtype=np.uint8)
    mask = segmenter.segment(image)
    assert mask.probability.shape == mask.label.shape == size
    assert mask.probability.dtype == np.float32
    assert 0 <= mask.probability.min() <= mask.probability.max() <= 1
    assert np.array_equal(mask.label, mask.probability >= np.float32(segmenter.info.threshold))


def test_painting_rust_over_grey_is_found_and_grey_is_not(segmenter: Segmenter) -> None:
    from vision.render_noise import tile

    rng = np.random.default_rng(3)
    image = (165 + 4 * rng.standard_normal((256, 256, 3))).clip(0, 255).astype(np.uint8)
    assert segmenter.segment(image).label.mean() < 0.005
    image[64:192, 64:192] = tile("rust_005")
    label = segmenter.segment(image).label
    assert label[80:176, 80:176].mean() > 0.8
    assert label[:40].mean() < 0.01


def test_tiles_agree_with_one_pass(segmenter: Segmenter, monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(4).integers(90, 160, (384, 640, 3), dtype=np.uint8)
    image[100:200, 250:400] = (120, 60, 30)
    whole = segmenter.segment(image).probability
    monkeypatch.setattr("vision.preprocess.TILE_PX", 480)
    cut = segmenter.segment(image).probability
    assert np.abs(whole - cut).mean() < 0.02


@pytest.mark.parametrize(
    "image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8)]
)
def test_what_is_no_picture_is_refused(segmenter: Segmenter, image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="give RGB bytes"):
        segmenter.segment(image)


def test_the_file_says_what_it_is_and_fits_the_repository(segmenter: Segmenter) -> None:
    assert SHIPPED.stat().st_size <= 20_000_000
    assert len(segmenter.info.sha256) == 64
    assert segmenter.info.false_positive_rate < segmenter.info.true_positive_rate <= 1
    assert segmenter.card.metrics["street_val_iou"] > 0.2
    assert segmenter.card.labels == ("not rust", "rust")


def test_damaged_foreign_and_missing_files_are_told_apart(tmp_path: Path) -> None:
    content = SHIPPED.read_bytes()
    damaged, cut, foreign = tmp_path / "damaged.onnx", tmp_path / "cut.onnx", tmp_path / "foreign.onnx"
    middle = len(content) // 2
    damaged.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    cut.write_bytes(content[:middle])
    foreign.write_bytes(b"PK\x03\x04 not a model")
    for path, reason in ((damaged, "damaged"), (cut, "cut off"), (foreign, "no highmast"), (tmp_path / "x", "read")):
        with pytest.raises(ModelFileError, match=reason):
            Segmenter.load(path)
