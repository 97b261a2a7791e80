"""`highmast key`: make a signing key for a robot."""

from pathlib import Path

import click

from climber.errors import InputError


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
def command(path: Path) -> None:
    """Make a signing key in a new file that only you can read.

    Give the same file to `highmast simulate --key` or write its digits into the controller over the cable, and to
    `highmast climb --key`: the robot then obeys signed orders alone. A stop is taken from anyone.
    """
    from firmware_bridge.keys import new_key

    try:
        new_key(path)
    except FileExistsError:
        raise InputError(f"{path} exists; keys are never overwritten. Give another name") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; give a path in a folder that you can write") from None
    click.echo(f"{path}: new key. Keep a copy in a safe place; a robot cannot be made to tell it")
