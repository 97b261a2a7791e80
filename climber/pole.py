"""The pole file: what pole this is, and for the simulator what its surface looks like (keys: POLE.md)."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from climber.errors import InputError
from climber.record import PoleDescription
from vision.render_surface import PaintedSurface, painted_surface, read_surface
from vision.types import Plate, PoleShape, Section

SEAM_M = 0.001
"""Sections must meet within this."""


class PoleFile(PoleDescription):
    """Everything a pole file may hold: the description, and the simulator's keys."""

    surface: str | None = None
    rust_mask: str | None = None
    seed: int | None = Field(default=None, ge=0, lt=2**32)


@dataclass(frozen=True, slots=True)
class Pole:
    """A pole file that was read and found sound."""

    path: Path
    description: PoleDescription
    shape: PoleShape
    surface_path: Path | None
    rust_mask_path: Path | None
    seed: int | None

    def surface(self) -> PaintedSurface:
        """Load the surface picture and its mask, or paint one from the seed.

        Raises InputError when the file gives neither or a picture is wrong.
        """
        if self.surface_path is not None:
            return _read(self.path, self.surface_path, self.rust_mask_path)
        if self.seed is None:
            raise InputError(
                f"{self.path}: a simulated pole needs a surface; "
                'give `surface = "picture.png"` or `seed = 1` for a painted one'
            )
        return painted_surface(self.shape, self.seed)


def load_pole(path: Path | str) -> Pole:
    """Read and check a pole file; paths in it are relative to it.

    Raises InputError that names the file, the key, the value and what to do.
    """
    path = Path(path)
    content = _parsed(path)
    try:
        file = PoleFile.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {_first(error)}") from None
    _check(path, file)
    description = PoleDescription(**{key: getattr(file, key) for key in PoleDescription.model_fields})
    return Pole(
        path=path,
        description=description,
        shape=shape_of(description),
        surface_path=_beside(path, "surface", file.surface),
        rust_mask_path=_beside(path, "rust_mask", file.rust_mask),
        seed=file.seed,
    )


def shape_of(pole: PoleDescription) -> PoleShape:
    """Return the geometry of a described pole."""
    return PoleShape(
        pole.height_m,
        pole.base_diameter_mm,
        pole.top_diameter_mm,
        pole.sides,
        tuple(Section(each.bottom_m, each.top_m, each.seam_deg) for each in pole.sections),
        tuple(_plates(pole)),
    )


def _plates(pole: PoleDescription) -> Iterator[Plate]:
    """Yield the plates whose place is given."""
    if pole.handhole_m is not None and pole.handhole_deg is not None:
        yield Plate("handhole", pole.handhole_m, pole.handhole_deg, pole.handhole_wide_mm, pole.handhole_high_mm)
    if pole.tag_m is not None:
        yield Plate("tag", pole.tag_m, 0.0, pole.tag_wide_mm, pole.tag_high_mm)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give the path of a pole file") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 text; give the path of a TOML pole file") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is not TOML: {error}") from None


def _first(error: ValidationError) -> str:
    """Say the first problem: key, value, limit."""
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        known = ", ".join(PoleFile.model_fields)
        return f"unknown key `{key}`; known keys are {known}"
    if problem["type"] == "missing":
        return f"`{key}` is missing; add it"
    return f"`{key}` is {problem['input']!r}: {problem['msg'][0].lower()}{problem['msg'][1:]}"


def _check(path: Path, file: PoleFile) -> None:
    """Refuse what no single field can show."""
    if file.sides in (1, 2):
        raise InputError(f"{path}: `sides` is {file.sides}; give 0 for a round pole or 3 and more for facets")
    if file.top_diameter_mm > file.base_diameter_mm:
        raise InputError(
            f"{path}: `top_diameter_mm` {file.top_diameter_mm:g} is larger than "
            f"`base_diameter_mm` {file.base_diameter_mm:g}; swap them"
        )
    if (file.lon is None) != (file.lat is None):
        raise InputError(f"{path}: `lon` and `lat` belong together; give both or none")
    if file.rust_mask is not None and file.surface is None:
        raise InputError(f"{path}: `rust_mask` needs `surface`; give the picture that it marks")
    _check_sections(path, file)
    _check_plates(path, file)


def _check_plates(path: Path, file: PoleFile) -> None:
    """A plate has a whole place, and lies on the shaft."""
    if (file.handhole_m is None) != (file.handhole_deg is None):
        raise InputError(f"{path}: `handhole_m` and `handhole_deg` belong together; give both or none")
    for plate in _plates(file):
        half_m = plate.high_mm / 2000
        if not half_m <= plate.height_m <= file.height_m - half_m:
            raise InputError(
                f"{path}: `{plate.kind}_m` is {plate.height_m:g}: {plate.high_mm:g} mm high, it does not lie on a "
                f"shaft of {file.height_m:g} m; give the height of its middle above the ground"
            )


def _check_sections(path: Path, file: PoleFile) -> None:
    """Sections run from the ground to the top without a hole."""
    if not file.sections:
        return
    ends = [0.0, *(section.top_m for section in file.sections[:-1])]
    for index, (section, expected_m) in enumerate(zip(file.sections, ends, strict=True)):
        if section.top_m <= section.bottom_m:
            raise InputError(
                f"{path}: `sections.{index}` ends at {section.top_m:g} m, not above its bottom {section.bottom_m:g} m"
            )
        if abs(section.bottom_m - expected_m) > SEAM_M:
            raise InputError(
                f"{path}: `sections.{index}.bottom_m` is {section.bottom_m:g}; "
                f"sections meet, from the ground up, so give {expected_m:g}"
            )
    if abs(file.sections[-1].top_m - file.height_m) > SEAM_M:
        raise InputError(
            f"{path}: the last section ends at {file.sections[-1].top_m:g} m; give `height_m`, {file.height_m:g}"
        )


def _beside(path: Path, key: str, value: str | None) -> Path | None:
    if value is None:
        return None
    target = path.parent / value
    if not target.is_file():
        raise InputError(f"{path}: `{key}` is {value!r}: there is no file {target}")
    return target


def _read(pole: Path, surface: Path, rust_mask: Path | None) -> PaintedSurface:
    try:
        return read_surface(surface, rust_mask)
    except ValueError as error:
        raise InputError(f"{pole}: {error}") from None
