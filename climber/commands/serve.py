"""`highmast serve`: the condition history over HTTP."""

import ipaddress
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from climber.errors import InputError
from climber.service.settings import default_data, settings_for

if TYPE_CHECKING:
    from climber.service.observed import Logged


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one.")
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Folder for pictures and the SQLite database."
)
@click.option("--database", envvar="HIGHMAST_DATABASE", help="postgresql+psycopg://... instead of SQLite.")
@click.option(
    "--bucket", envvar="HIGHMAST_BUCKET", help="s3://BUCKET/PREFIX for pictures; the folder is then their cache."
)
@click.option(
    "--log",
    "logged",
    type=click.Choice(("all", "refused", "none")),
    default="refused",
    show_default=True,
    help="Requests to write to standard error, as one JSON line each.",
)
@click.option(
    "--base-map",
    type=click.Path(path_type=Path, dir_okay=False),
    help="GeoJSON outlines (airport, streets) to lie under the poles on the map.",
)
@click.option("--map-tiles", help="Address of raster tiles with {z}, {x}, {y}; without it nothing is loaded elsewhere.")
def command(
    host: str,
    port: int,
    data: Path | None,
    database: str | None,
    bucket: str | None,
    logged: "Logged",
    base_map: Path | None,
    map_tiles: str | None,
) -> None:
    """Serve the condition history of poles over HTTP.

    On this machine alone (the default) it is ready at once: it prints a link that signs a browser in, and
    `highmast sync` finds its key by itself.
    """
    from climber.service.app import build_service
    from climber.service.auth import has_admin
    from climber.service.base_map import check_outlines, check_tiles
    from climber.service.running import run
    from climber.service.signin import local_owner

    outlines = check_outlines(base_map) if base_map else None
    tiles = check_tiles(map_tiles) if map_tiles else None
    service = build_service(settings_for(data or default_data(), database, bucket, outlines, tiles), logged)
    if not is_loopback(host) and not service.database.read_now(has_admin):
        raise InputError(
            f"--host {host} can be reached from other machines, but no administrator's key exists yet. "
            "Start once with --host 127.0.0.1, then again with this address."
        )
    with listen(host, port) as listening:
        url = f"http://{host if ':' not in host else f'[{host}]'}:{listening.getsockname()[1]}"
        click.echo(f"service: {url}")
        if is_loopback(host):
            token = service.tokens.issue(local_owner(service.database, service.settings.local_key_file))
            click.echo(f"sign in: {url}/sign-in?token={token}")
            click.echo(f"key file: {service.settings.local_key_file}")
        run(service, listening)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; InputError names the address that cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(512)
    except OSError as error:
        listening.close()
        raise InputError(
            f"cannot listen on {host} port {port}: {error.strerror}. Choose another --port, 0 for a free one."
        ) from error
    return listening
