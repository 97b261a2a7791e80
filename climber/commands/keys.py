"""`highmast keys`: who may use a history service."""

from pathlib import Path
from typing import cast

import click

from climber.errors import InputError
from climber.service.settings import default_data, settings_for

ROLES = ("crew", "ml", "manager", "admin")


@click.group()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="The service's data folder.")
@click.option("--database", envvar="HIGHMAST_DATABASE", help="The service's database, if it is not in that folder.")
@click.pass_context
def command(ctx: click.Context, data: Path | None, database: str | None) -> None:
    """Hand out, list and revoke the keys of a history service, on the machine that holds its database.

    To change a key for a new one, issue the new one, put it in place, then revoke the old one.
    """
    from climber.service.app import open_database

    ctx.obj = open_database(settings_for(data or default_data(), database))
    ctx.call_on_close(ctx.obj.close)


@command.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--organisation", default="local", show_default=True, help="Made if it is new.")
@click.pass_context
def issue(ctx: click.Context, name: str, role: str, organisation: str) -> None:
    """Make a key for NAME and print it. It is shown this once; only its hash is kept.

    crew sends climbs and reads; ml sends gradings and reads; manager reads, exports and imports; admin may do
    everything and read the audit log.
    """
    from climber.service import keys
    from climber.service.auth import Role

    for text, what in ((name, "name"), (organisation, "--organisation")):
        if not 1 <= len(text) <= 200 or "\0" in text:
            raise InputError(f"{what} must have 1 to 200 characters.")
    click.echo(ctx.obj.write_now(keys.issue, organisation, name, cast(Role, role)))


@command.command("list")
@click.pass_context
def list_keys(ctx: click.Context) -> None:
    """List keys: id, organisation, role, name, and when they were made or revoked."""
    from climber.service import keys

    for row in ctx.obj.read_now(keys.listed):
        state = f"revoked {row.revoked_at}" if row.revoked_at else f"since {row.created_at}"
        click.echo(f"{row.id}  {row.org}  {row.role}  {row.name}  {state}")


@command.command()
@click.argument("key_id")
@click.pass_context
def revoke(ctx: click.Context, key_id: str) -> None:
    """End the key KEY_ID (see `list`). A running service notices within 5 seconds."""
    from climber.service import keys

    if not ctx.obj.write_now(keys.revoke, key_id):
        raise InputError(f"there is no valid key {key_id}; `highmast keys list` shows them.")
    click.echo("revoked")
