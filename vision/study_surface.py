"""How well maps agree with poles whose truth is known: `python -m vision.study_surface [--model FILE] [--quick]`.

Every climb is rendered with wrong poses, refined, mapped with the true masks in place of a model, and compared. With
`--model FILE` a model's masks are mapped too, and a table says how many of the stated intervals hold the truth. A last
table covers the lens for some metres. With `--keep FOLDER` what is done is not done again after an interruption.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from vision.coverage import Hole, Requirement, holes
from vision.geometry_view import frame_to_surface
from vision.grading import Part, parts
from vision.render_climb import PoseErrors
from vision.segmenter import Segmenter
from vision.study_climb import ERRORS, Climbed, climb, mean_of_frames, true_mask
from vision.study_intervals import Judged, judged, table
from vision.study_visibility import agreement, cells, visible
from vision.surface import SurfaceMap
from vision.types import PoleShape, Section

FRACTIONS = (0.0005, 0.01, 0.3)
CELL_MM = 5.0
"""Of the grid that true visibility is found on."""
COARSE_MM = 4.0
"""Scale of the maps that only coverage is asked of."""
COVERED_M = 2.0
"""So much of the shaft is hidden from the camera in the last table."""
FOOTPRINT_M = 0.67
LOST = 6
"""In the last table every sixth frame is lost too, so that there are gaps of every shape."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """One climb against its truth."""

    frames: int
    truth: float
    """Rusted fraction of the true area."""
    mapped: float
    mean_of_frames: float
    """What averaging each frame's share of rusty pole pixels would have said."""
    up_mm: float
    """99th percentile of how far rust is laid from its true height."""
    around_deg: float
    coverage: float
    """Share of the area on which the map's coverage is the true visibility."""
    misfit_mm: float

    @property
    def area_error(self) -> float:
        """Mapped over true rust, less one."""
        return self.mapped / self.truth - 1


def study(shape: PoleShape, seed: int, fraction: float, errors: PoseErrors = ERRORS) -> Agreement:
    """Climb a painted pole with wrong poses and compare the refined map with the truth."""
    return compared(climb(shape, seed, fraction, errors))


def compared(climbed: Climbed) -> Agreement:
    """Compare the refined map of a climb, masks being true, with what is true."""
    shape, taken, found = climbed.shape, climbed.taken, climbed.found
    surface = SurfaceMap(shape)
    for shot, view in zip(taken, found.views, strict=True):
        surface.add(shot.image, shot.mask(), view)
    whole = parts(surface)[0]
    up_mm, around_deg = _displacement(climbed)
    return Agreement(
        frames=len(taken),
        truth=climbed.painted.rusted_fraction(shape),
        mapped=whole.marked_m2 / whole.seen_m2,
        mean_of_frames=mean_of_frames(climbed),
        up_mm=up_mm,
        around_deg=around_deg,
        coverage=agreement(surface, truly_visible(climbed)),
        misfit_mm=found.after_mm,
    )


def truly_visible(climbed: Climbed) -> "np.ndarray[tuple[int, int], np.dtype[np.bool_]]":
    """Return the cells that the frames see from where they truly were; frames through a covered lens see none."""
    views = [shot.true for shot in climbed.taken if true_mask(climbed.shape, shot) is not None]
    return np.asarray(visible(climbed.shape, views, cells(climbed.shape, CELL_MM), Requirement()))


def _displacement(climbed: Climbed) -> tuple[float, float]:
    """99th percentiles of the error of place of rusty pixels, mm up and degrees around."""
    up, around = [np.zeros(1)], [np.zeros(1)]
    for shot, view in zip(climbed.taken, climbed.found.views, strict=True):
        rows, columns = (each[::50].astype(np.float64) for each in np.nonzero(shot.truth))
        true, laid = (frame_to_surface(climbed.shape, each, columns, rows) for each in (shot.true, view))
        both = true.hit & laid.hit
        up.append(np.abs(laid.height_m - true.height_m)[both] * 1000)
        around.append(np.abs((laid.azimuth_deg - true.azimuth_deg + 180) % 360 - 180)[both])
    return float(np.percentile(np.concatenate(up), 99)), float(np.percentile(np.concatenate(around), 99))


@dataclass(frozen=True, slots=True)
class Studied:
    """One climb against its truth, and each part of it as a model saw it."""

    agreement: Agreement
    parts: tuple[Judged, ...] = ()


def studied(shape: PoleShape, seed: int, fraction: float, segmenter: Segmenter | None, keep: Path | None) -> Studied:
    """Climb and compare, or read what an earlier run kept."""
    who = "truth" if segmenter is None else segmenter.info.sha256[:8]
    file = None if keep is None else keep / f"{shape.height_m:g}m-{shape.sides}-{seed}-{who}.json"
    if file is not None and file.is_file():
        kept = json.loads(file.read_text())
        return Studied(Agreement(**kept["agreement"]), tuple(Judged(**each) for each in kept["parts"]))
    climbed = climb(shape, seed, fraction)
    found = Studied(compared(climbed), judged(climbed, segmenter) if segmenter else ())
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".tmp")
        part.write_text(json.dumps(asdict(found)))
        part.replace(file)
    return found


