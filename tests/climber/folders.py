"""Climb folders for the tests: real files, made by the recorder itself."""

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from climber.ids import uuid7
from climber.record import CameraDescription, ClimbStart, PoleDescription
from climber.recording import Recorder
from firmware_bridge.types import Frame, Pose

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def start() -> ClimbStart:
    return ClimbStart(
        climb_id=uuid7(NOW),
        started_at=NOW,
        pole=PoleDescription(code="P-1", height_m=12, base_diameter_mm=300, top_diameter_mm=150),
        camera=CameraDescription(width_px=64, height_px=48, fx_px=80, fy_px=80, cx_px=32, cy_px=24),
        robot="simulator",
        simulated=True,
        device="laptop",
        software="highmast 0.1.0",
        planned_frames=3,
    )


def frame(seq: int) -> Frame:
    image = np.full((48, 64, 3), seq, np.uint8)
    encoded = cv2.imencode(".jpg", image)[1].tobytes()
    return Frame(seq, NOW, image, encoded, Pose(1.0 + seq, 90.0, 600.0), 0.7)


def write_climb(folder: Path, frames: int = 3, stop: bool = True) -> None:
    with Recorder.begin(folder, start()) as recorder:
        for seq in range(frames):
            recorder.observe(frame(seq))
        if stop:
            recorder.stop("completed", "completed", NOW)
