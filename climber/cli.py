"""The `highmast` command: one module in `climber.commands` per subcommand, imported only when called."""

import sys
from importlib import import_module
from io import TextIOWrapper
from keyword import iskeyword

import click

from climber import __version__
from climber.errors import HighmastError
from climber.options import LANGUAGE
from climber.saying import ENGLISH

COMMANDS = {
    "backup": "Copy a history service's data while it is in use.",
    "calibrate": "Measure a camera's lens from photographs of a board.",
    "climb": "Climb a pole, photograph it, grade it and leave a record.",
    "conformance": "Check a robot, real or simulated, against the protocol.",
    "dataset": "Check, count, divide, import, export and render data sets.",
    "demo": "A whole simulated climb to a graded, recorded, viewable pole.",
    "doctor": "Look at ports, cameras, clock, disk, model and service, and say what to do.",
    "down": "Bring down a robot that stopped on a pole.",
    "draw": "Draw a graded climb: unrolled, from the side, and to turn in a browser.",
    "evaluate": "Measure a model on a data set with masks.",
    "export": "Write the model file of a training run.",
    "grade": "Grade the rust in photographs.",
    "key": "Make a signing key for a robot.",
    "import": "Bring an inventory of poles into a history service.",
    "keys": "Hand out and revoke the keys of a history service.",
    "models": "List the models of this machine and what happened to them.",
    "parameters": "Show, save, compare or restore a robot's parameters.",
    "promote": "Put a model in production, if it loses nowhere.",
    "regrade": "Grade recorded climbs again with the model and rule of today.",
    "replay": "Read a recorded robot link again, or climb on it again.",
    "runtime": "Find what computes the model fastest on this machine.",
    "serve": "Serve the condition history of poles over HTTP.",
    "simulate": "Run a simulated robot and camera on a pole.",
    "status": "Show the climbs on this laptop and what is confirmed.",
    "sync": "Send climb records to a history service.",
    "train": "Train a rust model.",
    "verify": "Check that a climb folder is as it was recorded.",
}


class LazyGroup(click.Group):
    """Knows every command's name and one line of help; imports a command only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import `climber.commands.NAME` and return its `command`."""
        if cmd_name not in COMMANDS:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command = import_module(f"climber.commands.{module}").command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; print an error that a person can act on in the command's language."""
        try:
            return super().invoke(ctx)
        except HighmastError as error:
            click.echo(f"highmast: {error.said(ctx.meta.get(LANGUAGE, ENGLISH))}", err=True)
            sys.exit(error.status)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="highmast")
def highmast() -> None:
    """Inspect the corrosion of high-mast lamp poles with a pole-climbing robot."""


def main() -> None:
    """Run the command."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # names of files are bytes, GBK from an old ZIP for one
    highmast(prog_name="highmast")
