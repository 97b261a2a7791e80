"""What a training run was: `run.json` (parameters, data, commit, results) and TensorBoard's curves."""

import json
import platform
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch.utils.tensorboard import SummaryWriter

from vision.files import sha256_of, sha256_of_all, write_whole
from vision.labels import read_index
from vision.model_file import Card
from vision.training.finish import index_hash
from vision.training.loop import Places, Recipe
from vision.training.tiles import TILES

Json = dict[str, Any]

MAY_CHANGE = ("steps", "mixed", "save_every_s", "check_every")
"""What may differ of the recipe when a run goes on: all else would make a model other than `run.json` says."""

OTHERS = {
    "mended_sha256": "other corrections or silhouettes",
    "start_sha256": "another start or backbone",
    "textures_sha256": "other textures",
}
"""Files by which two runs differ; a key that an older `run.json` lacks is not compared."""


class Run:
    """Keeps one run; `say` is what the training loop is given."""

    def __init__(self, recipe: Recipe, places: Places, echo: Callable[[str], None] = print) -> None:
        """Write what is known before the first step, so that a run that dies can still be read.

        Raises ValueError when the folder holds the checkpoint of another run, which would go on as if it were this one.
        """
        self._path, self._echo, self._began_s = places.out / "run.json", echo, time.monotonic()
        start, tiles = places.start or places.backbone, places.textures
        self._known: Json = {
            "began_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "recipe": asdict(recipe),
            "places": {name: str(value) for name, value in asdict(places).items() if value is not None},
            "data_sha256": index_hash(places.photographs, read_index(places.photographs)),
            "mended_sha256": [sha256_of(path) for path in (places.corrections, places.silhouettes) if path is not None],
            "start_sha256": None if start is None else sha256_of(start),
            "textures_sha256": None if tiles is None else sha256_of_all(tiles, TILES),
            "commit": commit(),
            "torch": torch.__version__,
            "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        }
        if (places.out / "last.pt").is_file() and self._path.is_file():
            _refuse_another(places.out, json.loads(self._path.read_text()), self._known)
        write_whole(self._path, json.dumps(self._known, indent=1).encode())
        self._curves = SummaryWriter(str(places.out / "curves"))

    def say(self, line: str) -> None:
        """Take one JSON line of the loop: show it, and draw its numbers over the step."""
        values: Json = json.loads(line)
        for name in values.keys() - {"step", "clock_s"}:
            self._curves.add_scalar(name, values[name], values["step"])
        self._echo(line)

    def end(self, card: Card) -> None:
        """Add the model's metrics and the time it took."""
        result = {"name": card.name, "metrics": card.metrics, "threshold": card.threshold}
        self._known |= {"result": result, "took_s": round(time.monotonic() - self._began_s, 1)}
        write_whole(self._path, json.dumps(self._known, indent=1).encode())
        self._curves.close()


def _refuse_another(out: Path, before: Json, now: Json) -> None:
    """Raise ValueError when the run before had other data, other files or another recipe."""
    kept = {name: value for name, value in before["recipe"].items() if name not in MAY_CHANGE}
    other = [f"`{name}` {value}" for name, value in kept.items() if value != now["recipe"].get(name, value)]
    if before["data_sha256"] != now["data_sha256"]:
        other.append(f"the photographs of {before['places']['photographs']} as they were")
    other += [words for key, words in OTHERS.items() if before.get(key, now[key]) != now[key]]
    if other:
        raise ValueError(
            f"{out} holds another run, with {', '.join(other)}; give another --out, or remove {out / 'last.pt'}"
        )


def commit() -> str:
    """Return the commit of this code, with + when files were changed; empty outside a checkout."""
    try:
        where = Path(__file__).parent
        done = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--dirty=+"],
            cwd=where, capture_output=True, text=True, check=False, timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def runs(root: Path) -> list[Json]:
    """Return what is known of the runs in a folder and below, oldest first, each with its folder."""
    found = [{"folder": str(path.parent), **json.loads(path.read_text())} for path in root.rglob("run.json")]
    return sorted(found, key=lambda run: str(run["began_at"]))
