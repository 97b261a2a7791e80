"""`highmast parameters`: a robot's parameters in a file."""

from pathlib import Path

import click

from climber.errors import InputError, RobotError

ACTIONS = ("show", "save", "diff", "restore")


@click.command()
@click.argument("url")
@click.argument("action", type=click.Choice(ACTIONS))
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--key", type=click.Path(path_type=Path), help="Key file of the robot.")
def command(url: str, action: str, path: Path | None, key: Path | None) -> None:
    """Show the parameters of the robot at URL, save them to PATH, compare with PATH, or restore PATH.

    Restoring sets only what differs and reads every value back.
    """
    from firmware_bridge import settings
    from firmware_bridge.errors import BridgeError, ProtocolError
    from firmware_bridge.robot import Robot

    if path is None and action != "show":
        raise InputError(f"{action} needs a file: highmast parameters {url} {action} FILE.toml")
    try:
        wanted = settings.load(path) if path is not None and action != "save" else {}
        with Robot.open(url, key=key) as robot:
            if action == "show":
                for name, value in robot.parameters.items():
                    click.echo(f"{name} = {value:g}")
            elif action == "save" and path is not None:
                settings.save(path, robot.parameters, robot.identity)
                click.echo(f"{path}: {len(robot.parameters)} parameters")
            else:
                differ = settings.differences(wanted, robot.parameters)
                changes = differ if action == "diff" else settings.restore(robot.session, wanted)
                for one in changes:
                    click.echo(str(one))
                click.echo(f"{len(changes)} {'differ' if action == 'diff' else 'restored'}")
    except ProtocolError as error:
        raise InputError(str(error)) from None
    except BridgeError as error:
        raise RobotError(str(error)) from None
