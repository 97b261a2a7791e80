"""Photographs from a stream or a folder. A stream is read by a process of its own, which can be killed if it hangs."""

import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import numpy as np
import numpy.typing as npt

from firmware_bridge.camera_process import HEADER, Kind
from firmware_bridge.errors import CameraError
from firmware_bridge.exposure import Stamp, stamp_of

PICTURES = frozenset({".jpg", ".jpeg", ".png"})
KEPT_STILLS = 8
OPEN_S = 10.0


@dataclass(frozen=True, slots=True)
class Still:
    """One encoded photograph as it came."""

    encoded: bytes
    stamp: Stamp | None
    received_s: float
    """Host monotonic clock."""
    name: str


class Camera(Protocol):
    """Where photographs come from. `take` never blocks."""

    def take(self, index: int) -> Still | None:
        """The still of trigger number `index` if it has come; CameraError if the camera failed."""

    def close(self) -> None:
        """Release it."""


def open_camera(url: str, came: Callable[[], None]) -> Camera:
    """A folder of photographs (one per trigger, in name order) or a stream URL, which calls `came` from its
    own thread for each still; CameraError."""
    if "://" in url:
        return StreamCamera(url, came)
    return FolderCamera(Path(url))


def decode(still: Still) -> npt.NDArray[np.uint8]:
    """RGB pixels, shape (height_px, width_px, 3); CameraError if it is no picture."""
    import cv2

    pixels = cv2.imdecode(np.frombuffer(still.encoded, np.uint8), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise CameraError(f"{still.name}: {len(still.encoded)} bytes that are no JPEG or PNG; check the camera")
    return np.asarray(pixels, np.uint8)


class FolderCamera:
    """Photographs of a folder: the trigger takes the next one."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise CameraError(f"{folder} is neither a folder of photographs nor a camera URL")
        self._paths = deque(sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURES))
        if not self._paths:
            raise CameraError(f"{folder} holds no .jpg or .png photograph")
        self._folder = folder

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the first photograph; CameraError if it is no picture."""
        first = self._paths[0]
        height_px, width_px = decode(Still(first.read_bytes(), None, 0.0, str(first))).shape[:2]
        return width_px, height_px

    def take(self, index: int) -> Still | None:
        """The next photograph."""
        if not self._paths:
            raise CameraError(f"{self._folder} has no photograph left for still {index}")
        path = self._paths.popleft()
        return Still(path.read_bytes(), None, time.monotonic(), str(path))

    def close(self) -> None:
        """Nothing to release."""


class StreamCamera:
    """A stream, read in its own process: it can hang there without holding up the climb."""

    def __init__(self, url: str, came: Callable[[], None]) -> None:
        self.url = url
        self._came = came
        self._stills: deque[Still] = deque(maxlen=KEPT_STILLS)
        self._failure: str | None = None
        self._opened = threading.Event()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "firmware_bridge.camera_process", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self._thread = threading.Thread(
            target=self._read, args=(self._process.stdout,), name=f"camera {url}", daemon=True
        )
        self._thread.start()
        if not self._opened.wait(OPEN_S) or self._failure is not None:
            self.close()
            raise CameraError(f"cannot open camera {url}: {self._failure or f'no answer in {OPEN_S:g} s'}")

    def take(self, index: int) -> Still | None:
        """The still stamped with this trigger's number; those before it are dropped."""
        while self._stills:
            still = self._stills.popleft()
            if still.stamp is not None and still.stamp.index == index:
                return still
        if self._failure is not None:
            raise CameraError(f"camera {self.url}: {self._failure}")
        return None

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._thread.join(timeout=2.0)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _read(self, pipe: IO[bytes]) -> None:
        while len(head := pipe.read(HEADER.size)) == HEADER.size:
            kind, length = HEADER.unpack(head)
            body = pipe.read(length)
            if kind == Kind.FAILED:
                self._failure = body.decode(errors="replace")
            if kind == Kind.STILL:
                self._stills.append(Still(body, stamp_of(body), time.monotonic(), self.url))
            self._opened.set()
            self._came()
        self._failure = self._failure or "the stream ended"
        self._opened.set()
        self._came()
