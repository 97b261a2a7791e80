"""`highmast train`: photographs with masks in, a model file out. Needs the `train` extra, no GPU and no network."""

import tomllib
from pathlib import Path

import click

from climber.errors import InputError

PLACE = click.Path(path_type=Path, exists=True)
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
NEW = click.Path(path_type=Path, file_okay=False)
"""A folder that may be there already."""


def _from_config(ctx: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Take options that the command line leaves out from a TOML file; keys are option names without dashes."""
    if path is None:
        return
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} is no configuration in TOML: {error}") from None
    known = {each.name for each in ctx.command.params} - {"config"}
    unknown = sorted(set(values) - known)
    if unknown:
        raise InputError(f"{path}: unknown key {unknown[0]!r}; known keys are {', '.join(sorted(map(str, known)))}")
    ctx.default_map = values


@click.command()
@click.option(
    "--config",
    type=FILE,
    is_eager=True,
    expose_value=False,
    callback=_from_config,
    help="TOML file with any of these options; the command line wins.",
)
@click.option("--photographs", type=PLACE, required=True, help="Data set folder, or one with index.csv.")
@click.option("--textures", type=PLACE, help="Folder of texture tiles; photographs alone without.")
@click.option("--backbone", type=FILE, help="MobileNetV2 weights (safetensors); random without.")
@click.option("--start", type=FILE, help="Model file or checkpoint to go on from, instead of a backbone.")
@click.option("--corrections", type=FILE, help="Corrections of masks to train with.")
@click.option("--silhouettes", type=FILE, help="Outlines of the steel: learns where steel is, and moves it about.")
@click.option("--out", type=NEW, required=True, help="Folder for checkpoints, log and model.")
@click.option("--cache", type=NEW, help="Folder that keeps rendered poles between runs.")
@click.option("--name", default="rust", show_default=True, help="Name in the model file.")
@click.option("--steps", type=click.IntRange(1), default=3000, show_default=True)
@click.option("--batch", type=click.IntRange(1), default=8, show_default=True, help="Crops a step.")
@click.option("--side", type=click.IntRange(64), default=384, show_default=True, help="Crop side in pixels.")
@click.option("--poles", type=click.IntRange(1), default=200, show_default=True, help="Rendered poles to make.")
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), default=1.2e-3, show_default=True, help="Learning rate."
)
@click.option("--mixed/--float32", default=None, help="bfloat16 where safe; by default where the machine has it.")
@click.option("--threads", type=click.IntRange(1), help="Cores to use; all by default.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--classes", is_flag=True, help="Train on every label of the data set, not on rust alone.")
def command(
    photographs: Path,
    textures: Path | None,
    backbone: Path | None,
    start: Path | None,
    corrections: Path | None,
    silhouettes: Path | None,
    out: Path,
    cache: Path | None,
    name: str,
    steps: int,
    batch: int,
    side: int,
    poles: int,
    rate: float,
    mixed: bool | None,
    threads: int | None,
    seed: int,
    classes: bool,
) -> None:
    """Train a rust model and write OUT/rust.onnx; the same command goes on after an interruption, another one is
    refused there.

    No data is downloaded: photographs, tiles and backbone weights are folders and files on this machine. OUT also
    keeps run.json (parameters, data hash, commit, results) and curves for `tensorboard --logdir`. With several
    graphics cards: `torchrun --nproc-per-node=N -m climber train ...`; --batch then counts for each card.
    """
    if side % 32:
        raise InputError(f"--side {side} is no multiple of 32 pixels; give {side // 32 * 32} or {side // 32 * 32 + 32}")
    try:
        import torch

        from vision.training.finish import finish
        from vision.training.loop import Places, Recipe, has_bfloat16, train
        from vision.training.team import join
        from vision.training.tracking import Run
    except ModuleNotFoundError as error:
        raise InputError(f"{error.name} is missing: training needs `pip install 'highmast[train]'`") from None
    if threads is not None:
        torch.set_num_threads(threads)
    places = Places(photographs, textures, out, backbone, cache, corrections, silhouettes, start)
    mixed = has_bfloat16() if mixed is None else mixed
    recipe = Recipe(steps, batch, side, rate, poles=poles, seed=seed, mixed=mixed, classes=classes)
    try:
        if not join().leads:
            train(recipe, places, lambda _: None)
            return
        run = Run(recipe, places, click.echo)
        card = finish(train(recipe, places, run.say), places, name, out / "rust.onnx")
        run.end(card)
    except ValueError as error:
        raise InputError(str(error)) from None
    for key, value in card.metrics.items():
        click.echo(f"{key}: {value:.4f}")
    click.echo(f"wrote {out / 'rust.onnx'}")
