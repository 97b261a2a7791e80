"""Climbs of one pole whose rust grows: `python -m tests.service.series FOLDER`, then `highmast sync FOLDER/*`.

The simulator's renderer photographs each station of a climb; the shipped model grades. To see how the pages and the
reports look with a real history, on a day's notice instead of years.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path

import cv2

from climber import __version__
from climber.ids import uuid7
from climber.mapping import find_rust
from climber.record import CameraDescription, ClimbStart, PoleDescription, SectionSpan
from climber.recording import Recorder
from climber.regrading import regrade
from firmware_bridge.types import Frame, Pose
from vision.render import PoleRenderer
from vision.render_climb import CAMERA, PoseErrors, shots
from vision.render_surface import painted_surface
from vision.segmenter import Segmenter
from vision.types import PoleShape, Section

CLIMBS = (
    (datetime(2024, 3, 5, 2, tzinfo=UTC), 0.006),
    (datetime(2025, 3, 11, 2, tzinfo=UTC), 0.02),
    (datetime(2026, 5, 20, 2, tzinfo=UTC), 0.06),
)
"""When, and the share of the surface that is rusty."""
ERRORS = PoseErrors(height_factor=0.997, azimuth_deg=0.6, standoff_factor=1.03)


def record(folder: Path, code: str, height_m: float, began: datetime, rusted_fraction: float) -> None:
    """Record a climb of a pole; the same code has the same rust, more or less of it."""
    seed, half_m = sum(code.encode()), height_m / 2
    shape = PoleShape(height_m, 280, 200, 0, (Section(0.0, half_m), Section(half_m, height_m)))
    surface = painted_surface(shape, seed, rusted_fraction)
    renderer = PoleRenderer(shape, surface.rgb, seed, surface.rust)
    with Recorder.begin(folder, _start(shape, code, began)) as recorder:
        for seq, shot in enumerate(shots(shape, renderer, ERRORS, seed)):
            encoded = cv2.imencode(".jpg", shot.image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
            pose = Pose(shot.said.height_m, shot.said.azimuth_deg, shot.said.standoff_mm)
            recorder.observe(Frame(seq, began, shot.image, encoded, pose, 0.7))
        recorder.stop("completed", "completed", began)


def _start(shape: PoleShape, code: str, began: datetime) -> ClimbStart:
    names = ("width_px", "height_px", "fx_px", "fy_px", "cx_px", "cy_px")
    pole = PoleDescription(
        code=code,
        lon=113.9185,
        lat=22.3080,
        height_m=shape.height_m,
        base_diameter_mm=shape.base_diameter_mm,
        top_diameter_mm=shape.top_diameter_mm,
        sections=tuple(SectionSpan(bottom_m=each.bottom_m, top_m=each.top_m) for each in shape.sections),
    )
    return ClimbStart(
        climb_id=uuid7(began),
        started_at=began,
        pole=pole,
        camera=CameraDescription(**{name: getattr(CAMERA, name) for name in names}),
        robot="renderer of the simulator",
        simulated=True,
        device="series",
        software=f"highmast {__version__}",
        planned_frames=0,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the climb folders go")
    parser.add_argument("--code", default="SERIES-1")
    parser.add_argument("--height", type=float, default=6.0, help="of the pole, metres")
    given = parser.parse_args()
    segmenter = Segmenter.load_fastest(None)
    for began, rusted_fraction in CLIMBS:
        folder = given.folder / f"{given.code}-{began:%Y-%m-%d}"
        record(folder, given.code, given.height, began, rusted_fraction)
        graded, _ = regrade(folder, lambda image, view, shape: find_rust(segmenter, shape, image, view), segmenter.info)
        print(f"{folder}: painted {rusted_fraction:.1%}, found {graded.whole.rusted_fraction or 0:.1%}", flush=True)


if __name__ == "__main__":
    main()
