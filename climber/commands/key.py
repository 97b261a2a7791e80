"""`highmast key`: make a signing key for a robot."""

from pathlib import Path

import click

from climber.errors import InputError, RobotError


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--give", "url", help="Also give it to the robot on this port: over its cable, disarmed, once.")
def command(path: Path, url: str | None) -> None:
    """Make a signing key in a new file that only you can read.

    A robot that was given a key obeys signed orders alone (`--key PATH` of the other commands); a stop is taken from
    anyone.
    """
    from firmware_bridge.errors import BridgeError
    from firmware_bridge.keys import give_key, new_key

    try:
        new_key(path)
    except FileExistsError:
        raise InputError(f"{path} exists; keys are never overwritten. Give another name") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; give a path in a folder that you can write") from None
    if url is not None:
        try:
            click.echo(f"{give_key(path, url)} took it")
        except BridgeError as error:
            raise RobotError(f"{error}. The robot has not taken {path}") from None
    click.echo(f"{path}: new key. Keep a copy in a safe place; a robot cannot be made to tell it")
