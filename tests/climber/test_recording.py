"""The climb record: what was confirmed is there, what was torn is not, what was altered is found."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from climber.errors import InputError
from climber.ids import uuid7
from climber.recording import RECORD, Recorder, read_record
from climber.views import view_at
from firmware_bridge.types import CameraInfo, Lens
from tests.climber.folders import NOW, frame, start, write_climb
from tests.firmware_bridge.full_disk import full_disk
from vision.types import Camera


def test_reads_back_what_was_written(tmp_path: Path) -> None:
    write_climb(tmp_path)
    record = read_record(tmp_path)
    assert [o.height_m for o in record.observations] == [1.0, 2.0, 3.0]
    assert record.stop is not None
    assert record.stop.frames == 3
    assert (tmp_path / record.observations[2].file).read_bytes() == frame(2).encoded


def test_cut_at_every_byte_keeps_every_whole_line(tmp_path: Path) -> None:
    write_climb(tmp_path)
    content = (tmp_path / RECORD).read_bytes()
    first_line = content.index(b"\n") + 1
    for length in range(first_line, len(content) + 1):
        (tmp_path / RECORD).write_bytes(content[:length])
        record = read_record(tmp_path)
        confirmed = content[:length].count(b"\n") - 1
        assert len(record.observations) + (record.stop is not None) == confirmed
        assert record.whole_bytes == content[:length].rfind(b"\n") + 1


def test_another_lens_of_a_ring_is_kept_with_its_photograph(tmp_path: Path) -> None:
    usual = CameraInfo(64, 48, 80.0, lens=Lens(80.0, 80.0, 32.0, 24.0, (0.0,) * 5))
    other = CameraInfo(64, 48, 81.0, lens=Lens(81.0, 82.0, 32.5, 24.5, (-0.1, 0.0, 0.0, 0.0, 0.0)))
    with Recorder.begin(tmp_path, start()) as recorder:
        for seq, camera in enumerate((usual, other, None)):
            recorder.observe(replace(frame(seq), camera=camera))
    first, second, third = read_record(tmp_path).observations
    assert first.camera is third.camera is None
    assert b'"camera"' not in (tmp_path / RECORD).read_bytes().splitlines()[1]  # as lines always were
    camera = Camera(64, 48, 80.0, 80.0, 32.0, 24.0)
    assert view_at(first, camera).camera == camera
    assert view_at(second, camera).camera == Camera(64, 48, 81.0, 82.0, 32.5, 24.5, (-0.1, 0.0, 0.0, 0.0, 0.0))


def test_a_line_that_a_full_disk_cut_leaves_the_record_whole(tmp_path: Path) -> None:
    with Recorder.begin(tmp_path, start()) as recorder:
        recorder.observe(frame(0))
        recorder.observe(frame(1))
        with full_disk((tmp_path / RECORD).stat().st_size + 100), pytest.raises(OSError, match=r"space|large"):
            recorder.stop("failed", "the disk is full", NOW)
        recorder.observe(frame(2))  # somebody made room
    assert [seen.seq for seen in read_record(tmp_path).observations] == [0, 1, 2]


def test_without_stop_line_is_valid(tmp_path: Path) -> None:
    write_climb(tmp_path, stop=False)
    assert read_record(tmp_path).stop is None


@pytest.mark.parametrize("number", [1, 2, 3])
def test_altered_line_is_named(tmp_path: Path, number: int) -> None:
    write_climb(tmp_path)
    path = tmp_path / RECORD
    lines = path.read_text().splitlines(keepends=True)
    changed = json.loads(lines[number])
    changed["azimuth_deg"] = 91.5
    lines[number] = json.dumps(changed) + "\n"
    path.write_text("".join(lines))
    with pytest.raises(InputError, match=rf"line {number + 2}: the line before it was altered"):
        read_record(tmp_path)


def test_missing_line_is_named(tmp_path: Path) -> None:
    write_climb(tmp_path)
    lines = (tmp_path / RECORD).read_text().splitlines(keepends=True)
    (tmp_path / RECORD).write_text("".join(lines[:2] + lines[3:]))
    with pytest.raises(InputError, match="line 3"):
        read_record(tmp_path)


def test_existing_record_is_never_overwritten(tmp_path: Path) -> None:
    write_climb(tmp_path)
    before = (tmp_path / RECORD).read_bytes()
    with pytest.raises(InputError, match="never overwritten"):
        Recorder.begin(tmp_path, start())
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


def test_resume_after_a_torn_line_goes_on_with_the_chain(tmp_path: Path) -> None:
    write_climb(tmp_path, stop=False)
    path = tmp_path / RECORD
    path.write_bytes(path.read_bytes()[:-20])
    record = read_record(tmp_path)
    assert len(record.observations) == 2
    with Recorder.resume(record, "simulator", NOW) as recorder:
        recorder.observe(frame(7))
        recorder.stop("completed", "completed", NOW)
    resumed = read_record(tmp_path)
    assert [o.height_m for o in resumed.observations] == [1.0, 2.0, 8.0]
    assert [r.frames for r in resumed.resumes] == [2]
    assert resumed.stop is not None


def test_resume_after_a_stop_line(tmp_path: Path) -> None:
    with Recorder.begin(tmp_path, start()) as recorder:
        recorder.observe(frame(0))
        recorder.stop("stopped", "gust", NOW)
    with Recorder.resume(read_record(tmp_path), "simulator", NOW) as recorder:
        recorder.observe(frame(1))
    record = read_record(tmp_path)
    assert len(record.observations) == 2
    assert record.stop is None


def test_complete_climb_is_not_resumed(tmp_path: Path) -> None:
    write_climb(tmp_path)
    with pytest.raises(InputError, match="complete"):
        Recorder.resume(read_record(tmp_path), "simulator", NOW)


def test_observation_after_a_stop_is_named(tmp_path: Path) -> None:
    write_climb(tmp_path, frames=1)
    last_sha256, usual = read_record(tmp_path).last_sha256, start().camera
    with Recorder(tmp_path, (tmp_path / RECORD).open("ab"), last_sha256, 1, usual) as recorder:
        recorder.observe(frame(1))
    with pytest.raises(InputError, match="line 4: a observation line cannot follow a stop line"):
        read_record(tmp_path)
