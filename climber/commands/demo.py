"""`highmast demo`: simulator, climb and service joined, on one machine, without a network."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("highmast-demo"),
    show_default=True,
    help="Folder for the climbs and the history; a second demo adds a climb to the same pole.",
)
@click.option(
    "--seed",
    default=7,
    show_default=True,
    type=click.IntRange(0, 2**31),
    help="Wind, slip and noise of the robot; the pole stays the same.",
)
def command(out: Path, seed: int) -> None:
    """Climb a simulated 15 m pole, grade it, sync it to a history service, and print it beside the truth."""
    from climber.demonstration import demonstrate  # heavy imports only when asked for

    demonstrate(out, seed)
