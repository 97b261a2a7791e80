"""`highmast doctor`: is this machine ready for a climb, and what is to be done if not?"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from climber import options

if TYPE_CHECKING:
    from climber.checkup import Finding


@click.command()
@click.option("--robot", help="Also listen for a robot here: port, URL, or auto for every port. Nothing is sent.")
@click.option("--camera", "camera_url", help="Also open this camera: URL, folder or ring file.")
@click.option("--service", "service_url", help="Also ask this history service, and compare clocks.")
@click.option(
    "--model", type=click.Path(dir_okay=False, path_type=Path), help="Model file; default: the one in production."
)
@click.option("--out", type=click.Path(path_type=Path), default=Path(), help="Where records are to go.")
@options.language
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(
    robot: str | None,
    camera_url: str | None,
    service_url: str | None,
    model: Path | None,
    out: Path,
    language: str,
    as_json: bool,
) -> None:
    """Look at versions, ports, cameras, permissions, model, disk, clock and service, and say what to do.

    Exit status 0 if nothing is bad, else that of the first thing that is: 3 robot or camera, 4 service, 2 the rest.
    """
    wrong = []
    for finding in _findings(robot, camera_url, service_url, model, out):
        click.echo(_json(finding) if as_json else _line(finding, language))
        if finding.health.name == "BAD":
            wrong.append(finding)
    if wrong:
        sys.exit(wrong[0].status)


def _findings(
    robot: str | None, camera: str | None, service: str | None, model: Path | None, out: Path
) -> Iterator["Finding"]:
    from climber import checkup, checkup_hardware
    from firmware_bridge.discovery import candidates

    yield from checkup.machine()
    yield from checkup_hardware.ports(candidates())
    if robot is not None:
        yield checkup_hardware.robot(robot)
    yield from checkup_hardware.cameras()
    if camera is not None:
        yield from checkup_hardware.camera(camera)
    yield checkup.model(model)
    yield checkup.disk(out)
    there = None
    if service is not None:
        reached, there = checkup.service(service)
        yield reached
    yield checkup.clock(datetime.now(UTC), there)


def _json(finding: "Finding") -> str:
    shown = {"what": finding.what, "health": finding.health.value, "words": finding.words, "advice": finding.advice}
    return json.dumps(shown | {"status": finding.status}, ensure_ascii=False)


def _line(finding: "Finding", language: str) -> str:
    from rich.cells import set_cell_size

    from climber.saying import Saying, in_language

    words = Saying("{what}: {words}", what=finding.what, words=finding.words)
    advice = f"\n{'':6}-> {in_language(finding.advice, language)}" if finding.advice else ""
    health = set_cell_size(in_language(finding.health.value, language), 5)
    return f"{health} {in_language(words, language)}{advice}"
