"""`highmast climb`: one pole, from the checklist to a signed record with its grades."""

import sys
from pathlib import Path

import click

from climber import options


@click.command()
@click.option("--robot", required=True, help="Serial port or URL: /dev/ttyUSB0, COM3, a pty, tcp://HOST:PORT.")
@click.option("--camera", required=True, help="Camera URL, ring file (.toml), or a folder to replay.")
@click.option("--calibration", type=click.Path(dir_okay=False, path_type=Path), help="File of `highmast calibrate`.")
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="Key file of the robot (`highmast key`).")
@click.option("--trace", type=click.Path(path_type=Path), help="Base name of the line's trace; default: in DIR.")
@click.option("--pole", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Pole file (TOML).")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="New folder for the record.")
@click.option("--resume", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Go on with this climb.")
@click.option(
    "--model", type=click.Path(dir_okay=False, path_type=Path), help="Model file; default: the one in production."
)
@click.option("--mm-per-px", type=click.FloatRange(0.2, 10), default=1.0, show_default=True, help="Scale of the map.")
@click.option("--speed-m-s", type=click.FloatRange(0.01, 1), default=0.2, show_default=True, help="Climbing speed.")
@click.option(
    "--page-port", type=click.IntRange(0, 65535), default=0, help="Operator page on 127.0.0.1; 0: a free one."
)
@click.option(
    "--mode", type=click.Choice(["auto", "semi", "hand"]), default="auto", show_default=True, help="Who leads."
)
@click.option(
    "--path", type=click.Choice(["rings", "spiral"]), default="rings", show_default=True, help="How stations follow."
)
@options.language
@click.option("--yes", is_flag=True, help="Answer the checklist; refused unless the robot is a simulator.")
def command(
    robot: str,
    camera: str,
    calibration: Path | None,
    key: Path | None,
    trace: Path | None,
    pole: Path,
    out: Path | None,
    resume: Path | None,
    model: Path | None,
    mm_per_px: float,
    speed_m_s: float,
    page_port: int,
    mode: str,
    path: str,
    language: str,
    yes: bool,
) -> None:
    """Climb a pole, photograph it all around, grade it and leave a record.

    Exit status 0 when the climb was completed, 3 when it ended early (the record says why; what was seen is graded
    all the same). Ctrl-C once stops the robot where it is and keeps the record.

    --mode auto follows the plan; semi waits at each station for key N or the page; hand has no plan: hold an arrow key
    (or a button of the page) to run, P photographs, D comes down.
    """
    if (out is None) == (resume is None):
        raise click.UsageError("give either --out DIR for a new climb or --resume DIR for one that stopped.")
    from climber.expedition import Settings, climb_pole  # heavy imports only when climbing
    from climber.modes import Mode
    from climber.plan import Path as PlanPath

    ended = climb_pole(
        Settings(
            robot_url=robot,
            camera_url=camera,
            pole=pole,
            folder=out or resume or Path(),
            resume=resume is not None,
            model=model,
            mm_per_px=mm_per_px,
            speed_m_s=speed_m_s,
            yes=yes,
            page_port=page_port,
            calibration=calibration,
            key=key,
            trace=trace,
            mode=Mode(mode),
            path=PlanPath(path),
            language=language,
        )
    )
    if ended.outcome != "completed":
        sys.exit(3)
