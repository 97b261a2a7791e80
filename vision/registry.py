"""The models of one machine: `candidate/`, `production/rust.onnx`, `retired/`, and what happened in `journal.jsonl`.

The model in production is one file that is replaced whole: a power cut leaves the old one or the new one, and the old
one is in `retired/` before it is replaced. The journal is append-only.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vision.files import sha256_of, write_whole
from vision.model_file import SHIPPED, ModelFileError, read_model

PLACES = ("candidate", "production", "retired")
IN_PRODUCTION = "rust.onnx"


@dataclass(frozen=True, slots=True)
class Registry:
    """A folder of models."""

    root: Path

    @property
    def production(self) -> Path:
        """The model that grades: ours, or the shipped one where none was promoted."""
        own = self.root / "production" / IN_PRODUCTION
        return own if own.is_file() else SHIPPED

    def add(self, model: Path, name: str) -> Path:
        """Copy a model to the candidates; ModelFileError when it is damaged or none of ours."""
        content = read_model(model)
        target = self.root / "candidate" / f"{name}-{sha256_of(model)[:8]}.onnx"
        write_whole(target, content)
        self._note("added", target, {})
        return target

    def refuse(self, candidate: Path, comparison: Mapping[str, object]) -> None:
        """Note that a candidate lost; it stays a candidate."""
        self._note("refused", candidate, comparison)

    def promote(self, candidate: Path, comparison: Mapping[str, object]) -> Path:
        """Put a candidate into production and retire the one before; returns where it is now."""
        now = self.root / "production" / IN_PRODUCTION
        if now.is_file():
            self._retire(now)
        write_whole(now, read_model(candidate))
        self._note("promoted", candidate, comparison)
        candidate.unlink()
        return now

    def journal(self) -> list[dict[str, object]]:
        """Return what happened, oldest first; a line that was cut off by a power cut is left out."""
        path = self.root / "journal.jsonl"
        lines = path.read_bytes().splitlines() if path.is_file() else []
        return list(filter(None, map(_whole, lines)))

    def models(self) -> dict[str, list[Path]]:
        """Return the model files by place."""
        return {place: sorted((self.root / place).glob("*.onnx")) for place in PLACES}

    def _retire(self, model: Path) -> None:
        target = self.root / "retired" / f"{sha256_of(model)[:16]}.onnx"
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_file():
            part = target.with_suffix(".tmp")
            shutil.copyfile(model, part)
            part.replace(target)
        self._note("retired", model, {})

    def _note(self, what: str, model: Path, comparison: Mapping[str, object]) -> None:
        line = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "what": what,
            "model": model.name,
            "sha256": sha256_of(model),
            **({"comparison": comparison} if comparison else {}),
        }
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "journal.jsonl").open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # the line before was cut off; this one must not become part of it
                    file.write(b"\n")
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _whole(line: bytes) -> dict[str, object] | None:
    """Return a line of the journal, None when it is cut off."""
    try:
        entry: dict[str, object] = json.loads(line)
    except ValueError:
        return None
    return entry


def default_root() -> Path:
    """Return the registry of this person: `$HIGHMAST_MODELS`, else `models` in the data folder of highmast."""
    named = os.environ.get("HIGHMAST_MODELS")
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return Path(named) if named else data / "highmast" / "models"


def production() -> Path:
    """Return the model that grades when nobody names one; ModelFileError when the registry cannot be read."""
    try:
        return Registry(default_root()).production
    except OSError as error:
        raise ModelFileError(f"{error.filename}: {error.strerror}; mend it, or name a model with --model") from None
