"""Poses corrected by what the frames show: overlaps tie frames to each other, landmarks tie them to the pole file.

Landmarks are rings of known height, weld lines of known azimuth, and plates (handhole, tag), which are both at once.
Unknowns: one factor on all encoder heights (wheel slip), one on all standoffs, one roll, one turn of all azimuths where
a weld line or plate shows; and for each frame a small height, azimuth and standoff of its own. They are pulled to zero
by how far such errors go, and to matches and landmarks by how well those are measured. Solved as robust least squares
in a few steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from vision.geometry import apothem_mm
from vision.geometry_view import frame_to_surface
from vision.refine_landmarks import Ring, rings
from vision.refine_match import Match, Small, matches
from vision.refine_plates import plates
from vision.refine_seams import Seam, seams
from vision.types import PoleShape, View

Vector = npt.NDArray[np.float64]
Slopes = npt.NDArray[np.float64]
"""Two-dimensional."""

SHARED = 4
"""Unknowns of the whole climb: height factor, log standoff factor, roll in radians, turn in degrees."""
SHARED_SPREAD = (0.01, 0.1, 0.02, 2.0)
OWN = 3
"""Unknowns of a frame: height mm, azimuth degrees, log standoff."""
OWN_SPREAD = (4.0, 1.2, 0.01)
MATCH_MM = 1.0
RING_MM = 3.0
SEAM_MM = 3.0
FACTORS = tuple(round(1 + 0.02 * step, 2) for step in range(-7, 8))
"""Standoff factors tried before matching: matches are found only where the scale is nearly right."""
TRIED_PAIRS = 20
LEVEL_MM = 8.0
"""At the right scale a piece is found this close to its expected height; drift between neighbours is less."""
CLEARLY = 1.1
MOST_MISFIT_MM = 3.0
"""Poses that fit no better than this explain the frames badly: the reported ones are kept."""
STEPS = 6


@dataclass(frozen=True, slots=True)
class Refinement:
    """Corrected views, in the order given, and what was corrected."""

    views: tuple[View, ...]
    height_factor: float
    """True height over reported height."""
    standoff_factor: float
    roll_deg: float
    matches: int
    """0 when the reported poses were kept."""
    rings: int
    seams: int
    plates: int
    """Sights of the handhole's cover and of the tag."""
    turn_deg: float
    """Added to all azimuths; 0 where neither weld line nor plate shows."""
    before_mm: float
    """Root mean square misfit of the matches with the poses as reported."""
    after_mm: float
    landmarks_before_mm: float
    """Root mean square distance of rings, weld lines and plates from where the pole file has them, as reported."""
    landmarks_after_mm: float

    def summary(self) -> str:
        """Say in one sentence what was corrected and how well it fits."""
        if not self.matches:
            return "poses as reported: the frames show too little, or agree too badly, to correct them by"
        return (
            f"poses corrected by {self.matches} matches, {self.rings} rings of known height, {self.seams} sights of "
            f"weld lines and {self.plates} of plates: heights x {self.height_factor:.4f}, "
            f"standoff x {self.standoff_factor:.3f}, roll {self.roll_deg:+.2f} degrees, "
            f"turned {self.turn_deg:+.2f} degrees; "
            f"misfit {self.before_mm:.1f} mm before, {self.after_mm:.1f} mm after; "
            f"landmarks {self.landmarks_before_mm:.1f} mm off before, {self.landmarks_after_mm:.1f} mm after"
        )


def refine(shape: PoleShape, frames: Sequence[Small], views: Sequence[View]) -> Refinement:
    """Correct the views of a climb; `frames` are the same views made small.

    Frames that show nothing to hold on to stay where they were reported.
    """
    pairs = _pairs(frames)
    factor = _standoff_factor(shape, frames, pairs)
    near = [_with_standoff(frame, factor) for frame in frames]
    found = [match for pair in pairs for match in matches(shape, near, *pair)]
    marks = [ring for index in range(len(frames)) for ring in rings(shape, frames[index], index)]
    lines = [seam for index in range(len(frames)) for seam in seams(shape, near[index], index)]
    both = [plate for index in range(len(frames)) for plate in plates(shape, near[index], index)]
    marks += [ring for ring, _ in both]
    lines += [line for _, line in both]
    problem = _Problem(shape, frames, found, marks, lines, float(np.log(factor)))
    return _report(problem, problem.solved(), views, len(both))


def _pairs(frames: Sequence[Small]) -> list[tuple[int, int]]:
    """Frames close enough to overlap: beside each other in a ring, or one above the other."""
    chosen = []
    for first, second in combinations(range(len(frames)), 2):
        one, other = frames[first].view, frames[second].view
        rise_m = abs(one.height_m - other.height_m)
        turn = abs((one.azimuth_deg - other.azimuth_deg + 180) % 360 - 180)
        footprint_m = one.standoff_mm * one.camera.height_px / one.camera.fy_px / 1000
        widest = 100 if rise_m < 0.2 * footprint_m else 50
        if rise_m < footprint_m and turn < widest:
            chosen.append((first, second))
    return chosen


