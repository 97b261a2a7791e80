"""`highmast runtime`: find what computes the model fastest on this machine without changing its masks."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from climber.errors import InputError

if TYPE_CHECKING:
    from vision.parity import Trial


@click.command()
@click.option("--model", type=click.Path(path_type=Path), help="Model file; default: the one in production.")
@click.option("--threads", type=click.IntRange(1, 256), help="Cores to use; all by default.")
@click.option("--keep/--try", default=True, show_default=True, help="Use the fastest that passes from now on.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(model: Path | None, threads: int | None, keep: bool, as_json: bool) -> None:
    """Hold OpenVINO in float32 and bfloat16 against ONNX Runtime, on poles whose rust is known (about a minute).

    Float32 must give the same labels on 99.99 % of the pixels; bfloat16 may lose one point of IoU and 2 % of area.
    Climbs, regrading and folders of photographs then use the fastest that passed; few photographs keep ONNX Runtime,
    which starts sooner.
    """
    from vision.parity import fastest, trials
    from vision.segmenter import remember

    tried = []
    try:
        for trial in trials(model, threads):
            tried.append(trial)
            click.echo(json.dumps(asdict(trial)) if as_json else _line(trial))
    except ValueError as error:
        raise InputError(str(error)) from None
    best = fastest(tried).runtime
    if keep:
        remember(model, best)
    if not as_json:
        click.echo(f"fastest that passes: {best}{', kept for this model on this machine' if keep else ''}")


def _line(trial: "Trial") -> str:
    if trial.failure:
        return f"{trial.runtime}: does not run here ({trial.failure})"
    return (
        f"{trial.runtime}: {trial.ms_per_megapixel:.0f} ms per megapixel, {trial.same_labels:.4%} of labels the same, "
        f"rust IoU {trial.iou:.3f}, area {trial.area:.3f} of the first: {'passes' if trial.passes else 'refused'}"
    )
