"""Measure grading: `python -m climber.bench_grade [--height 30]`. Frames on disk to grade, at the height and at half.

A pole is painted, photographed by the plan of a climb with wrong poses, and recorded; then `highmast regrade` runs as
a process of its own on two cores. Prints each figure with its limit; status 1 if one fails.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2

from climber.ids import uuid7
from climber.record import CameraDescription, ClimbStart, PoleDescription, SectionSpan
from climber.recording import Recorder
from firmware_bridge.types import Frame, Pose
from vision.render import PoleRenderer
from vision.render_climb import CAMERA, PoseErrors, shots
from vision.render_surface import painted_surface
from vision.types import PoleShape, Section

CORES = 2
MOST_S, MOST_MB, MOST_RATIO = 120.0, 2048.0, 2.2
"""For 30 m; the ratio for twice the height at the same girth."""
LIMIT_HEIGHT_M = 30.0
ERRORS = PoseErrors(height_factor=0.995, azimuth_deg=1.0, standoff_factor=1.1)
DIAMETERS_MM = (400.0, 399.0)
"""30 m of it are 37.7 m2; the same girth at every height, so that twice the height is twice the area."""
QUALITY = 92


@dataclass(frozen=True, slots=True)
class Grading:
    """What grading one recorded climb took."""

    height_m: float
    frames: int
    seconds: float
    cpu_s: float
    """Of all cores: does not grow when the machine has other work."""
    peak_mb: float


def record_climb(folder: Path, height_m: float, seed: int = 1) -> int:
    """Paint a pole of this height, record a climb over it; returns the number of photographs."""
    base_mm, top_mm = DIAMETERS_MM
    shape = PoleShape(height_m, base_mm, top_mm, 0, (Section(0.0, height_m / 2), Section(height_m / 2, height_m)))
    surface = painted_surface(shape, seed, 0.02)
    renderer = PoleRenderer(shape, surface.rgb, seed, surface.rust)
    now = datetime.now(UTC)
    with Recorder.begin(folder, _start(shape, now)) as recorder:
        for seq, shot in enumerate(shots(shape, renderer, ERRORS, seed)):
            encoded = cv2.imencode(".jpg", shot.image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
            pose = Pose(shot.said.height_m, shot.said.azimuth_deg, shot.said.standoff_mm)
            recorder.observe(Frame(seq, now, shot.image, encoded, pose, 0.7))
        recorder.stop("completed", "completed", now)
        return recorder.frames


def _start(shape: PoleShape, now: datetime) -> ClimbStart:
    sections = tuple(SectionSpan(bottom_m=each.bottom_m, top_m=each.top_m) for each in shape.sections)
    return ClimbStart(
        climb_id=uuid7(now),
        started_at=now,
        pole=PoleDescription(
            code="BENCH",
            height_m=shape.height_m,
            base_diameter_mm=shape.base_diameter_mm,
            top_diameter_mm=shape.top_diameter_mm,
            sides=shape.sides,
            sections=sections,
        ),
        camera=CameraDescription(
            width_px=CAMERA.width_px,
            height_px=CAMERA.height_px,
            fx_px=CAMERA.fx_px,
            fy_px=CAMERA.fy_px,
            cx_px=CAMERA.cx_px,
            cy_px=CAMERA.cy_px,
        ),
        robot="rendered",
        simulated=True,
        device="bench",
        software="highmast bench",
        planned_frames=0,
    )


def graded(folder: Path, height_m: float, frames: int) -> Grading:
    """Run `highmast regrade` on a climb and measure it; raises CalledProcessError when it fails."""
    began_s = time.perf_counter()
    with subprocess.Popen([sys.executable, "-m", "climber", "regrade", str(folder)]) as running:
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, "highmast regrade")
    peak_mb = used.ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20)
    return Grading(height_m, frames, time.perf_counter() - began_s, used.ru_utime + used.ru_stime, peak_mb)


def measured(height_m: float) -> Grading:
    """Record a climb in a temporary folder and grade it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "climb"
        return graded(folder, height_m, record_climb(folder, height_m))


def main() -> int:
    """Print the figures; returns 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--height", type=float, default=LIMIT_HEIGHT_M, help="of the pole, metres")
    height_m = float(parser.parse_args().height)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    half, whole = measured(height_m / 2), measured(height_m)  # each in a process of its own: a fresh peak
    ratio = whole.seconds / half.seconds
    for each in (half, whole):
        print(
            f"{each.height_m:g} m, {each.frames} frames on disk to grade: {each.seconds:.1f} s "
            f"({each.cpu_s:.1f} s of processor), peak memory {each.peak_mb:.0f} MB"
        )
    limits = (
        (f"{whole.seconds:.1f} s (at most {MOST_S:g})", whole.seconds <= MOST_S or height_m > LIMIT_HEIGHT_M),
        (f"{whole.peak_mb:.0f} MB (at most {MOST_MB:g})", whole.peak_mb <= MOST_MB or height_m > LIMIT_HEIGHT_M),
        (f"twice the height took {ratio:.2f} times as long (at most {MOST_RATIO:g})", ratio <= MOST_RATIO),
    )
    for words, passed in limits:
        print(f"{words}  {'ok' if passed else 'MISSED'}")
    return 0 if all(passed for _, passed in limits) else 1


if __name__ == "__main__":
    sys.exit(main())
