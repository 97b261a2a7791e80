"""`highmast conformance`: black-box checks of a robot's firmware over its line."""

import sys
from pathlib import Path

import click

from climber.errors import RobotError

NOT_CONFORMING = 3


@click.command()
@click.argument("url")
@click.option("--may-move", is_flag=True, help="Also run the checks that drive it.")
@click.option("--key", type=click.Path(path_type=Path), help="Key file of the robot.")
def command(url: str, may_move: bool, key: Path | None) -> None:
    """Check the firmware at URL (a simulator's or a real board's port) against firmware_bridge/PROTOCOL.md.

    Start with the robot on the ground. With --may-move it climbs to 2 m at most and turns to azimuth 0.

    Exit status 0 if every check that was run passed, 3 if one failed.
    """
    from firmware_bridge.conformance import conform
    from firmware_bridge.errors import BridgeError
    from firmware_bridge.robot import Robot

    marks = {True: "pass", False: "FAIL", None: "skip"}
    findings = []
    try:
        with Robot.open(url, key=key) as robot:
            click.echo(f"{robot.identity} at {url}")
            for finding in conform(robot, may_move):
                click.echo(f"{marks[finding.passed]}  {finding.name}: {finding.words}")
                findings.append(finding.passed)
    except BridgeError as error:
        raise RobotError(str(error)) from None
    click.echo(f"{findings.count(True)} passed, {findings.count(False)} failed, {findings.count(None)} not run")
    if False in findings:
        sys.exit(NOT_CONFORMING)
