"""`highmast evaluate` on a small data set, with corrections and tiles, as a process."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from vision.confusers import PICTURES
from vision.confusers_made import MADE
from vision.contact_sheet import CAPTION_PX, CELL_PX
from vision.labels import read_index
from vision.metrics import count
from vision.render_noise import tile
from vision.segmenter import Segmenter

ROOT = Path(__file__).parents[3]


def evaluated(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "climber", "evaluate", *map(str, words)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Two validation photographs: the second one's mask leaves its rust out."""
    root = tmp_path / "data"
    for folder in ("images", "masks"):
        (root / "street" / folder).mkdir(parents=True)
    for name, shown in (("a", 1), ("b", 0)):
        rng = np.random.default_rng(3)
        image = (165 + 4 * rng.standard_normal((256, 256, 3))).clip(0, 255).astype(np.uint8)
        image[64:192, 64:192] = tile("rust_005")
        mask = np.zeros((256, 256), np.uint8)
        mask[64:192, 64:192] = shown
        cv2.imwrite(str(root / "street" / "images" / f"{name}.png"), image[..., ::-1])
        cv2.imwrite(str(root / "street" / "masks" / f"{name}.png"), mask)
    (root / "index.csv").write_text("set,name,split\nstreet,a,val\nstreet,b,val\nstreet,a,train\n")
    return root


def test_an_index_of_a_spreadsheet_is_read_or_refused_in_words(dataset: Path) -> None:
    index = dataset / "index.csv"
    index.write_bytes(b"\xef\xbb\xbf" + index.read_bytes())
    assert [pair.name for pair in read_index(dataset)] == ["a", "b", "a"]
    index.write_text("set;name;split\nstreet;a;val\n")
    with pytest.raises(ValueError, match="line 1: the columns set, name and split are needed"):
        read_index(dataset)


def test_figures_are_those_of_the_masks_and_others_stand_beside(dataset: Path, tmp_path: Path) -> None:
    image = dataset / "street" / "images" / "b.png"
    # one pixel makes the file, and so its key, its own
    picture = cv2.imread(str(image))
    picture[0, 0] = 0
    cv2.imwrite(str(image), picture)
    key = hashlib.sha256(image.read_bytes()).hexdigest()
    corrections = tmp_path / "corrections.toml"
    corrections.write_text(
        f'[[photograph]]\nsha256 = "{key}"\nname = "b"\nreason = "rust left out"\n'
        "rust = [[[64, 64], [191, 64], [191, 191], [64, 191]]]\n"
    )
    silhouettes = tmp_path / "silhouettes.toml"
    silhouettes.write_text(
        f'[[photograph]]\nsha256 = "{key}"\nname = "b"\nsteel = [[[0, 64], [127, 64], [127, 191], [0, 191]]]\n'
        "other = [[[0, 0], [95, 0], [95, 255], [0, 255]]]\n"
    )
    done = evaluated(dataset, "--json", "--corrections", corrections, "--silhouettes", silhouettes)
    assert done.returncode == 0, done.stderr
    plain, mended, inside, both, steel = map(json.loads, done.stdout.splitlines())
    assert (steel["photographs"], steel["refused"]) == (1, 0)
    assert (plain["set"], mended["set"], plain["photographs"]) == ("street/val", "street/val mended", 2)
    assert (inside["set"], both["set"]) == ("street/val inside silhouettes", "street/val mended, inside silhouettes")
    assert (inside["photographs"], inside["iou"], both["photographs"]) == (1, 0, 1)
    label = Segmenter.load().segment(np.ascontiguousarray(picture[..., ::-1])).label
    truth = np.zeros_like(label)
    truth[64:192, 64:192] = 1
    assert mended["iou"] == pytest.approx(count(label, truth).iou, abs=0.01)
    assert mended["iou"] > 1.5 * plain["iou"]
    assert both["iou"] == pytest.approx(label[64:192, 96:128].mean())


def test_reliability_covers_every_pixel_once(dataset: Path) -> None:
    done = evaluated(dataset, "--reliability", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines() if '"stated"' in line]
    assert sum(row["share"] for row in rows) == pytest.approx(1, abs=0.001)
    assert all(0 <= row["observed"] <= 1 for row in rows)


def test_tiles_and_the_contact_sheet(dataset: Path, tmp_path: Path) -> None:
    for material in ("Metal", "Paint"):
        (tmp_path / "tiles" / material).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "tiles" / material / f"{material}_000.png"), tile("metal_000"))
    (tmp_path / "tiles" / "Concrete").mkdir()
    (tmp_path / "tiles" / "Rust").mkdir()
    cv2.imwrite(str(tmp_path / "tiles" / "Rust" / "Rust_005.png"), tile("rust_005")[..., ::-1])
    cv2.imwrite(str(tmp_path / "tiles" / "Concrete" / "Concrete_036.png"), tile("rust_005")[..., ::-1])
    done = evaluated(dataset, "--tiles", tmp_path / "tiles", "--worst", tmp_path / "worst.png", "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines() if '"material"' in line]
    rusty = ["with rusted bars", "rust that fills the frame"]
    assert [row["material"] for row in rows] == ["Paint", "all", *rusty, *(f"made: {n}" for n in MADE)]
    assert all(row["pictures"] == PICTURES for row in rows[4:])
    assert rows[1]["pictures"] == 1
    assert rows[0]["false_positives"] / rows[0]["pixels"] < 0.02
    assert rows[2]["false_positives"] > 0 == rows[1]["false_positives"] - rows[0]["false_positives"]
    assert rows[3]["false_positives"] == rows[2]["false_positives"]  # the same picture
    assert cv2.imread(str(tmp_path / "worst.png")).shape == (CAPTION_PX + CELL_PX, 6 * CELL_PX, 3)


def test_what_is_missing_is_named(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text('[[photograph]]\nsha256 = "short"\nreason = "x"\n')
    for words, message in (
        ((tmp_path,), "index.csv is missing"),
        ((dataset, "--split", "test"), "no photographs of split 'test'"),
        ((dataset, "--corrections", tmp_path / "wrong.toml"), "give the 64 hex digits"),
        ((dataset, "--silhouettes", tmp_path / "none.toml"), "is no silhouettes file"),
    ):
        done = evaluated(*words)
        assert (done.returncode, message in done.stderr) == (2, True), done.stderr
