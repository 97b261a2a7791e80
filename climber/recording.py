"""Writing and reading a climb folder.

    DIR/climb.jsonl   start, observations, stop: one JSON object a line, append-only
    DIR/climb.sig     the laptop's signature over the finished record
    DIR/frames/       the photographs as the camera sent them
    DIR/grade.json    the assessment, and surface.png, rust.png, coverage.png beside it

One fsync policy: a frame's file is flushed to the disk before its line is written, and every line is flushed before
the climb goes on, so each confirmed frame outlives a power cut. A torn last line was never confirmed: reading leaves
it out, and resuming cuts it off.
"""

import errno
import hashlib
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Literal, Self

from pydantic import TypeAdapter, ValidationError

from climber.errors import InputError
from climber.files import sync_folder, write_file
from climber.record import (
    FIRST_LINE,
    AnyLine,
    CameraDescription,
    ClimbResume,
    ClimbStart,
    ClimbStop,
    Gap,
    Line,
    Observation,
)
from climber.views import camera_of
from firmware_bridge.types import Frame

RECORD = "climb.jsonl"
MASKS = "masks"
"""In a climb folder: masks/ASSESSMENT_ID/PHOTOGRAPH.png, what was called rust."""
LINE: TypeAdapter[AnyLine] = TypeAdapter(Line)


@dataclass(frozen=True, slots=True)
class Record:
    """A climb as read from its folder."""

    folder: Path
    start: ClimbStart
    observations: tuple[Observation, ...]
    resumes: tuple[ClimbResume, ...]
    stop: ClimbStop | None
    """None when the climb crashed: it reads as failed."""
    last_sha256: str
    """Hash of the last whole line: what the next line must carry, and what is signed."""
    whole_bytes: int
    """Length of the confirmed part of the file; anything after it was torn by a crash."""
    torn_bytes: int = 0
    """After it."""


class Recorder:
    """Appends to one climb's record. Not for two threads at once."""

    def __init__(self, folder: Path, out: BinaryIO, last_sha256: str, frames: int, camera: CameraDescription) -> None:
        self.folder = folder
        self.frames = frames
        self.last_sha256 = last_sha256
        self._out = out
        self._camera = camera
        """Of the start line."""

    @classmethod
    def begin(cls, folder: Path, start: ClimbStart) -> Self:
        """Make the folder and write the start line. A folder that already holds a record is refused."""
        refuse_overwriting(folder)
        (folder / "frames").mkdir(parents=True, exist_ok=True)
        recorder = cls(folder, (folder / RECORD).open("xb", buffering=0), FIRST_LINE, 0, start.camera)
        recorder._append(start)
        sync_folder(folder)
        return recorder

    @classmethod
    def resume(cls, record: Record, robot: str, resumed_at: datetime) -> Self:
        """Go on with a climb that stopped or crashed; cuts off a torn last line, which was never confirmed."""
        if record.stop is not None and record.stop.outcome == "completed":
            raise InputError(f"{record.folder}: this climb is complete, there is nothing to resume.")
        out = (record.folder / RECORD).open("r+b", buffering=0)
        out.truncate(record.whole_bytes)
        out.seek(record.whole_bytes)
        frames = len(record.observations)
        recorder = cls(record.folder, out, record.last_sha256, frames, record.start.camera)
        recorder._append(
            ClimbResume(previous_sha256=record.last_sha256, resumed_at=resumed_at, robot=robot, frames=frames)
        )
        return recorder

    def observe(self, frame: Frame) -> Observation:
        """Keep the frame's file, then confirm it with a line; returns the line."""
        suffix = "png" if frame.encoded.startswith(b"\x89PNG") else "jpg"
        file = f"frames/{self.frames:06d}.{suffix}"
        write_file(self.folder / file, frame.encoded)
        observation = _observation(frame, self.frames, file, self.last_sha256, self._camera)
        self._append(observation)
        self.frames += 1
        return observation

    def stop(
        self,
        outcome: Literal["completed", "stopped", "failed"],
        reason: str,
        stopped_at: datetime,
        unseen: tuple[Gap, ...] = (),
        accepted: str = "",
    ) -> None:
        """Write the last line; `unseen` is what the crew accepted to leave, and `accepted` why."""
        self._append(
            ClimbStop(
                previous_sha256=self.last_sha256,
                stopped_at=stopped_at,
                outcome=outcome,
                reason=reason[:2000],
                frames=self.frames,
                unseen=unseen,
                accepted=accepted[:2000],
            )
        )

    def close(self) -> None:
        """Close the file. A record closed without a stop line is valid and reads as failed."""
        self._out.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _append(self, line: AnyLine) -> None:
        """Confirm a line, or leave the record as it was: a part of a line would break the chain for all that follow."""
        content = line.model_dump_json().encode()
        confirmed_bytes = self._out.tell()
        try:
            if self._out.write(content + b"\n") <= len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder / RECORD))
            os.fsync(self._out.fileno())
        except OSError:
            self._out.truncate(confirmed_bytes)
            self._out.seek(confirmed_bytes)
            raise
        self.last_sha256 = hashlib.sha256(content).hexdigest()


