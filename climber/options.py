"""Options that several commands share."""

import click

from climber.saying import LANGUAGES, language_of_environment

LANGUAGE = "climber.language"
"""Where a command's context keeps it, for errors to be told in it too."""


def _remember(context: click.Context, _option: click.Parameter, chosen: str) -> str:
    context.meta[LANGUAGE] = chosen
    return chosen


language = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=language_of_environment,
    callback=_remember,
    help="Of what is said to people; default: the system's.",
)
