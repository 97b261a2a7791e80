"""How well a map agrees with a pole whose truth is known: `python -m vision.study_surface [--quick]`.

Every climb is rendered with wrong poses, refined, mapped with the true masks in place of a model, and compared.
"""

import sys
from dataclasses import dataclass

import numpy as np

from vision.coverage import State
from vision.geometry_view import frame_to_surface
from vision.grading import parts
from vision.refine import refine
from vision.refine_match import Small, small
from vision.render import PoleRenderer
from vision.render_climb import PoseErrors, Shot, shots
from vision.render_surface import painted_surface
from vision.surface import SurfaceMap
from vision.types import PoleShape, Section, View

ERRORS = PoseErrors(height_factor=0.995, azimuth_deg=1.0, standoff_factor=1.1)
FRACTIONS = (0.0005, 0.01, 0.3)


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
    """Share of the area whose state is that of the true poses."""
    misfit_mm: float

    @property
    def area_error(self) -> float:
        """Mapped over true rust, less one."""
        return self.mapped / self.truth - 1


def study(shape: PoleShape, seed: int, fraction: float, errors: PoseErrors = ERRORS) -> Agreement:
    """Climb a painted pole with wrong poses and compare the refined map with the truth."""
    surface = painted_surface(shape, seed, fraction)
    renderer = PoleRenderer(shape, surface.rgb, seed, surface.rust)
    taken: list[Shot] = []
    seen_small: list[Small] = []
    for shot in shots(shape, renderer, errors, seed):
        seen_small.append(small(shot.image, shot.said))
        taken.append(shot)
    found = refine(shape, seen_small, [shot.said for shot in taken])
    ours, truly = SurfaceMap(shape), SurfaceMap(shape, 4.0)
    coarse = SurfaceMap(shape, 4.0)
    for shot, view in zip(taken, found.views, strict=True):
        ours.add(shot.image, shot.mask(), view)
        truly.add(shot.image, shot.mask(), shot.true)
        coarse.add(shot.image, shot.mask(), view)
    whole = parts(ours)[0]
    up_mm, around_deg = _displacement(shape, taken, found.views)
    return Agreement(
        frames=len(taken),
        truth=surface.rusted_fraction(shape),
        mapped=whole.marked_m2 / whole.seen_m2,
        mean_of_frames=_mean_of_frames(renderer, taken),
        up_mm=up_mm,
        around_deg=around_deg,
        coverage=_agreeing(coarse, truly),
        misfit_mm=found.after_mm,
    )


def _displacement(shape: PoleShape, taken: list[Shot], views: tuple[View, ...]) -> tuple[float, float]:
    """99th percentiles of the error of place of rusty pixels, mm up and degrees around."""
    up, around = [np.zeros(1)], [np.zeros(1)]
    for shot, view in zip(taken, views, strict=True):
        rows, columns = (each[::50].astype(np.float64) for each in np.nonzero(shot.truth))
        true, laid = (frame_to_surface(shape, each, columns, rows) for each in (shot.true, view))
        both = true.hit & laid.hit
        up.append(np.abs(laid.height_m - true.height_m)[both] * 1000)
        around.append(np.abs((laid.azimuth_deg - true.azimuth_deg + 180) % 360 - 180)[both])
    return float(np.percentile(np.concatenate(up), 99)), float(np.percentile(np.concatenate(around), 99))


def _mean_of_frames(renderer: PoleRenderer, taken: list[Shot]) -> float:
    return float(np.mean([shot.truth.sum() / max(1, renderer.pole_mask(shot.true).sum()) for shot in taken]))


def _agreeing(one: SurfaceMap, other: SurfaceMap) -> float:
    """Share of the true area that both maps call seen, or both not."""
    same = total = 0.0
    for rows in one.blocks():
        area = np.broadcast_to(one.element_m2(rows), one.state[rows].shape)
        same += float((area * ((one.state[rows] == State.SEEN) == (other.state[rows] == State.SEEN))).sum())
        total += float(area.sum())
    return same / total


def main(arguments: list[str]) -> None:
    """Print a table over round and 12-sided poles of 12 m and 30 m (`--quick`: 4 m), three seeds each."""
    poles = [(4.0, 260, 180)] if "--quick" in arguments else [(12.0, 260, 140), (30.0, 480, 200)]
    print("| pole | seed | frames | rust | on the map | error | mean of frames | up | around | coverage | misfit |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for height_m, base_mm, top_mm in poles:
        for sides in (0, 12):
            sections = (Section(0, height_m / 2), Section(height_m / 2, height_m))
            shape = PoleShape(height_m, base_mm, top_mm, sides, sections)
            for seed, fraction in enumerate(FRACTIONS, 1):
                print(_row(shape, seed, study(shape, seed, fraction)), flush=True)


def _row(shape: PoleShape, seed: int, found: Agreement) -> str:
    return (
        f"| {shape.height_m:g} m, {shape.sides or 'round'} | {seed} | {found.frames} | {found.truth:.3%} | "
        f"{found.mapped:.3%} | {found.area_error:+.1%} | {found.mean_of_frames:.3%} | {found.up_mm:.1f} mm | "
        f"{found.around_deg:.2f}° | {found.coverage:.2%} | {found.misfit_mm:.1f} mm |"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
