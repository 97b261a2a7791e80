"""`highmast calibrate`: a camera's lens from photographs of a board."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from climber.errors import InputError

if TYPE_CHECKING:
    from firmware_bridge.calibration import Board

PICTURES = frozenset({".jpg", ".jpeg", ".png"})


@click.command()
@click.argument("photographs", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--columns", type=click.IntRange(3, 100), default=10, show_default=True, help="Squares in a row.")
@click.option("--rows", type=click.IntRange(3, 100), default=7, show_default=True, help="Squares in a column.")
@click.option(
    "--square-mm", type=click.FloatRange(1, 1000), default=25.0, show_default=True, help="Edge of a square, measured."
)
@click.option("--marker-mm", type=click.FloatRange(1, 1000), help="ChArUco: edge of a marker. Else a checkerboard.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Calibration file to write (TOML).")
@click.option(
    "--print", "sheet", type=click.Path(dir_okay=False, path_type=Path), help="Draw the board to print (PNG)."
)
def command(
    photographs: tuple[Path, ...],
    columns: int,
    rows: int,
    square_mm: float,
    marker_mm: float | None,
    out: Path | None,
    sheet: Path | None,
) -> None:
    """Measure a camera's focal length, centre and distortion from PHOTOGRAPHS (files or folders) of a board.

    Take 12 to 30 with the focus of the climb: the board tilted every way, near and far, and into all corners.
    First print a board with --print, glue it on something flat, and measure its squares.
    """
    from firmware_bridge.calibration import Board

    if marker_mm is not None and marker_mm >= square_mm:
        raise InputError(f"--marker-mm is {marker_mm:g}, not smaller than the square of {square_mm:g} mm; measure both")
    board = Board(columns, rows, square_mm, marker_mm)
    if sheet is not None:
        _print(board, sheet)
    elif not photographs or out is None:
        raise InputError("give photographs and --out FILE.toml, or --print FILE.png for a board")
    else:
        _calibrate(_files(photographs), board, out)


def _print(board: "Board", sheet: Path) -> None:
    from PIL import Image

    from firmware_bridge.calibration import PRINT_DPI

    Image.fromarray(board.picture()).save(sheet, "png", dpi=(PRINT_DPI, PRINT_DPI))
    click.echo(f"{sheet}: print it at 100 % ({PRINT_DPI} dpi), then measure a square: {board.square_mm:g} mm?")


def _files(given: tuple[Path, ...]) -> list[Path]:
    found = []
    for path in given:
        inside = sorted(one for one in path.iterdir() if one.suffix.lower() in PICTURES) if path.is_dir() else [path]
        if not inside:
            raise InputError(f"{path} holds no .jpg or .png photograph")
        found += inside
    return found


def _calibrate(paths: list[Path], board: "Board", out: Path) -> None:
    from firmware_bridge.calibration import calibrate
    from firmware_bridge.calibration_file import save_calibration
    from firmware_bridge.errors import CameraError

    try:
        with click.progressbar(paths, label="looking for the board", file=sys.stderr) as each:
            found, told = calibrate(each, board)
    except CameraError as error:
        raise InputError(str(error)) from None
    for one in told:
        click.echo(f"{'used' if one.used else 'left out'}  {one.path}: {one.words}")
    save_calibration(out, found, f"highmast calibrate: {found.pictures} photographs, {found.rms_px:.2f} px rms")
    click.echo(
        f"{out}: {found.width_px}x{found.height_px}, focal length {found.fx_px:.1f} +- {found.focal_std_px:.1f} px, "
        f"centre {found.cx_px:.1f} {found.cy_px:.1f}, {found.rms_px:.2f} px rms of {found.pictures} photographs"
    )
