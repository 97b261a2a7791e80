"""Options that several commands share."""

import click

from climber.saying import LANGUAGES, language_of_environment

language = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=language_of_environment,
    help="Of what is said to people; default: the system's.",
)
