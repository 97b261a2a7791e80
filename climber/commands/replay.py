"""`highmast replay`: read a trace again, or let a host climb on it again."""

import json
import signal
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from climber.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firmware_bridge.trace import Record


@click.command()
@click.argument("trace", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--serve", help="Play the robot's side to a host: pty, or tcp://HOST:PORT (port 0 = any).")
@click.option("--speed", type=click.FloatRange(0.1, 1000), default=1.0, show_default=True, help="With --serve.")
def command(trace: Path, as_json: bool, serve: str | None, speed: float) -> None:
    """Decode TRACE (.raw of `--trace`, or any .tlog) with the bridge's own decoder, or serve it to a host.

    A served trace answers each order as the robot did; with the photographs of that climb as the camera folder, a
    whole climb runs again: `highmast climb --robot URL --camera DIR/frames`.
    """
    from firmware_bridge.errors import ProtocolError
    from firmware_bridge.trace import read_trace

    try:
        records = list(read_trace(trace))
    except ProtocolError as error:
        raise InputError(str(error)) from None
    if serve is None:
        _print(records, as_json)
    else:
        _play(records, serve, speed)


def _print(records: "Iterable[Record]", as_json: bool) -> None:
    from firmware_bridge.framing import RawFrame
    from firmware_bridge.protocol import Protocol
    from firmware_bridge.trace import Direction

    ears = {direction: Protocol(0, 0) for direction in Direction}
    lost = 0
    for record in records:
        for one in ears[record.direction].framer.segments(record.data, record.time_us / 1e6):
            if isinstance(one, RawFrame):
                click.echo(_line(record, one, as_json))
            else:
                lost += len(one)
    click.echo(f"{lost} bytes belonged to no good frame", err=True)


def _line(record: "Record", frame: Any, as_json: bool) -> str:
    from firmware_bridge.errors import ProtocolError

    at = datetime.fromtimestamp(record.time_us / 1e6, UTC).isoformat(timespec="milliseconds")
    who = record.direction.name.lower()
    try:
        message = frame.layout.decode(frame.payload)
    except ProtocolError as error:
        return json.dumps({"at": at, "from": who, "refused": str(error)}) if as_json else f"{at} {who}: {error}"
    if as_json:
        return json.dumps({"at": at, "from": who, "message": frame.layout.name, **asdict(message)})
    return f"{at} {who:<5} {message}"


def _play(records: "list[Record]", serve: str, speed: float) -> None:
    from firmware_bridge.player import Player
    from firmware_bridge.simulator.wire_end import open_wire_end

    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda caught, _: stopping.append(caught))
    try:
        end = open_wire_end(serve)
    except (OSError, ValueError) as error:
        raise InputError(f"--serve {serve}: {error}; give pty or a free port") from None
    click.echo(json.dumps({"robot": end.url}))
    answered = Player(records, end, speed).run(lambda: not stopping)
    end.close()
    click.echo(f"{answered} orders answered", err=True)
