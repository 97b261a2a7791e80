"""Photographs from a stream or a folder. A stream is read by a process of its own, which can be killed if it hangs."""

import contextlib
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from firmware_bridge.camera_process import EXPOSED_S, HEADER, Kind
from firmware_bridge.errors import CameraError
from firmware_bridge.exposure import Stamp, stamp_of

PICTURES = frozenset({".jpg", ".jpeg", ".png"})
KEPT_STILLS = 8
OPEN_S = 20.0
RESTART_S = 2.0
"""At least, between two starts of the camera process."""


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

    trouble: str | None
    """Why no picture comes, as far as is known."""

    def take(self, index: int) -> Still | None:
        """The still of trigger number `index` if it has come; CameraError if none will come."""

    def put_back(self, still: Still) -> None:
        """Take a trial photograph back: one that exists once only comes again for the next trigger."""

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

    trouble: str | None = None

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

    def put_back(self, still: Still) -> None:
        """Give the same photograph for the next trigger."""
        self._paths.appendleft(Path(still.name))

    def close(self) -> None:
        """Nothing to release."""


class StreamCamera:
    """A stream, read in its own process: it can hang there without holding up the climb. A process that ended is
    started again."""

    def __init__(self, url: str, came: Callable[[], None]) -> None:
        self.url = url
        self.trouble: str | None = None
        """Why no picture comes; None while all is well."""
        self._came = came
        self._stills: deque[Still] = deque(maxlen=KEPT_STILLS)
        self._asked: tuple[int, float] | None = None
        self._reader = _Reader(url, self._take_in)
        if not self._reader.opened.wait(OPEN_S) or self.trouble is not None:
            trouble = self.trouble or f"no answer in {OPEN_S:g} s"  # before closing, which is told as trouble as well
            self.close()
            raise CameraError(f"cannot open camera {url}: {trouble}")

    def take(self, index: int) -> Still | None:
        """The still of this trigger: by its stamp, or from a camera without stamps one exposed since the trigger."""
        now_s = time.monotonic()
        if self._asked is None or self._asked[0] != index:
            self._asked = (index, now_s)
            self._reader.order()
        while self._stills:
            still = self._stills.popleft()
            if still.stamp is None and still.received_s >= self._asked[1] + EXPOSED_S:
                return still
            if still.stamp is not None and still.stamp.index == index:
                return still
        if self._reader.ended and now_s - self._reader.started_s > RESTART_S:
            self._reader.close()
            self._reader = _Reader(self.url, self._take_in)
            self._reader.order()
        return None

    def put_back(self, still: Still) -> None:
        """Nothing to do: the next trigger brings a new picture."""

    @property
    def pid(self) -> int:
        """Of the camera process."""
        return self._reader.pid

    def close(self) -> None:
        """End the process."""
        self._reader.close()

    def _take_in(self, kind: Kind, body: bytes) -> None:
        if kind == Kind.FAILED:
            self.trouble = body.decode(errors="replace")
        elif kind == Kind.STILL:
            self.trouble = None
            self._stills.append(Still(body, stamp_of(body), time.monotonic(), self.url))
        self._came()


class _Reader:
    """One run of the camera process, and the thread that reads its pipe."""

    def __init__(self, url: str, take_in: Callable[[Kind, bytes], None]) -> None:
        self.opened = threading.Event()
        self.ended = False
        self.started_s = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "firmware_bridge.camera_process", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self.pid = self._process.pid
        self._take_in = take_in
        self._thread = threading.Thread(target=self._read, name=f"camera {url}", daemon=True)
        self._thread.start()

    def order(self) -> None:
        """Ask for a picture; cameras that send each one do not listen."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(b"\n")

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._thread.join(timeout=2.0)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        kind = None
        with open(self._process.stdout.fileno(), "rb", closefd=False) as pipe:
            while len(head := pipe.read(HEADER.size)) == HEADER.size:
                kind, length = HEADER.unpack(head)
                self._take_in(Kind(kind), pipe.read(length))
                self.opened.set()
        self.ended = True
        if kind != Kind.FAILED:  # else it has said why
            status = self._process.wait()  # its pipe is closed: it ends
            self._take_in(Kind.FAILED, f"the camera's process ended with status {status}".encode())
        self.opened.set()
