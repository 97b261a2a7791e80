"""`highmast models`: which model grades here, what waits, what was before, and what happened."""

from pathlib import Path

import click


@click.command()
@click.option("--registry", type=click.Path(path_type=Path), help="Folder of models; default: HIGHMAST_MODELS.")
def command(registry: Path | None) -> None:
    """List the models in production, candidate and retired, and the journal."""
    from vision.files import sha256_of
    from vision.registry import Registry, default_root

    models = Registry(registry or default_root())
    click.echo(f"grades: {models.production} ({sha256_of(models.production)[:8]})")
    for place, files in models.models().items():
        for file in files:
            click.echo(f"{place:<10} {file} ({sha256_of(file)[:8]}, {file.stat().st_size / 1e6:.1f} MB)")
    for line in models.journal():
        click.echo(f"{line['at']}  {line['what']:<9} {line['model']} ({str(line['sha256'])[:8]})")
