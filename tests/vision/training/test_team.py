"""Two processes under torchrun train one network: each on its own crops, both with the same weights."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from sample import write_photographs

from vision.training.loop import Recipe, own_crops
from vision.training.team import Team

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]

MEMBER = """
import sys
from pathlib import Path
import torch
from vision.training.loop import Places, Recipe, train
from vision.training.team import join
root, recipe = Path(sys.argv[1]), Recipe(steps=2, batch=1, side_px=64, warm_up=1, check_every=2, save_every_s=0.0)
network = train(recipe, Places(root / "photographs", None, root / "out"), lambda line: print(line, flush=True))
torch.save(network.state_dict(), root / f"rank{join().rank}.pt")
"""


def test_each_crop_goes_to_one_process_and_a_resumed_run_goes_on_where_it_was() -> None:
    recipe = Recipe(steps=3, batch=2)
    first, second = (own_crops(recipe, Team(rank, 2), 0) for rank in (0, 1))
    assert sorted(first + second) == list(range(12))
    assert own_crops(recipe, Team(1, 2), 2) == second[4:]
    assert own_crops(recipe, Team(), 0) == list(range(6))


def test_torchrun_gives_both_processes_the_same_weights_and_one_log(tmp_path: Path) -> None:
    import torch

    write_photographs(tmp_path / "photographs")
    (tmp_path / "member.py").write_text(MEMBER)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        [*command, str(tmp_path / "member.py"), str(tmp_path)], capture_output=True, text=True, timeout=280, env=here
    )
    assert done.returncode == 0, done.stderr
    ranks = [torch.load(tmp_path / f"rank{rank}.pt", weights_only=True) for rank in (0, 1)]
    for name, value in ranks[0].items():
        assert np.array_equal(value, ranks[1][name]), name
    assert done.stdout.count('"step": 2') == 1
    assert torch.load(tmp_path / "out" / "last.pt", weights_only=True)["step"] == 2
