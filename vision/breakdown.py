"""Where a model is good and where it is not: rows for tables, from the scores of single photographs."""

from collections.abc import Iterable
from html import escape

import numpy as np

from vision.evaluation import PhotoScore, summed
from vision.metrics import Counts, reliability
from vision.scales import ISO_4628_3, iso_4628_3

Row = dict[str, str | int | float]


def by_place(scores: list[PhotoScore]) -> list[Row]:
    """Return one row for each place, then one for all."""
    places = dict.fromkeys(score.pair.set for score in scores)
    groups = [(place, [score for score in scores if score.pair.set == place]) for place in places]
    return [_row("place", name, group) for name, group in [*groups, ("all", scores)]]


def by_grade(scores: list[PhotoScore]) -> list[Row]:
    """Return one row for each ISO 4628-3 grade of the true rusted fraction: little rust is harder than much."""
    groups: dict[str, list[PhotoScore]] = {}
    for score in scores:
        groups.setdefault(iso_4628_3(true_fraction(score.counts)), []).append(score)
    return [_row("true grade", grade, groups[grade]) for grade in ISO_4628_3 if grade in groups]


def true_fraction(counts: Counts) -> float:
    """Return the share of rusted pixels in the truth."""
    return (counts.true_positive + counts.false_negative) / max(1, counts.pixels)


def _row(kind: str, name: str, group: list[PhotoScore]) -> Row:
    scores = summed(group)
    return {
        kind: name,
        "photographs": scores.photographs,
        "IoU": scores.iou,
        "precision": scores.precision,
        "recall": scores.recall,
        "false alarms": scores.false_positive_rate,
        "area error": scores.area_error,
        "area bias": scores.area_bias,
    }


def calibration(scores: list[PhotoScore]) -> list[Row]:
    """Return for each filled bin the share of pixels, stated and observed rust."""
    stated = np.concatenate([score.probability.ravel() for score in scores])
    truth = np.concatenate([score.truth.ravel() for score in scores])
    return [{"share": share, "stated": p, "observed": seen} for share, p, seen in reliability(stated, truth)]


def worst(scores: list[PhotoScore], count: int) -> list[Row]:
    """Return the photographs with most wrong pixels."""

    def wrong(score: PhotoScore) -> int:
        return score.counts.false_positive + score.counts.false_negative

    return [
        {
            "photograph": score.pair.name,
            "place": score.pair.set,
            "IoU": score.counts.iou,
            "area error": score.counts.area_error,
        }
        for score in sorted(scores, key=wrong, reverse=True)[:count]
    ]


def html(rows: Iterable[Row]) -> str:
    """Return rows of the same keys as an HTML table, numbers to four digits."""
    rows = list(rows)
    if not rows:
        return "<p>nothing</p>"
    head = "".join(f"<th>{escape(key)}</th>" for key in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_text(value))}</td>" for value in row.values()) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(value: str | int | float) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
