"""What the study of active learning found: scores, their table and their picture. Needs the `notebooks` extra."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from vision.figures import BLUE, GREY, ORANGE, png

ARMS = ("active", "random", "none")

STUDENT_T = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}
"""97.5th percentile of Student's t, by number of seeds."""
COLOURS = dict(zip(ARMS, (BLUE, ORANGE, GREY), strict=True))


@dataclass(frozen=True, slots=True)
class Score:
    """One model on the validation photographs."""

    seed: int
    arm: str
    iou: float
    """At probability 0.5."""
    best_iou: float
    threshold: float
    """Where `best_iou` is reached."""


def by_seed(found: Sequence[Score]) -> dict[int, dict[str, Score]]:
    """Group scores by seed, then by arm."""
    seeds = sorted({score.seed for score in found})
    return {seed: {score.arm: score for score in found if score.seed == seed} for seed in seeds}


def table(found: Sequence[Score]) -> str:
    """Return Markdown: IoU at the best threshold (at 0.5) by seed and arm, and what the seeds say of the picks."""
    rows = [f"| seed | {' | '.join(ARMS)} | active - random |", "|---|---|---|---|---|"]
    for seed, arms in by_seed(found).items():
        cells = [f"{arms[arm].best_iou:.3f} ({arms[arm].iou:.3f})" for arm in ARMS]
        rows.append(f"| {seed} | {' | '.join(cells)} | {arms['active'].best_iou - arms['random'].best_iou:+.3f} |")
    means = [f"{np.mean([score.best_iou for score in found if score.arm == arm]):.3f}" for arm in ARMS]
    rows.append(f"| mean | {' | '.join(means)} | {gains(found).mean():+.3f} |")
    return "\n".join([*rows, "", verdict(gains(found)), ""])


def gains(found: Sequence[Score]) -> npt.NDArray[np.float64]:
    """Return active minus random by seed, IoU at the best threshold of each."""
    return np.array([arms["active"].best_iou - arms["random"].best_iou for arms in by_seed(found).values()])


def verdict(gain: npt.NDArray[np.float64]) -> str:
    """Say in a sentence what the seeds show; the interval is Student's, 95 %."""
    if len(gain) not in STUDENT_T:
        return f"{len(gain)} seeds say nothing of the spread."
    mean, half = float(gain.mean()), STUDENT_T[len(gain)] * float(gain.std(ddof=1)) / len(gain) ** 0.5
    said = f"active - random: {mean:+.3f} +- {half:.3f} (95 %, {len(gain)} seeds): "
    if abs(mean) <= half:
        return said + "the spread between seeds is larger than the difference."
    return said + ("the picks are worth more than chance." if mean > 0 else "chance is worth more than the picks.")


def figure(found: Sequence[Score]) -> bytes:
    """Draw IoU by arm, a line for each seed, as PNG."""
    picture = Figure(figsize=(5, 3.5), layout="constrained")
    axes = picture.subplots()
    order = ("none", "random", "active")
    for seed, arms in by_seed(found).items():
        values = [arms[arm].best_iou for arm in order]
        axes.plot(order, values, color="#BBBBBB", zorder=1)
        axes.annotate(f"seed {seed}", (2, values[-1]), xytext=(8, -3), textcoords="offset points")
    for arm in order:
        values = [score.best_iou for score in found if score.arm == arm]
        axes.scatter([arm] * len(values), values, color=COLOURS[arm], zorder=2)
    axes.margins(x=0.25)
    axes.set(ylabel="IoU, street validation", xlabel="photographs labelled next")
    return png(picture)