@dataclass(frozen=True, slots=True)
class Hidden:
    """A stretch that the camera could not see, and what became of it on the map."""

    bottom_m: float
    top_m: float
    """Of the rows that no frame truly saw anywhere."""
    gap: Hole
    """The largest gap that the map lists."""
    seen_m2: float
    """What the map calls seen inside the hidden stretch."""
    coverage: float
    """As in Agreement."""


def hidden(shape: PoleShape, seed: int) -> Hidden:
    """Cover the lens so that about COVERED_M in the middle of a pole is never seen, and lose every LOST-th frame."""
    reach_m = (COVERED_M + FOOTPRINT_M) / 2
    climbed = climb(
        shape, seed, 0.01, covered_m=(shape.height_m / 2 - reach_m, shape.height_m / 2 + reach_m), lost=LOST
    )
    surface = SurfaceMap(shape, COARSE_MM)
    for shot, view in zip(climbed.taken, climbed.found.views, strict=True):
        surface.add(shot.image, true_mask(shape, shot), view)
    seen = truly_visible(climbed)
    unseen = np.flatnonzero(~seen.any(axis=1))
    top_m, bottom_m = (shape.height_m * (1 - row / seen.shape[0]) for row in (unseen[0], unseen[-1] + 1))
    inside = [part.seen_m2 for part in parts(surface) if part.kind == "band" and _within(part, bottom_m, top_m)]
    return Hidden(bottom_m, top_m, holes(surface)[0], sum(inside), agreement(surface, seen))


def _within(part: Part, bottom_m: float, top_m: float) -> bool:
    return part.bottom_m >= bottom_m and part.top_m <= top_m


def _poles(quick: bool) -> list[PoleShape]:
    """Round and 12-sided poles of 12 m and 30 m with one slip joint."""
    sizes = [(4.0, 260, 180)] if quick else [(12.0, 260, 140), (30.0, 480, 200)]
    return [
        PoleShape(height_m, base_mm, top_mm, sides, (Section(0, height_m / 2), Section(height_m / 2, height_m)))
        for height_m, base_mm, top_mm in sizes
        for sides in (0, 12)
    ]


def main() -> None:
    """Print tables over round and 12-sided poles of 12 m and 30 m (`--quick`: 4 m), three seeds each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="also map the masks of this model file")
    parser.add_argument("--quick", action="store_true", help="only poles of 4 m")
    parser.add_argument("--keep", type=Path, help="folder for what is done, so that an interrupted study goes on")
    options = parser.parse_args()
    segmenter = Segmenter.load(options.model) if options.model else None
    poles = _poles(options.quick)
    climbs = [(shape, seed, fraction) for shape in poles for seed, fraction in enumerate(FRACTIONS, 1)]
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    every: list[Judged] = []
    for shape, seed, fraction in climbs:
        found = studied(shape, seed, fraction, segmenter, options.keep)
        every.extend(found.parts)
        print(_row(shape, seed, found, segmenter), flush=True)
    if segmenter:
        print("\n" + "\n".join(table(every, segmenter.info)), flush=True)
    print("\n| pole | never seen | gap listed | reason | called seen within | coverage |")
    print("|---|---|---|---|---|---|")
    for shape in poles[:2]:
        print(_hidden_row(shape, hidden(shape, 2)), flush=True)


HEADS = (
    "pole", "seed", "frames", "rust", "on the map", "error", "mean of frames", "up", "around", "coverage", "misfit",
    "model",
)  # fmt: skip


def _row(shape: PoleShape, seed: int, studied: Studied, segmenter: Segmenter | None) -> str:
    found = studied.agreement
    return (
        f"| {_name(shape)} | {seed} | {found.frames} | {found.truth:.3%} | "
        f"{found.mapped:.3%} | {found.area_error:+.1%} | {found.mean_of_frames:.3%} | {found.up_mm:.1f} mm | "
        f"{found.around_deg:.2f}° | {found.coverage:.2%} | {found.misfit_mm:.1f} mm | "
        f"{_model_words(studied.parts[0], segmenter) if segmenter else ''} |"
    )


def _model_words(whole: Judged, segmenter: Segmenter) -> str:
    found = whole.estimate(segmenter.info)
    holds = "holds" if whole.held(segmenter.info) else "MISSES"
    return f"{found.observed:.3%} marked, {found.fraction:.3%} ({found.low:.3%} to {found.high:.3%}) {holds}"


def _hidden_row(shape: PoleShape, found: Hidden) -> str:
    return (
        f"| {_name(shape)} | {found.bottom_m:.2f} to {found.top_m:.2f} m | "
        f"{found.gap.bottom_m:.2f} to {found.gap.top_m:.2f} m | {found.gap.reason} | {found.seen_m2:.3f} m2 | "
        f"{found.coverage:.2%} |"
    )


def _name(shape: PoleShape) -> str:
    return f"{shape.height_m:g} m, {f'{shape.sides} sides' if shape.sides else 'round'}"


if __name__ == "__main__":
    main()
