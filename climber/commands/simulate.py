"""`highmast simulate`: a robot with its camera on a simulated pole, as a process of its own."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from climber.errors import InputError

if TYPE_CHECKING:
    from firmware_bridge.simulator.faults import Planned
    from firmware_bridge.simulator.process import Settings
    from firmware_bridge.simulator.stills import Render

MOST_SPEED = 1000.0


@click.command()
@click.option(
    "--pole", "pole_path", type=click.Path(path_type=Path), required=True, help="Pole file (climber/POLE.md)."
)
@click.option("--serial", default="pty", show_default=True, help="Line to serve: pty, or tcp://HOST:PORT (0 = any).")
@click.option("--camera", default="http://127.0.0.1:0", show_default=True, help="MJPEG stream to serve (port 0 = any).")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of wind, noise, light.")
@click.option("--speed", default="1", show_default=True, help="Times real time, or max.")
@click.option("--faults", type=click.Path(path_type=Path), help="Script of faults (firmware_bridge/SIMULATOR.md).")
@click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="Start with this parameter; may be repeated.")
@click.option("--key", type=click.Path(path_type=Path), help="Key file: only signed orders are then taken.")
def command(
    pole_path: Path,
    serial: str,
    camera: str,
    seed: int,
    speed: str,
    faults: Path | None,
    sets: tuple[str, ...],
    key: Path | None,
) -> None:
    """Run a simulated robot and camera on a pole until SIGTERM.

    Prints one line of JSON, {"robot": URL, "camera": URL}, as soon as both can be opened.
    """
    from firmware_bridge.simulator.process import serve

    settings, render = _prepare(pole_path, serial, camera, seed, speed)
    settings = replace(settings, script=_script(faults), key=_key(key), parameters=_parameters(sets))
    try:
        serve(settings, render, lambda robot, stream: click.echo(json.dumps({"robot": robot, "camera": stream})))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot serve {serial} and {camera}: {error}; give a free port, or port 0") from None


def _prepare(pole_path: Path, serial: str, camera: str, seed: int, speed: str) -> tuple["Settings", "Render"]:
    """Find everything that can be wrong before anything is opened."""
    from climber.pole import load_pole
    from climber.views import camera_of, view_of
    from firmware_bridge.simulator.plant import Pole
    from firmware_bridge.simulator.process import Settings
    from firmware_bridge.simulator.view import CameraView
    from firmware_bridge.types import CameraInfo
    from vision.render import PoleRenderer

    pole, lens = load_pole(pole_path), CameraView()
    host, port = _address(camera)
    renderer = PoleRenderer(pole.shape, pole.surface().rgb, seed)
    pinhole = camera_of(CameraInfo(lens.width_px, lens.height_px, lens.focal_px))
    body = Pole(pole.shape.height_m, pole.shape.base_diameter_mm, pole.shape.top_diameter_mm)
    settings = Settings(body, _line(serial), host, port, seed, _times(speed), lens)
    return settings, lambda pose: renderer.render(view_of(pose, pinhole))


def _script(path: Path | None) -> tuple["Planned", ...]:
    from firmware_bridge.simulator.faults import read_script

    try:
        return () if path is None else read_script(path)
    except (OSError, ValueError) as error:
        raise InputError(f"--faults: {error}") from None


def _parameters(sets: tuple[str, ...]) -> dict[str, float]:
    from firmware_bridge.simulator.parameters import TABLE

    values: dict[str, float] = {}
    for one in sets:
        name, _, value = one.partition("=")
        try:
            values[name] = float(value)
        except ValueError:
            raise InputError(f"--set {one}: give NAME=NUMBER") from None
        if name not in TABLE:
            raise InputError(f"--set {one}: no such parameter; firmware_bridge/SIMULATOR.md lists them")
        if not TABLE[name].least <= values[name] <= TABLE[name].most:
            raise InputError(f"--set {one}: {name} goes from {TABLE[name].least:g} to {TABLE[name].most:g}")
    return values


def _key(path: Path | None) -> bytes | None:
    from firmware_bridge.errors import ProtocolError
    from firmware_bridge.keys import read_key

    try:
        return None if path is None else read_key(path)
    except ProtocolError as error:
        raise InputError(f"--key: {error}") from None


def _line(serial: str) -> str:
    parts = urlsplit(serial)
    if serial == "pty" or (parts.scheme == "tcp" and parts.hostname and parts.port is not None):
        return serial
    raise InputError(f"--serial is {serial!r}; give pty or tcp://HOST:PORT (port 0 = any free one)")


def _address(camera: str) -> tuple[str, int]:
    parts = urlsplit(camera)
    if parts.scheme != "http" or parts.hostname is None or parts.path.strip("/"):
        raise InputError(f"--camera is {camera!r}; give http://HOST:PORT (port 0 = any free one)")
    return parts.hostname, parts.port or 0


def _times(speed: str) -> float:
    try:
        times = math.inf if speed == "max" else float(speed)
    except ValueError:
        times = math.nan
    if times == math.inf or 0 < times <= MOST_SPEED:
        return times
    raise InputError(f"--speed is {speed!r}; give max, or times real time above 0 and up to {MOST_SPEED:g}")