def refuse_overwriting(folder: Path) -> None:
    """Raise InputError when the folder already holds a record."""
    if (folder / RECORD).exists():
        raise InputError(
            f"{folder / RECORD} already exists: a record is never overwritten. "
            "Choose another --out folder, or go on with it by --resume."
        )


def _observation(frame: Frame, seq: int, file: str, previous_sha256: str, usual: CameraDescription) -> Observation:
    pose = frame.pose
    camera = usual if frame.camera is None else CameraDescription(**asdict(camera_of(frame.camera)))
    return Observation(
        previous_sha256=previous_sha256,
        seq=seq,
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
        camera=None if camera == usual else camera,
    )


def assessment_files(folder: Path) -> tuple[Path, ...]:
    """Return the assessments of a climb folder, the climb's own first, then later ones from the oldest."""
    own = folder / "grade.json"
    return (*((own,) if own.exists() else ()), *sorted((folder / "grades").glob("*.json")))


def read_record(folder: Path) -> Record:
    """Read `folder/climb.jsonl` up to its last whole line.

    Raises InputError naming file and line where a whole line is not of the schema, does not carry the hash of the
    line before it, or stands where it cannot.
    """
    path = folder / RECORD
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: no climb record can be read here ({error.strerror}).") from error
    whole = content[: content.rfind(b"\n") + 1]
    lines: list[AnyLine] = []
    last = FIRST_LINE
    for number, raw in enumerate(whole.split(b"\n")[:-1], start=1):
        lines.append(_parse(path, number, raw, last))
        last = hashlib.sha256(raw).hexdigest()
    _check_order(path, lines)
    stop = lines[-1]
    return Record(
        folder=folder,
        start=next(line for line in lines if isinstance(line, ClimbStart)),
        observations=tuple(line for line in lines if isinstance(line, Observation)),
        resumes=tuple(line for line in lines if isinstance(line, ClimbResume)),
        stop=stop if isinstance(stop, ClimbStop) else None,
        last_sha256=last,
        whole_bytes=len(whole),
        torn_bytes=len(content) - len(whole),
    )


def _parse(path: Path, number: int, raw: bytes, last: str) -> AnyLine:
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


def _check_order(path: Path, lines: list[AnyLine]) -> None:
    """Only the first line starts, and only a resume follows a stop."""
    if not lines or not isinstance(lines[0], ClimbStart):
        raise InputError(f"{path}: the first line is not a climb's start, so there is nothing to read.")
    for number, (before, line) in enumerate(pairwise(lines), start=2):
        if isinstance(line, ClimbStart) or (isinstance(before, ClimbStop) and not isinstance(line, ClimbResume)):
            raise InputError(f"{path}, line {number}: a {line.kind} line cannot follow a {before.kind} line.")
