"""Climb folders as a climb leaves them: photographs, record, unrolled pictures and assessment."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from climber.ids import uuid7
from climber.record import (
    Assessment,
    CameraDescription,
    ClimbStart,
    Gap,
    GradedArea,
    Interval,
    PoleDescription,
)
from climber.recording import MASKS, Recorder
from firmware_bridge.types import Frame, Pose

BEGAN = datetime(2026, 1, 10, 2, 30, tzinfo=UTC)
POLE_HEIGHT_M = 12.0
MODEL_SHA256 = hashlib.sha256(b"a model").hexdigest()


def write_climb(
    folder: Path,
    code: str = "P-001",
    day: int = 0,
    rusted_fraction: float | None = 0.02,
    frames: int = 3,
    lon: float | None = 114.17,
) -> str:
    """Write a climb that began `day` days after BEGAN; returns its id. Not graded when the fraction is None."""
    began = BEGAN + timedelta(days=day)
    start = start_of(code, began, lon)
    with Recorder.begin(folder, start) as recorder:
        for seq in range(frames):
            recorder.observe(photograph(seq, began, f"{code} {day} {seq}"))
        recorder.stop("completed", "completed", began + timedelta(minutes=20))
    if rusted_fraction is not None:
        write_grade(folder, start.climb_id, began + timedelta(hours=1), rusted_fraction)
    return start.climb_id


def write_grade(folder: Path, climb_id: str, at: datetime, rusted_fraction: float) -> None:
    """Write the assessment and its unrolled pictures."""
    graded = assessment(climb_id, at, rusted_fraction)
    (folder / "grade.json").write_text(graded.model_dump_json())
    write_masks(folder, graded.assessment_id)
    rng = np.random.default_rng(int(climb_id[-12:], 16))
    height, width = 2400, 200
    rust = rng.random((height // 20, width // 20)) < rusted_fraction
    rust = np.kron(rust, np.ones((20, 20))).astype(np.uint8)
    surface = np.full((height, width, 3), (150, 155, 160), np.uint8)
    surface[rust == 1] = (150, 80, 30)
    surface += rng.integers(0, 12, surface.shape, dtype=np.uint8)
    coverage = np.ones((height, width), np.uint8)
    coverage[:300, 60:120] = 0
    coverage[-200:, 150:] = 2
    Image.fromarray(surface).save(folder / "surface.png")
    _palette(rust, [(90, 90, 90), (213, 94, 0)]).save(folder / "rust.png")
    _palette(coverage, [(0, 0, 0), (255, 255, 255), (0, 114, 178)]).save(folder / "coverage.png")


def write_masks(folder: Path, assessment_id: str) -> None:
    """Write for each photograph a mask that calls its lowest 12 rows rust."""
    home = folder / MASKS / assessment_id
    home.mkdir(parents=True)
    mask = np.zeros((48, 64), np.uint8)
    mask[36:] = 255
    for photographed in (folder / "frames").iterdir():
        Image.fromarray(mask).convert("1").save(home / f"{photographed.stem}.png")


def _palette(index: np.ndarray, colours: list[tuple[int, int, int]]) -> Image.Image:
    picture = Image.fromarray(index)
    picture.putpalette([value for colour in colours for value in colour])
    return picture


def assessment(
    climb_id: str, at: datetime, rusted_fraction: float, model: str = "test 1", height_m: float = POLE_HEIGHT_M
) -> Assessment:
    """An assessment of whole, two sections and a band for each metre."""
    half_m, bands = height_m / 2, int(height_m)
    parts = [
        _area("section", "lower", 0, half_m, rusted_fraction * 1.5),
        _area("section", "upper", half_m, height_m, rusted_fraction / 2),
    ]
    parts += [_area("band", f"{n}-{n + 1} m", n, n + 1, rusted_fraction * (2 - 2 * n / bands)) for n in range(bands)]
    return Assessment(
        assessment_id=uuid7(at),
        climb_id=climb_id,
        assessed_at=at,
        model=model,
        model_sha256=MODEL_SHA256,
        rule="highmast-scales 1",
        mm_per_px=1.0,
        required_mm_per_px=1.5,
        required_angle_deg=60,
        frames=3,
        whole=_area("pole", "pole", 0, height_m, rusted_fraction),
        parts=tuple(parts),
        gaps=(Gap(bottom_m=10.5, top_m=12, azimuth_from_deg=108, azimuth_to_deg=216, area_m2=0.35, reason="not seen"),),
    )


def _area(part: str, name: str, bottom_m: float, top_m: float, fraction: float) -> GradedArea:
    area_m2 = (top_m - bottom_m) * 0.8
    grade = "Ri1" if fraction < 0.005 else "Ri2" if fraction < 0.01 else "Ri3" if fraction < 0.08 else "Ri4"
    return GradedArea.model_validate(
        {
            "part": part,
            "name": name,
            "bottom_m": bottom_m,
            "top_m": top_m,
            "area_m2": area_m2,
            "seen_m2": area_m2 * 0.93,
            "coverage": 0.93,
            "rusted_m2": area_m2 * 0.93 * fraction,
            "rusted_fraction": fraction,
            "interval": Interval(low=fraction * 0.7, high=fraction * 1.4, level=0.9),
            "iso_4628_3": grade,
            "iso_4628_3_range": ("Ri2", "Ri3"),
            "astm_d610": "5-S",
        }
    )


def start_of(code: str, began: datetime, lon: float | None = 114.17, height_m: float = POLE_HEIGHT_M) -> ClimbStart:
    return ClimbStart(
        climb_id=uuid7(began),
        started_at=began,
        pole=PoleDescription(
            code=code, lon=lon, lat=22.3, height_m=height_m, base_diameter_mm=300, top_diameter_mm=150
        ),
        camera=CameraDescription(width_px=64, height_px=48, fx_px=80, fy_px=80, cx_px=32, cy_px=24),
        robot="simulator at tcp://127.0.0.1:1",
        simulated=True,
        device="laptop",
        software="highmast 0.1.0",
        planned_frames=3,
    )


def photograph(seq: int, began: datetime, name: str) -> Frame:
    rng = np.random.default_rng(int.from_bytes(name.encode()[-7:]))
    image = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
    encoded = cv2.imencode(".jpg", image)[1].tobytes()
    return Frame(seq, began, image, encoded, Pose(1.0 + seq, 90.0, 600.0), 0.7)
