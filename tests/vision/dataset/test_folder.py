"""The folder format, what is refused of it, and how it is divided."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Picture

from vision.dataset.check import check
from vision.dataset.folder import Dataset, DatasetError, read_dataset, write_dataset
from vision.dataset.split import divided
from vision.dataset.stats import by_place, by_split, pixels_by_label
from vision.files import sha256_of
from vision.labels import held_out, read_index, read_pair

sys.path.insert(0, str(Path(__file__).parent))

from small import mask, picture, write_png, write_small

ROOT = Path(__file__).parents[3]


def highmast(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "climber", "dataset", *map(str, words)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_small(tmp_path / "small")
    return tmp_path / "small"


def changed(root: Path, old: str, new: str) -> None:
    path = root / "dataset.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_what_is_written_is_read_back(root: Path) -> None:
    dataset = read_dataset(root)
    before = (root / "dataset.toml").read_bytes()
    write_dataset(root, dataset)
    assert (root / "dataset.toml").read_bytes() == before
    assert dataset.label_names() == ("not rust", "rust", "stain")
    assert dataset.rust_values() == (1,)


def test_training_and_evaluation_read_it(root: Path) -> None:
    pairs = read_index(root)
    assert [(pair.set, pair.split) for pair in pairs[:3]] == [
        ("pole 0", "train"),
        ("pole 1", "train"),
        ("pole 2", "val"),
    ]
    assert [pair.name for pair in held_out(pairs)] == ["p2", "p5"]
    assert np.array_equal(read_pair(pairs[0])[1], (mask(0) == 1).astype(np.uint8))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('licence = "CC0-1.0"', 'licence = "CC0-1.0"\nlicense = "CC0-1.0"', "unknown key `license`"),
        ('name = "small"', "", "`name` is missing"),
        ("value = 2", "value = 256", "`labels.3.value` (stain) is 256"),
        ("value = 2", "value = 1", "two labels have the value 1"),
        ("rust = true", "rust = false", "no label has `rust = true`"),
        ('image = "images/p3.png"', 'image = "../p3.png"', "photograph 4: `image` '../p3.png' leaves the folder"),
        ('place = "pole 1"', 'place = "pole 1"\nplaces = 3', "`photograph.2.places` (images/p1.png)"),
        ('"pole 2",', '"pole 1", "pole 2",', "place 'pole 1' is in the splits 'train' and 'val'"),
        ('"pole 2",', '"pole 2", "pole 9",', "names place 'pole 9', which no photograph has"),
        ("[splits]", "[splits", "is not TOML"),
        ("highmast-dataset/1", "highmast-dataset/9", "`format` is 'highmast-dataset/9'"),
    ],
)
def test_a_wrong_key_is_named(root: Path, old: str, new: str, message: str) -> None:
    changed(root, old, new)
    with pytest.raises(DatasetError) as refused:
        read_dataset(root)
    assert message in str(refused.value)
    assert str(root) in str(refused.value)


def reasons(root: Path) -> dict[str, str]:
    return {each.where: each.reason for each in check(root).problems}


def test_a_whole_data_set_passes(root: Path) -> None:
    done = highmast("check", root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "6 photographs are whole" in done.stdout


def test_every_broken_pair_is_listed_with_its_reason(root: Path) -> None:
    (root / "images" / "p0.png").unlink()
    write_png(root / "images" / "p1.png", picture(99))
    replaced(root, "masks/p2.png", mask(2, (30, 40)))
    replaced(root, "masks/p3.png", np.full((40, 48), 9, np.uint8))
    (root / "images" / "p4.png").write_bytes((root / "images" / "p4.png").read_bytes()[:200])
    rehash(root, "images/p4.png")
    write_png(root / "images" / "stray.png", picture(7))
    found = check(root)
    listed = {each.where: each.reason for each in found.problems}
    assert list(listed) == [f"images/p{number}.png" for number in range(5)]
    for number, words in enumerate(
        ("is missing", "SHA-256 differs", "30 x 40 pixels, the photograph 48 x 40", "holds 9", "")
    ):
        assert words in listed[f"images/p{number}.png"]
    assert [(each.where, each.reason) for each in found.notes] == [("images/stray.png", "is not named in dataset.toml")]
    done = highmast("check", root)
    assert done.returncode == 2
    assert "images/p3.png: the mask holds 9" in done.stdout
    assert "5 problems in 6 photographs" in done.stderr


def replaced(root: Path, path: str, pixels: np.ndarray) -> None:
    write_png(root / path, pixels)
    rehash(root, path)


def rehash(root: Path, path: str) -> None:
    import hashlib

    dataset = read_dataset(root)
    old = next(
        sha
        for each in dataset.photograph
        for p, sha in ((each.image, each.image_sha256), (each.mask, each.mask_sha256))
        if p == path
    )
    changed(root, old, hashlib.sha256((root / path).read_bytes()).hexdigest())


@pytest.mark.parametrize("change", ["scaled", "mirrored", "turned", "darker", "recompressed"])
def test_a_copy_on_the_other_side_is_refused(root: Path, change: str) -> None:
    copy = picture(0)
    if change == "scaled":
        copy = cv2.resize(copy, (96, 80), interpolation=cv2.INTER_AREA)
    elif change == "mirrored":
        copy = copy[:, ::-1]
    elif change == "turned":
        copy = np.rot90(copy)
    elif change == "darker":
        copy = (copy * 0.7).astype(np.uint8)
    else:
        copy = cv2.imdecode(cv2.imencode(".jpg", copy, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_COLOR)
    replaced(root, "images/p2.png", np.ascontiguousarray(copy))
    replaced(root, "masks/p2.png", np.zeros(copy.shape[:2], np.uint8))
    assert reasons(root) == {"images/p2.png": "looks like images/p0.png, but is in 'val', not 'train'"}


def test_other_photographs_are_not_called_copies(tmp_path: Path) -> None:
    write_small(tmp_path, 40)
    found = check(tmp_path)
    assert (found.problems, found.notes) == ((), ())


def test_stats_count_what_is_there(root: Path) -> None:
    dataset = read_dataset(root)
    whole = by_split(root, dataset)["all"]
    truth = np.concatenate([mask(number).ravel() for number in range(6)])
    assert whole.rusted_fraction == pytest.approx((truth == 1).mean())
    assert whole.label_share["stain"] == pytest.approx((truth == 2).mean())
    assert (whole.photographs, whole.places, whole.mm_per_px) == (6, 3, (0.5, 1.0))
    assert sum(whole.by_grade.values()) == 6
    assert by_place(root, dataset)["pole 2"].photographs == 2
    rows = [json.loads(line) for line in highmast("stats", root, "--json").stdout.splitlines()]
    assert [row["name"] for row in rows] == ["train", "val", "all"]
    assert "pole 1: 2 photographs" in highmast("stats", root, "--places").stdout


def test_a_mask_of_one_bit_says_the_same_to_check_stats_and_training(root: Path) -> None:
    dataset = read_dataset(root)
    each = dataset.photograph[0]
    rust = mask(0) == 1
    Picture.fromarray(rust).save(root / each.mask)
    changed(root, each.mask_sha256, sha256_of(root / each.mask))
    dataset = read_dataset(root)
    assert check(root).problems == ()
    assert np.array_equal(read_pair(read_index(root)[0])[1], rust)
    assert pixels_by_label(root, dataset, dataset.photograph[0])["rust"] == rust.sum()
    (root / each.mask).write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"p0\.png cannot be read as a mask: not a picture"):
        read_pair(read_index(root)[0])


def test_places_are_dealt_whole_and_the_same_for_a_seed(root: Path) -> None:
    done = highmast("split", root, "--val", "0.34", "--seed", "3", "--anew")
    assert done.returncode == 0, done.stderr
    dataset = read_dataset(root)
    assert sorted(place for places in dataset.splits.values() for place in places) == ["pole 0", "pole 1", "pole 2"]
    assert len(dataset.splits["val"]) == 1
    assert divided(root, dataset, {"val": 0.34}, 3, anew=True).splits == dataset.splits


def test_places_that_share_a_photograph_stay_together(root: Path) -> None:
    replaced(root, "images/p4.png", picture(0)[:, ::-1])  # pole 1 now shows what pole 0 shows
    dataset = divided(root, read_dataset(root), {"val": 0.3}, 1, anew=True)
    assert dataset.split_of("pole 0") == dataset.split_of("pole 1") != dataset.split_of("pole 2")
    torn = dataset.model_copy(update={"splits": {"train": ("pole 0",), "val": ("pole 1",)}})
    with pytest.raises(DatasetError, match=r"pole 0, pole 1 share photographs .* are in train and val; --anew"):
        divided(root, torn, {"val": 0.3}, 1)


def test_places_that_have_a_split_keep_it_and_others_are_dealt(root: Path) -> None:
    dataset = read_dataset(root)
    for placed in ("train", "val"):
        before = dataset.model_copy(update={"splits": {placed: ("pole 1",)}})
        for seed in range(4):
            dealt = divided(root, before, {"val": 0.34}, seed)
            assert dealt.split_of("pole 1") == placed
            assert sorted(map(len, dealt.splits.values())) == [1, 2]
    everywhere = dataset.model_copy(update={"splits": {"train": ("pole 0", "pole 1", "pole 2")}})
    with pytest.raises(DatasetError, match="no place left for val; --anew"):
        divided(root, everywhere, {"val": 0.34}, 1)


def test_what_was_labelled_since_is_joined_to_what_was_there(root: Path, tmp_path: Path) -> None:
    """A new pole, and a photograph labelled again with its labels numbered otherwise; places keep their split."""
    more = tmp_path / "more"
    again = write_small(more, 1)
    labels = [each.model_copy(update={"value": (0, 2, 1)[each.value]}) for each in again.labels]
    new = write_png(more / "images" / "n.png", picture(9))
    mine = np.full_like(mask(0), 2)
    write_png(more / "masks" / "n.png", mine)
    added = again.photograph[0].model_copy(
        update={"image": "images/n.png", "mask": "masks/n.png", "image_sha256": sha256_of(new), "place": "pole 9",
                "mask_sha256": sha256_of(more / "masks" / "n.png")}
    )  # fmt: skip
    write_dataset(
        more,
        again.model_copy(update={"labels": tuple(labels), "splits": {}, "photograph": (*again.photograph, added)}),
    )
    out = tmp_path / "joined"
    done = highmast("join", out, root, more)
    assert done.returncode == 0, done.stderr
    assert "7 photographs of 4 places, 1 with a later mask" in done.stdout
    assert f"1 places have no split: deal them with `highmast dataset split {out}`" in done.stdout
    assert check(out).problems == ()
    joined = read_dataset(out)
    assert joined.splits == read_dataset(root).splits
    masks = {each.image: read_pair(pair)[1] for each, pair in zip(joined.photograph, read_index(out), strict=True)}
    assert np.array_equal(masks["images/p0.png"], mask(0) == 2)  # what was a stain is rust in the later numbers
    assert masks["images/n.png"].all()
    refused = highmast("join", out, root)
    assert (refused.returncode, "is not empty" in refused.stderr) == (2, True)


def test_too_few_places_to_divide(root: Path) -> None:
    dataset: Dataset = read_dataset(root)
    with pytest.raises(DatasetError, match="has 3 places, 3 of them independent, for 4 splits"):
        divided(root, dataset, {"val": 0.2, "test": 0.2, "more": 0.2}, 1)
    done = highmast("split", root, "--val", "0.6", "--test", "0.5")
    assert (done.returncode, "leave nothing to train on" in done.stderr) == (2, True)
