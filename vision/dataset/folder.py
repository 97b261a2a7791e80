"""The folder of a data set: `dataset.toml`, a card (`README.md`), photographs and masks. Keys: DATASET.md.

A photograph belongs to a place (a pole, a site), a place to one split: no place can be on both sides.
"""

import tomllib
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, TypeVar

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vision.files import write_whole

FORMAT = "highmast-dataset/1"
FILE = "dataset.toml"

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Model = TypeVar("Model", bound=BaseModel)


class DatasetError(ValueError):
    """A data set or a file to import is wrong; the message says file, entry, value and what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(_Strict):
    """One value that masks may hold."""

    value: int = Field(ge=0, le=254)
    name: Name
    rust: bool
    """Whether its area counts as rusted."""


class Photograph(_Strict):
    """A photograph with its mask, paths relative to the folder."""

    image: Name
    mask: Name
    image_sha256: Sha256
    mask_sha256: Sha256
    place: Name
    mm_per_px: float | None = Field(default=None, gt=0, le=100)


class Dataset(_Strict):
    """What `dataset.toml` says."""

    format: Literal["highmast-dataset/1"]
    name: Name
    source: Name
    """Where the photographs come from."""
    licence: Name
    split_by: Literal["pole", "place"]
    """What a place is: one pole, or a site with several."""
    mm_per_px: float | None = Field(default=None, gt=0, le=100)
    """Scale of the surface where a photograph does not give its own."""
    labels: tuple[Label, ...] = Field(min_length=1)
    splits: dict[str, tuple[str, ...]] = {}
    """Places by split; `train` and `val` are the ones that training uses."""
    photograph: tuple[Photograph, ...] = ()

    def split_of(self, place: str) -> str:
        """Return the split of a place, empty when it has none."""
        return next((split for split, places in self.splits.items() if place in places), "")

    def rust_values(self) -> tuple[int, ...]:
        """Return the mask values that count as rusted."""
        return tuple(label.value for label in self.labels if label.rust)

    def label_names(self) -> tuple[str, ...]:
        """Return names by value, 0 first; ValueError when values leave a gap."""
        names = [label.name for label in sorted(self.labels, key=lambda label: label.value)]
        if sorted(label.value for label in self.labels) != list(range(len(names))):
            raise DatasetError(f"labels of {self.name} leave out a value; number them 0, 1, 2 ... to train on them")
        return tuple(names)


def read_dataset(root: Path) -> Dataset:
    """Read and check `root/dataset.toml`; DatasetError says which key or entry is wrong."""
    path = root / FILE
    dataset = parsed(path, Dataset)
    _check_labels(path, dataset)
    _check_splits(path, dataset)
    for index, photograph in enumerate(dataset.photograph):
        for key in ("image", "mask"):
            _check_inside(f"{path}: photograph {index + 1}", key, getattr(photograph, key))
    return dataset


def parsed(path: Path, model: type[Model]) -> Model:
    """Read a TOML file into a pydantic model; DatasetError says file, key, value and what is wrong with it."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}; give the folder that holds it") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DatasetError(f"{path} is not TOML: {error}") from None
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise DatasetError(f"{path}: {_first(error, content)}") from None


def write_dataset(root: Path, dataset: Dataset) -> None:
    """Write `dataset.toml` whole or not at all."""
    write_whole(root / FILE, tomli_w.dumps(dataset.model_dump(exclude_none=True)).encode())


def _first(error: ValidationError, content: dict[str, Any]) -> str:
    """Say the first problem; entries of a list are counted from 1 and named."""
    problem = error.errors()[0]
    where = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in problem["loc"])
    named = _named(problem["loc"], content)
    if problem["type"] == "extra_forbidden":
        return f"unknown key `{where}`{named}; remove it or mend its spelling"
    if problem["type"] == "missing":
        return f"`{where}`{named} is missing; add it"
    return f"`{where}`{named} is {problem['input']!r}: {problem['msg'][0].lower()}{problem['msg'][1:]}"


def _named(loc: tuple[int | str, ...], content: dict[str, Any]) -> str:
    if len(loc) < 2 or not isinstance(loc[1], int):
        return ""
    entry = content[str(loc[0])][loc[1]]
    name = entry.get("image") or entry.get("name") if isinstance(entry, dict) else None
    return f" ({name})" if name else ""


def _check_labels(path: Path, dataset: Dataset) -> None:
    for key in ("value", "name"):
        values = [getattr(label, key) for label in dataset.labels]
        twice = next((value for value in values if values.count(value) > 1), None)
        if twice is not None:
            raise DatasetError(f"{path}: two labels have the {key} {twice!r}; each needs its own")
    if not dataset.rust_values():
        raise DatasetError(f"{path}: no label has `rust = true`, so nothing could be graded; mark one")


def _check_splits(path: Path, dataset: Dataset) -> None:
    """A place in two splits would leak from training into the figures."""
    seen: dict[str, str] = {}
    known = {photograph.place for photograph in dataset.photograph}
    for split, places in dataset.splits.items():
        for place in places:
            other = seen.setdefault(place, split)
            if other != split:
                raise DatasetError(f"{path}: place {place!r} is in the splits {other!r} and {split!r}; keep it in one")
            if place not in known:
                raise DatasetError(f"{path}: split {split!r} names place {place!r}, which no photograph has")


def _check_inside(where: str, key: str, value: str) -> None:
    parts = PurePosixPath(value.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in parts.parts[0]:
        raise DatasetError(f"{where}: `{key}` {value!r} leaves the folder; give a path inside it")
