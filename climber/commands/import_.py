"""`highmast import`: an existing inventory of poles into a history service."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from climber.commands.sync import find_key
from climber.errors import SOME_UNREAD, InputError

if TYPE_CHECKING:
    from climber.inventory import Inventory
    from climber.upload import HistoryClient

SHOWN = 5
AT_ONCE = 1000


@click.command("import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--service", "url", required=True, help="URL of the service, such as http://127.0.0.1:8000")
@click.option("--key-file", type=click.Path(path_type=Path, dir_okay=False), help="A manager's key; else HIGHMAST_KEY.")
@click.option(
    "--column", "named", multiple=True, metavar="FIELD=NAME", help="The file's column for a field; repeat for more."
)
@click.option("--layer", help="Layer of a GeoPackage, if it has several.")
@click.option("--dry-run", is_flag=True, help="Only show what would happen.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(
    path: Path, url: str, key_file: Path | None, named: tuple[str, ...], layer: str | None, dry_run: bool, yes: bool
) -> None:
    """Bring the poles of FILE (.csv, .geojson or .gpkg, coordinates in degrees) into a history service.

    First a preview: which column is taken for which field, the first rows, the rows that cannot be taken and why, and
    how many poles would be new. Columns without a field are kept as details. Rows in error are left out (status 5).
    """
    from climber.inventory import read_inventory
    from climber.upload import HistoryClient

    inventory = read_inventory(path, _mapping(named), layer)
    _preview(inventory)
    with HistoryClient(url, find_key(url, key_file)) as client:
        click.echo(f"would be: {_send(client, inventory, dry_run=True)}")
        if not dry_run and inventory.poles:
            if not yes:
                click.confirm(f"Import {len(inventory.poles)} poles?", abort=True)
            click.echo(f"imported: {_send(client, inventory, dry_run=False)}")
    if inventory.wrong:
        sys.exit(SOME_UNREAD)


def _mapping(named: tuple[str, ...]) -> dict[str, str]:
    pairs = [one.partition("=") for one in named]
    for field, equals, column in pairs:
        if not (field and equals and column):
            raise InputError(f"--column {field}{equals}{column}: give FIELD=NAME, such as code=ASSET_NO.")
    return {field: column for field, _, column in pairs}


def _preview(inventory: "Inventory") -> None:
    from climber.inventory import FIELDS

    for field in FIELDS:
        if field in inventory.columns:
            click.echo(f"{field:17} <- {inventory.columns[field]}")
    if inventory.details:
        click.echo(f"{'kept as details':17} <- {', '.join(inventory.details)}")
    for pole in inventory.poles[:SHOWN]:
        known = pole.model_dump(exclude_none=True, exclude={"details"})
        click.echo("  " + ", ".join(f"{name} {value}" for name, value in known.items()))
    if len(inventory.poles) > SHOWN:
        click.echo(f"  and {len(inventory.poles) - SHOWN} more")
    for one in inventory.wrong:
        click.echo(f"row {one.row}: {one.why}", err=True)
    if inventory.wrong:
        click.echo(f"{len(inventory.wrong)} rows cannot be taken", err=True)


def _send(client: "HistoryClient", inventory: "Inventory", *, dry_run: bool) -> str:
    counted: Counter[str] = Counter()
    for first in range(0, len(inventory.poles), AT_ONCE):
        counted.update(client.import_poles(inventory.poles[first : first + AT_ONCE], dry_run=dry_run))
    return ", ".join(f"{count} {result}" for result, count in counted.items()) or "nothing"
