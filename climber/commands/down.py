"""`highmast down`: bring a robot down that hangs on a pole."""

from pathlib import Path

import click

from climber import options


@click.command()
@click.option("--robot", required=True, help="Serial port or URL, as of `highmast climb`.")
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="Key file of the robot (`highmast key`).")
@options.language
@click.option("--yes", is_flag=True, help="Answer for a script; refused unless the robot is a simulator.")
def command(robot: str, key: Path | None, language: str, yes: bool) -> None:
    """Bring down a robot that stopped on a pole: after a lost link, a fault, with a dead camera or a low battery.

    Needs no camera, no pole file and no record; asks only whether it may come down. Space, Ctrl-C or a closed terminal
    stop it where it is (exit status 3).
    """
    from climber.coming_down import bring_down

    bring_down(robot, key, language, yes)
