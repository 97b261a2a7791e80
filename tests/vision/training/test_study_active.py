"""The study of active learning: who learns from what, what is kept, and what its table may say."""

import json
import sys
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib")
sys.path.insert(0, str(Path(__file__).parent))

from sample import write_photographs

from vision.labels import read_index
from vision.training import study_active
from vision.training.study_active import Chosen, Study, choice, subset, third
from vision.training.study_active_result import ARMS, Score, figure, table, verdict

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]


def test_a_third_is_drawn_in_blocks_of_neighbours() -> None:
    names = [f"p{number:03}" for number in range(96)]
    drawn = third(names, np.random.default_rng(1))
    assert len(drawn) == 32
    assert drawn == sorted(set(drawn))
    runs = sum(int(after[1:]) - int(before[1:]) > 1 for before, after in pairwise(drawn))
    assert runs <= 4
    assert drawn != third(names, np.random.default_rng(2))


def test_a_subset_trains_on_the_names_given_and_is_judged_on_other_photographs(tmp_path: Path) -> None:
    root = write_photographs(tmp_path / "whole")
    pairs = read_index(subset(root, tmp_path / "part", ["s1", "s4"]))
    assert [pair.name for pair in pairs if pair.split == "train"] == ["s1", "s4"]
    assert {pair.name for pair in pairs if pair.split == "val"} <= {"s6", "s7"}


def test_picks_and_chance_take_equally_many_of_what_is_not_labelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vision.model_file import SHIPPED

    what = Study(write_photographs(tmp_path / "whole"), tmp_path / "out", None, 2, 1, 1, 2, 64)
    chosen = choice(what, 1, SHIPPED, ["s0", "s1"])
    assert len(chosen.random) == len(chosen.active) == 2
    assert not {"s0", "s1"} & {*chosen.random, *chosen.active}
    assert choice(what, 1, SHIPPED, ["s0", "s1"]) == chosen
    monkeypatch.setattr(study_active, "train", lambda *_: pytest.fail("a stage that is kept was done again"))
    for arm in ARMS:
        kept = what.out / "seed-1" / arm / "score.json"
        kept.parent.mkdir(parents=True)
        score = Score(1, arm, 0.1, 0.2, 0.3)
        kept.write_text(json.dumps(asdict(score)))
        assert study_active.scored(what, 1, arm, tmp_path, chosen) == score
    assert chosen.of("none") == ["s0", "s1"]
    assert Chosen(["a"], ["b"], ["c"]).of("active") == ["a", "c"]


def test_the_table_claims_a_gain_only_beyond_the_spread() -> None:
    scores = [Score(seed, arm, 0.3, 0.4 + 0.01 * seed, 0.5) for seed in (1, 2, 3) for arm in ARMS]
    said = table([replace(s, best_iou=s.best_iou + 0.03) if s.arm == "active" else s for s in scores])
    assert "| 2 | 0.450 (0.300) | 0.420 (0.300) | 0.420 (0.300) | +0.030 |" in said
    assert "worth more than chance" in said
    assert "spread between seeds is larger" in verdict(np.array([0.05, -0.02, 0.01]))
    assert "chance is worth more" in verdict(np.array([-0.05, -0.05, -0.051]))
    assert figure(scores).startswith(b"\x89PNG")
