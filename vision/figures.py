"""Figures for notebooks as PNG, in colours that colour-blind people tell apart. Needs the `notebooks` extra."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from vision.breakdown import Row
from vision.gate import Verdict

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#888888"


def curves(run: Path) -> bytes:
    """Draw loss and validation IoU over the steps of a run folder."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    figure = Figure(figsize=(8, 3), layout="constrained")
    for axes, name, colour in zip(figure.subplots(1, 2), ("loss", "iou"), (BLUE, ORANGE), strict=True):
        points = [(line["step"], line[name]) for line in lines if name in line]
        axes.plot(*zip(*points, strict=True) if points else ([], []), marker="o", color=colour)
        axes.set(xlabel="step", ylabel=name)
    return png(figure)


def reliability_figure(rows: list[Row]) -> bytes:
    """Draw observed over stated probability; on the diagonal a model means what it says."""
    figure = Figure(figsize=(4, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--")
    axes.plot([row["stated"] for row in rows], [row["observed"] for row in rows], marker="o", color=BLUE)
    axes.set(xlabel="stated probability of rust", ylabel="observed share of rust", xlim=(0, 1), ylim=(0, 1))
    return png(figure)


def bars(rows: list[Row], name: str, value: str) -> bytes:
    """Draw one bar for each row."""
    figure = Figure(figsize=(7, 0.4 * len(rows) + 1), layout="constrained")
    axes = figure.subplots()
    axes.barh([str(row[name]) for row in rows][::-1], [float(row[value]) for row in rows][::-1], color=BLUE)
    axes.set(xlabel=value)
    return png(figure)


def differences(found: list[Verdict]) -> bytes:
    """Draw candidate minus production with intervals; orange where the candidate loses."""
    shown = [verdict for verdict in found if verdict.kind != "speed"][::-1]
    figure = Figure(figsize=(8, 0.4 * len(shown) + 1), layout="constrained")
    axes = figure.subplots()
    axes.axvline(0, color=GREY)
    for row, verdict in enumerate(shown):
        colour = ORANGE if verdict.lost else BLUE
        axes.plot([verdict.low, verdict.high], [row, row], color=colour, linewidth=3)
        axes.plot(verdict.difference, row, marker="o", color=colour)
    axes.set(yticks=range(len(shown)), yticklabels=[verdict.what for verdict in shown], ylim=(-0.6, len(shown) - 0.4))
    axes.set(xlabel="candidate - production")
    return png(figure)


def png(figure: Figure) -> bytes:
    """Return a figure as the bytes of a PNG."""
    content = BytesIO()
    figure.savefig(content, format="png", dpi=100)
    return content.getvalue()