def _standoff_factor(shape: PoleShape, frames: Sequence[Small], pairs: list[tuple[int, int]]) -> float:
    """Return the factor on the reported standoffs under which most pieces are found, and at their expected height."""
    if not pairs:
        return 1.0
    some = [pairs[index] for index in np.unique(np.linspace(0, len(pairs) - 1, TRIED_PAIRS).round().astype(int))]
    scores = {1.0: 1e-9}
    for factor in FACTORS:
        tried = {index: _with_standoff(frames[index], factor) for pair in some for index in pair}
        found = [match for first, second in some for match in matches(shape, tried, first, second)]
        scores[factor] = sum(match.quality * float(np.exp(-((match.down_mm / LEVEL_MM) ** 2))) for match in found)
    best = max(scores, key=lambda factor: scores[factor])
    return best if scores[best] > CLEARLY * scores[1.0] else 1.0


def _with_standoff(frame: Small, factor: float) -> Small:
    return replace(frame, view=replace(frame.view, standoff_mm=frame.view.standoff_mm * factor))


class _Problem:
    """Residuals of all measurements as a function of the unknowns, and their solution."""

    def __init__(
        self,
        shape: PoleShape,
        frames: Sequence[Small],
        found: list[Match],
        marks: list[Ring],
        lines: list[Seam],
        log_factor: float,
    ) -> None:
        self.shape = shape
        self.views = [frame.view for frame in frames]
        self.count = len(found)
        self.marks, self.lines = marks, lines
        owners = [match.first for match in found] + [match.second for match in found]
        owners += [ring.frame for ring in marks] + [line.frame for line in lines]
        pixels = [match.first_px for match in found] + [match.second_px for match in found]
        self.owners = np.array(owners, dtype=np.intp)
        self.pixels = np.array(
            pixels + [ring.pixel for ring in marks] + [line.pixel for line in lines], dtype=np.float64
        ).reshape(-1, 2)
        self.start = np.zeros(SHARED + OWN * len(frames))
        self.start[1] = log_factor

    def solved(self) -> Vector:
        """Gauss-Newton with weights that let go of outliers (Geman and McClure), more strictly with each step."""
        spread = np.concatenate([SHARED_SPREAD, np.tile(OWN_SPREAD, len(self.views))])
        spread[SHARED - 1] = SHARED_SPREAD[-1] if self.lines else 1e-9  # nothing else shows a turn of the whole
        unknowns = self.start
        for step in range(STEPS):
            residuals, slopes = self.residuals(unknowns)
            weights = 1 / (1 + (residuals / max(3.0, 30.0 / 3**step)) ** 2) ** 2
            normal = slopes.T @ (weights[:, None] * slopes) + np.diag(1 / spread**2)
            right = -slopes.T @ (weights * residuals) - unknowns / spread**2
            unknowns = unknowns + np.linalg.solve(normal, right)
        return unknowns

    def residuals(self, unknowns: Vector) -> tuple[Vector, Slopes]:
        """Misfits in standard deviations and their slopes: matches up, matches around, rings, weld lines."""
        height, girth, up, around = self._places(unknowns)
        one, other = slice(0, self.count), slice(self.count, 2 * self.count)
        ring = slice(2 * self.count, 2 * self.count + len(self.marks))
        line = slice(ring.stop, None)
        known = np.array([mark.height_m * 1000 for mark in self.marks])
        welds = np.array([seam.azimuth_deg for seam in self.lines])
        turn = np.mod(girth[other, 0] - girth[one, 0] + 180, 360) - 180
        aside = np.mod(girth[line, 0] - welds + 180, 360) - 180
        residuals = np.concatenate(
            [
                (height[other] - height[one]) / MATCH_MM,
                turn * girth[one, 1] / MATCH_MM,
                (height[ring] - known) / RING_MM,
                aside * girth[line, 1] / SEAM_MM,
            ]
        )
        slopes = np.concatenate(
            [
                (up[other] - up[one]) / MATCH_MM,
                (around[other] - around[one]) / MATCH_MM,
                up[ring] / RING_MM,
                around[line] / SEAM_MM,
            ]
        )
        # a ray that passes the shaft at these poses, or just beside them, says nothing
        lost = ~(np.isfinite(residuals) & np.isfinite(slopes).all(axis=1))
        residuals[lost], slopes[lost] = 0, 0
        return residuals, slopes

    def misfit_mm(self, unknowns: Vector) -> float:
        """Root mean square distance between the two places of each match, the worst tenth left out."""
        if not self.count:
            return 0.0
        residuals = self.residuals(unknowns)[0][: 2 * self.count] * MATCH_MM
        apart = np.sort(np.hypot(residuals[: self.count], residuals[self.count :]))
        return float(np.sqrt(np.mean(apart[: max(1, len(apart) * 9 // 10)] ** 2)))

    def landmarks_mm(self, unknowns: Vector) -> float:
        """Root mean square distance of landmarks from their known heights and azimuths, the worst tenth left out."""
        residuals = self.residuals(unknowns)[0][2 * self.count :]
        apart = np.sort(np.abs(residuals)) * np.repeat([RING_MM, SEAM_MM], [len(self.marks), len(self.lines)])
        return float(np.sqrt(np.mean(apart[: max(1, len(apart) * 9 // 10)] ** 2))) if len(apart) else 0.0

    def _places(self, unknowns: Vector) -> tuple[Vector, Slopes, Slopes, Slopes]:
        """Where every sighting lies: height mm; azimuth degrees beside mm per degree; and both slopes."""
        total = len(self.owners)
        height, girth = np.zeros(total), np.zeros((total, 2))
        up, around = np.zeros((total, len(unknowns))), np.zeros((total, len(unknowns)))
        for index in np.unique(self.owners):
            mine = np.flatnonzero(self.owners == index)
            view = corrected_view(self.views[index], unknowns, int(index))
            height[mine], girth[mine, 0], by_standoff, by_roll = self._seen(view, self.pixels[mine])
            girth[mine, 1] = np.radians(1) * apothem_mm(self.shape, height[mine] / 1000)
            own = SHARED + OWN * int(index)
            up[mine, 0], up[mine, own] = self.views[index].height_m * 1000, 1
            around[mine, own + 1] = around[mine, SHARED - 1] = girth[mine, 1]
            for slopes, axis in ((up, 0), (around, 1)):
                scale = girth[mine, 1] if axis else 1
                slopes[mine, 1] = slopes[mine, own + 2] = by_standoff[axis] * scale
                slopes[mine, 2] = by_roll[axis] * scale
        return height, girth, up, around

    def _seen(self, view: View, pixels: Vector) -> tuple[Vector, Vector, Slopes, Slopes]:
        """Place of pixels in one view, mm and degrees, and how it moves with log standoff and roll."""

        def place(at: View) -> Slopes:
            hits = frame_to_surface(self.shape, at, pixels[:, 0], pixels[:, 1])
            turn = np.mod(hits.azimuth_deg - view.azimuth_deg + 180, 360) - 180
            return np.stack([hits.height_m * 1000, turn])

        step = 1e-3
        here = place(view)
        nearer, farther = (replace(view, standoff_mm=view.standoff_mm * np.exp(sign * step)) for sign in (-1, 1))
        left, right = (replace(view, roll_deg=view.roll_deg + np.degrees(sign * step)) for sign in (-1, 1))
        by_standoff = (place(farther) - place(nearer)) / (2 * step)
        by_roll = (place(right) - place(left)) / (2 * step)
        return here[0], here[1] + view.azimuth_deg, by_standoff, by_roll


def corrected_view(view: View, unknowns: Vector, index: int) -> View:
    """Apply the unknowns of the climb and of frame `index` to a reported view."""
    shared, own = unknowns[:SHARED], unknowns[SHARED + OWN * index : SHARED + OWN * (index + 1)]
    return replace(
        view,
        height_m=float(view.height_m * (1 + shared[0]) + own[0] / 1000),
        azimuth_deg=float((view.azimuth_deg + shared[3] + own[1]) % 360),
        standoff_mm=float(view.standoff_mm * np.exp(shared[1] + own[2])),
        roll_deg=float(view.roll_deg + np.degrees(shared[2])),
    )


def _report(problem: _Problem, unknowns: Vector, views: Sequence[View], plates: int) -> Refinement:
    zero = np.zeros_like(unknowns)
    before_mm, after_mm = problem.misfit_mm(zero), problem.misfit_mm(unknowns)
    kept = after_mm > min(before_mm, MOST_MISFIT_MM) or problem.count < len(views) / 2
    used = zero if kept else unknowns
    return Refinement(
        views=tuple(views) if kept else tuple(corrected_view(view, used, index) for index, view in enumerate(views)),
        height_factor=float(1 + used[0]),
        standoff_factor=float(np.exp(used[1])),
        roll_deg=float(np.degrees(used[2])),
        matches=0 if kept else problem.count,
        rings=len(problem.marks) - plates,
        seams=len(problem.lines) - plates,
        plates=plates,
        turn_deg=float(used[3]),
        before_mm=before_mm,
        after_mm=before_mm if kept else after_mm,
        landmarks_before_mm=problem.landmarks_mm(zero),
        landmarks_after_mm=problem.landmarks_mm(used),
    )
