"""`highmast down`: bring a robot down that hangs on a pole."""

from pathlib import Path

import click


@click.command()
@click.option("--robot", required=True, help="Serial port or URL, as of `highmast climb`.")
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="Key file of the robot (`highmast key`).")
@click.option("--language", type=click.Choice(["en", "zh-Hant"]), help="Of the terminal; default: the system's.")
@click.option("--yes", is_flag=True, help="Answer for a script; refused unless the robot is a simulator.")
def command(robot: str, key: Path | None, language: str | None, yes: bool) -> None:
    """Bring down a robot that stopped on a pole: after a lost link, a fault, with a dead camera or a low battery.

    Needs no camera, no pole file and no record; asks only whether it may come down. Space, Ctrl-C or a closed terminal
    stop it where it is (exit status 3).
    """
    from climber.coming_down import bring_down
    from climber.saying import language_of_environment

    bring_down(robot, key, language or language_of_environment(), yes)
