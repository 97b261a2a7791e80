"""The climb record: what was confirmed is there, what was torn is not, what was altered is found."""

import json
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from climber.errors import InputError
from climber.ids import uuid7
from climber.record import CameraDescription, ClimbStart, PoleDescription
from climber.recording import RECORD, Recorder, read_record
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


def write(folder: Path, frames: int = 3, stop: bool = True) -> None:
    with Recorder(folder, start()) as recorder:
        for seq in range(frames):
            recorder.observe(frame(seq))
        if stop:
            recorder.stop("completed", "completed", NOW)


def test_reads_back_what_was_written(tmp_path: Path) -> None:
    write(tmp_path)
    record = read_record(tmp_path)
    assert [o.height_m for o in record.observations] == [1.0, 2.0, 3.0]
    assert record.stop is not None
    assert record.stop.frames == 3
    assert (tmp_path / record.observations[2].file).read_bytes() == frame(2).encoded


def test_cut_at_every_byte_keeps_every_whole_line(tmp_path: Path) -> None:
    write(tmp_path)
    content = (tmp_path / RECORD).read_bytes()
    first_line = content.index(b"\n") + 1
    for length in range(first_line, len(content) + 1):
        (tmp_path / RECORD).write_bytes(content[:length])
        record = read_record(tmp_path)
        confirmed = content[:length].count(b"\n") - 1
        assert len(record.observations) + (record.stop is not None) == confirmed
        assert record.whole_bytes == content[:length].rfind(b"\n") + 1


def test_without_stop_line_is_valid(tmp_path: Path) -> None:
    write(tmp_path, stop=False)
    assert read_record(tmp_path).stop is None


@pytest.mark.parametrize("number", [1, 2, 3])
def test_altered_line_is_named(tmp_path: Path, number: int) -> None:
    write(tmp_path)
    path = tmp_path / RECORD
    lines = path.read_text().splitlines(keepends=True)
    changed = json.loads(lines[number])
    changed["azimuth_deg"] = 91.5
    lines[number] = json.dumps(changed) + "\n"
    path.write_text("".join(lines))
    with pytest.raises(InputError, match=rf"line {number + 2}: the line before it was altered"):
        read_record(tmp_path)


def test_missing_line_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    lines = (tmp_path / RECORD).read_text().splitlines(keepends=True)
    (tmp_path / RECORD).write_text("".join(lines[:2] + lines[3:]))
    with pytest.raises(InputError, match="line 3"):
        read_record(tmp_path)


def test_existing_record_is_never_overwritten(tmp_path: Path) -> None:
    write(tmp_path)
    before = (tmp_path / RECORD).read_bytes()
    with pytest.raises(InputError, match="never overwritten"):
        Recorder(tmp_path, start())
    assert (tmp_path / RECORD).read_bytes() == before


def test_folder_without_a_record(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no climb record"):
        read_record(tmp_path)


def test_empty_record(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text("")
    with pytest.raises(InputError, match="not a climb's start"):
        read_record(tmp_path)


def test_uuid7_sorts_by_time() -> None:
    earlier, later = uuid7(NOW), uuid7(datetime(2026, 11, 24, 3, 0, tzinfo=UTC))
    assert earlier < later
    assert earlier[14] == "7"
