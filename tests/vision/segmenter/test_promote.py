"""The gate and the registry: a candidate that loses anywhere is refused, one that does not is what grades."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vision.bootstrap import interval
from vision.comparison import BINS, Answer, Look, looks
from vision.gate import BLIND, TOGETHER, verdicts
from vision.model_file import BLANK, SEAL, SHIPPED, ModelFileError, sealed
from vision.registry import Registry
from vision.segmenter import Segmenter

ROOT = Path(__file__).parents[3]
MADE = ROOT / "datasets" / "made-poles"


def altered(path: Path, threshold: str, last: bytes) -> Path:
    """Write the shipped model with another threshold and another last letter of its name, sealed anew."""
    content = SEAL.sub(BLANK, SHIPPED.read_bytes())
    (card,) = re.findall(rb'\{"name": .*?"threshold": [0-9.]+', content)
    other = re.sub(rb'.(", "threshold)', last + rb"\1", card)
    number = card.rsplit(b" ", 1)[1]
    other = other[: -len(number)] + threshold.encode().ljust(len(number), b"0")[: len(number)]
    path.write_bytes(sealed(content.replace(card, other)))
    return path


def highmast(registry: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "climber", *map(str, words)],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "HIGHMAST_MODELS": str(registry)},
    )  # fmt: skip


def test_what_passes_grades_and_what_loses_does_not(tmp_path: Path) -> None:
    registry = tmp_path / "models"
    shipped = Segmenter.load(SHIPPED).card
    same = altered(tmp_path / "same.onnx", str(shipped.threshold), b"S")
    deaf = altered(tmp_path / "deaf.onnx", "0.99999", b"D")
    done = highmast(registry, "promote", same, "--data", MADE)
    assert done.returncode == 0, done.stderr
    for words in ("pole-06: IoU", "calibration error", "stain called rust", "processor ms per megapixel"):
        assert words in done.stdout
    assert "LOSES" not in done.stdout
    refused = highmast(registry, "promote", deaf, "--data", MADE)
    assert refused.returncode == 2
    assert "deaf.onnx is refused, it loses on: pole-06: IoU" in refused.stderr
    graded = highmast(registry, "grade", MADE / "images" / "pole-01-1.jpg", "--json")
    assert json.loads(graded.stdout)["model"] == shipped.name[:-1] + "S"
    models = Registry(registry)
    assert [line["what"] for line in models.journal()] == ["added", "promoted", "added", "refused"]
    assert {place: len(files) for place, files in models.models().items()} == {
        "candidate": 1, "production": 1, "retired": 0,
    }  # fmt: skip
    listed = highmast(registry, "models").stdout
    assert f"grades: {registry / 'production' / 'rust.onnx'}" in listed
    assert "refused" in listed


def test_a_model_that_grades_no_photograph_is_refused(tmp_path: Path) -> None:
    content = SEAL.sub(BLANK, SHIPPED.read_bytes())
    (limit,) = re.findall(rb'"steel": ([0-9.]+)', content)
    blind = tmp_path / "blind.onnx"
    above_one = b"1." + b"9" * (len(limit) - 2)
    blind.write_bytes(sealed(content.replace(b'"steel": ' + limit, b'"steel": ' + above_one)))
    refused = highmast(tmp_path / "models", "promote", blind, "--data", MADE)
    assert refused.returncode == 2
    assert "it loses on: photographs with rust called `not steel`. " in refused.stderr


def test_a_model_that_refuses_no_picture_any_more_is_refused(tmp_path: Path) -> None:
    content = SEAL.sub(BLANK, SHIPPED.read_bytes())
    (limit,) = re.findall(rb'"steel": ([0-9.]+)', content)
    graded = tmp_path / "all.onnx"
    graded.write_bytes(sealed(content.replace(b'"steel": ' + limit, b'"steel": ' + b"0." + b"0" * (len(limit) - 2))))
    refused = highmast(tmp_path / "models", "promote", graded, "--data", MADE)
    assert refused.returncode == 2
    assert "it loses on: refusing pictures that show no steel (train with --silhouettes, " in refused.stderr
    done = highmast(tmp_path / "models", "promote", graded, "--data", MADE, "--without-steel")
    assert done.returncode == 0, done.stderr
    (*_, promoted) = Registry(tmp_path / "models").journal()
    assert [row["what"] for row in promoted["comparison"]["verdicts"] if row["lost"]] == [BLIND]


def test_comparing_only_changes_nothing(tmp_path: Path) -> None:
    done = highmast(tmp_path / "models", "promote", SHIPPED, "--data", MADE, "--compare-only", "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["kind"] for row in rows} == {"place", "calibration", "confuser", "steel", "speed"}
    assert all(row["difference"] == 0 for row in rows if row["kind"] != "speed")
    assert not (tmp_path / "models").exists()
    other = highmast(tmp_path / "models", "promote", SHIPPED, "--data", MADE, "--split", "test")
    assert (other.returncode, "no held-out photographs" in other.stderr) == (2, True)


def test_a_data_set_without_the_split_is_not_passed_over(tmp_path: Path) -> None:
    undivided = tmp_path / "undivided"
    shutil.copytree(MADE, undivided)
    text = (undivided / "dataset.toml").read_text()
    (undivided / "dataset.toml").write_text(text.replace("\nval = [", "\ntest = ["))
    segmenter = Segmenter.load(SHIPPED, threads=1)
    with pytest.raises(ValueError, match="undivided has no held-out photographs of split 'val'"):
        list(looks(segmenter, segmenter, (undivided, MADE), "val", None))


def test_a_folder_without_tiles_is_not_passed_over(tmp_path: Path) -> None:
    segmenter = Segmenter.load(SHIPPED, threads=1)
    with pytest.raises(ValueError, match="holds no folders of texture tiles"):
        next(looks(segmenter, segmenter, (MADE,), "val", tmp_path))


def test_the_model_before_is_retired_and_whole(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    assert registry.production == SHIPPED
    for letter in (b"A", b"B"):
        model = altered(tmp_path / "model.onnx", "0.5", letter)
        registry.promote(registry.add(model, "x"), {})
    assert Segmenter.load(registry.production).card.name.endswith("B")
    (retired,) = registry.models()["retired"]
    assert Segmenter.load(retired).card.name.endswith("A")
    (tmp_path / "journal.jsonl").write_bytes((tmp_path / "journal.jsonl").read_bytes()[:-9])
    assert [line["what"] for line in registry.journal()] == ["added", "promoted", "added", "retired"]
    registry.refuse(SHIPPED, {"verdicts": [{"lost": True}]})
    assert [line["what"] for line in registry.journal()] == ["added", "promoted", "added", "retired", "refused"]
    (tmp_path / "journal.jsonl").write_bytes((tmp_path / "journal.jsonl").read_bytes()[:-4])  # ends in a brace
    assert [line["what"] for line in registry.journal()] == ["added", "promoted", "added", "retired"]
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(ModelFileError, match="no highmast rust model"):
        registry.add(tmp_path / "bad.onnx", "bad")


def answer(
    tp: int = 80,
    fp: int = 10,
    fn: int = 20,
    gap: float = 0.02,
    stain: int = 5,
    ms: float = 100,
    refused: bool = False,
    may_refuse: bool = True,
) -> Answer:
    bins = np.zeros((BINS, 3))
    bins[7] = (1000, 500 + 1000 * gap, 500)
    return Answer((tp, fp, fn, 9890), bins, {"stain": (stain, 1000)}, ms, refused, may_refuse)


def seen(candidate: dict[str, float], place: str = "pole 1", count: int = 8) -> list[Look]:
    """Photographs of one place that differ a little from each other, the same for both models but for `candidate`."""
    looks = []
    for number in range(count):
        usual = {"tp": 70 + number, "fn": 30 - number}
        looks.append(Look(place, answer(**usual), answer(**{**usual, **candidate})))
    return looks


def lost(looks: list[Look]) -> list[str]:
    return [verdict.kind for verdict in verdicts(looks) if verdict.lost]


def test_each_loss_is_found() -> None:
    assert lost(seen({})) == []
    assert lost(seen({"tp": 50, "fn": 50})) == ["place"]
    assert lost(seen({"tp": 90, "fn": 10})) == []
    assert lost(seen({"gap": 0.05})) == ["calibration"]
    assert lost(seen({"stain": 60})) == ["confuser"]
    assert lost(seen({"refused": True})) == ["steel"]
    assert lost(seen({"may_refuse": False})) == ["ground"]
    assert lost(seen({"ms": 140})) == ["speed"]
    assert lost(seen({"ms": 60})) == []


def test_a_loss_within_the_interval_or_too_small_to_notice_is_none() -> None:
    looks = [*seen({}), Look("pole 1", answer(tp=70, fn=30), answer(tp=55, fn=45))]
    assert lost(looks) == []
    assert lost(seen({"fp": 10.2})) == []


def test_walls_that_are_graded_are_a_loss_and_coats_are_none() -> None:
    def tiles(material: str, graded: int) -> list[Look]:
        before, after = ([answer(refused=number >= each) for number in range(40)] for each in (10, graded))
        both = zip(before, after, strict=True)
        return [Look("", *(replace(each, confused={material: (0, 9)}) for each in pair)) for pair in both]

    assert lost([*seen({}), *tiles("Bricks", 30)]) == ["ground"]
    assert lost([*seen({}), *tiles("Bricks", 13)]) == []
    assert lost([*seen({}), *tiles("Paint", 30)]) == []


def test_a_place_without_rust_is_judged_by_false_alarms() -> None:
    clean = [Look("clean", answer(tp=0, fn=0, fp=fp), answer(tp=0, fn=0, fp=fp + 200)) for fp in (1, 2, 3, 4)]
    (verdict,) = [each for each in verdicts(clean) if each.kind == "place"]
    assert (verdict.lost, "false alarms" in verdict.what) == (True, True)


def test_places_with_few_photographs_are_judged_together() -> None:
    looks = [look for name in "abc" for look in seen({"tp": 40, "fn": 60}, name, 2)]
    rows = [each for each in verdicts(looks) if each.kind == "place"]
    assert [(row.what, row.photographs, row.lost) for row in rows] == [(f"{TOGETHER}: IoU", 6, True)]


def test_the_interval_holds_the_difference_and_is_as_wide_as_theory_says() -> None:
    rng = np.random.default_rng(1)

    def mean(sums: np.ndarray) -> np.ndarray:
        return sums[:, 0] / sums[:, 1]

    for count in (100, 1000):
        before, after = (np.stack([rng.normal(level, 1, count), np.ones(count)], axis=1) for level in (0, 0.5))
        difference, low, high = interval(mean, before, after)
        assert difference == pytest.approx(after[:, 0].mean() - before[:, 0].mean())
        assert low < difference < high
        assert high - low == pytest.approx(2 * 1.96 * (2 / count) ** 0.5, rel=0.2)
