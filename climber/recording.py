"""Writing and reading a climb folder.

    DIR/climb.jsonl   start, observations, stop: one JSON object a line, append-only
    DIR/frames/       the photographs as the camera sent them
    DIR/grade.json    the assessment, and surface.png, rust.png, coverage.png beside it

A frame's file is flushed to the disk before its line is written, and the line is flushed before the climb goes
on, so every confirmed frame outlives a power cut. A torn last line was never confirmed: reading leaves it out.
"""

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import TypeAdapter, ValidationError

from climber.errors import InputError
from climber.files import sync_folder, write_file
from climber.record import FIRST_LINE, ClimbStart, ClimbStop, Line, Observation
from firmware_bridge.types import Frame

RECORD = "climb.jsonl"
LINE: TypeAdapter[ClimbStart | Observation | ClimbStop] = TypeAdapter(Line)


@dataclass(frozen=True, slots=True)
class Record:
    """A climb as read from its folder."""

    folder: Path
    start: ClimbStart
    observations: tuple[Observation, ...]
    stop: ClimbStop | None
    last_sha256: str
    """Hash of the last whole line: what the next line must carry."""
    whole_bytes: int
    """Length of the confirmed part of the file; anything after it was torn by a crash."""


class Recorder:
    """Appends to one climb's record. Not for two threads at once."""

    def __init__(self, folder: Path, start: ClimbStart) -> None:
        """Make the folder and write the start line. A folder that already holds a record is refused."""
        (folder / "frames").mkdir(parents=True, exist_ok=True)
        try:
            self._out = (folder / RECORD).open("xb")
        except FileExistsError:
            raise InputError(
                f"{folder / RECORD} already exists: a record is never overwritten. Choose another --out folder."
            ) from None
        self.folder = folder
        self.frames = 0
        self._last = FIRST_LINE
        self._append(start)
        sync_folder(folder)

    def observe(self, frame: Frame) -> Observation:
        """Keep the frame's file, then confirm it with a line; returns the line."""
        suffix = "png" if frame.encoded.startswith(b"\x89PNG") else "jpg"
        file = f"frames/{frame.seq:06d}.{suffix}"
        write_file(self.folder / file, frame.encoded)
        observation = _observation(frame, file, self._last)
        self._append(observation)
        self.frames += 1
        return observation

    def stop(self, outcome: Literal["completed", "stopped", "failed"], reason: str, stopped_at: datetime) -> None:
        """Write the last line."""
        self._append(
            ClimbStop(
                previous_sha256=self._last,
                stopped_at=stopped_at,
                outcome=outcome,
                reason=reason[:2000],
                frames=self.frames,
            )
        )

    def close(self) -> None:
        """Close the file. A record closed without a stop line is valid and reads as failed."""
        self._out.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _append(self, line: ClimbStart | Observation | ClimbStop) -> None:
        content = line.model_dump_json().encode()
        self._out.write(content + b"\n")
        self._out.flush()
        os.fsync(self._out.fileno())
        self._last = hashlib.sha256(content).hexdigest()


def _observation(frame: Frame, file: str, previous_sha256: str) -> Observation:
    pose = frame.pose
    return Observation(
        previous_sha256=previous_sha256,
        seq=frame.seq,
        taken_at=frame.taken_at,
        file=file,
        sha256=hashlib.sha256(frame.encoded).hexdigest(),
        height_m=pose.height_m,
        azimuth_deg=pose.azimuth_deg,
        standoff_mm=pose.standoff_mm,
        tilt_deg=pose.tilt_deg,
        roll_deg=pose.roll_deg,
        height_std_m=pose.height_std_m,
        azimuth_std_deg=pose.azimuth_std_deg,
        standoff_std_mm=pose.standoff_std_mm,
        tilt_std_deg=pose.tilt_std_deg,
        roll_std_deg=pose.roll_std_deg,
        mm_per_px=frame.mm_per_px,
    )


def read_record(folder: Path) -> Record:
    """Read `folder/climb.jsonl` up to its last whole line.

    Raises InputError naming file and line where a whole line is not of the schema or does not carry the hash of
    the line before it.
    """
    path = folder / RECORD
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: no climb record can be read here ({error.strerror}).") from error
    whole = content[: content.rfind(b"\n") + 1]
    lines: list[ClimbStart | Observation | ClimbStop] = []
    last = FIRST_LINE
    for number, raw in enumerate(whole.splitlines(), start=1):
        lines.append(_parse(path, number, raw, last))
        last = hashlib.sha256(raw).hexdigest()
    return _record(folder, path, lines, last, len(whole))


def _parse(path: Path, number: int, raw: bytes, last: str) -> ClimbStart | Observation | ClimbStop:
    try:
        line = LINE.validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{path}, line {number}: {where}: {first['msg']}") from error
    if line.previous_sha256 != last:
        raise InputError(
            f"{path}, line {number}: the line before it was altered or is missing "
            f"(its hash is {last[:12]}…, this line expects {line.previous_sha256[:12]}…)."
        )
    return line


def _record(
    folder: Path, path: Path, lines: list[ClimbStart | Observation | ClimbStop], last: str, whole_bytes: int
) -> Record:
    start = lines[0] if lines else None
    if not isinstance(start, ClimbStart):
        raise InputError(f"{path}: the first line is not a climb's start, so there is nothing to read.")
    stop = lines[-1] if isinstance(lines[-1], ClimbStop) else None
    middle = lines[1 : -1 if stop else None]
    observations = tuple(line for line in middle if isinstance(line, Observation))
    if len(observations) != len(middle):
        raise InputError(f"{path}: a second start or an early stop stands among the observations.")
    return Record(folder, start, observations, stop, last, whole_bytes)
