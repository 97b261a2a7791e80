"""`highmast export`: the model file of a training run, calibrated and measured, also while the run goes on."""

from pathlib import Path

import click

from climber.errors import InputError

PLACE = click.Path(path_type=Path, exists=True)


@click.command()
@click.argument("trained", type=PLACE, nargs=-1, required=True)
@click.option("--photographs", type=PLACE, required=True, help="Data set whose val split calibrates.")
@click.option("--textures", type=PLACE, help="Folder of texture tiles, for rendered poles; photographs alone without.")
@click.option("--corrections", type=PLACE, help="Corrections of masks, where silhouettes are given.")
@click.option("--silhouettes", type=PLACE, help="Outlines of the steel: fits what tells steel from ground anew.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Model file to write.")
@click.option("--name", default="rust", show_default=True, help="Name in the model file.")
def command(
    trained: tuple[Path, ...],
    photographs: Path,
    textures: Path | None,
    corrections: Path | None,
    silhouettes: Path | None,
    out: Path,
    name: str,
) -> None:
    """Write a model file from TRAINED: a checkpoint (`last.pt` of `highmast train`) or a model file, calibrated anew.

    Several of one network, trained from the same start, become one by the mean of their weights, which is often
    better than each of them; what tells steel from ground does not survive the mean, so give --silhouettes.
    """
    try:
        from vision.training.finish import finish
        from vision.training.loop import Places
        from vision.training.start import mean_network
        from vision.training.steel_head import crops_without_poles, fit_steel
    except ModuleNotFoundError as error:
        raise InputError(f"{error.name} is missing: exporting needs `pip install 'highmast[train]'`") from None
    try:
        network = mean_network(trained)
        if silhouettes is not None:
            fit_steel(network, crops_without_poles(photographs, textures, corrections, silhouettes))
        card = finish(network, Places(photographs, textures, out.parent), name, out)
    except ValueError as error:
        raise InputError(str(error)) from None
    for key, value in card.metrics.items():
        click.echo(f"{key}: {value:.4f}")
    click.echo(f"wrote {out}")
