"""Pictures that show the time of their making, served over real RTSP: to measure how old a camera's picture is."""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import Struct

import cv2
import numpy as np
import numpy.typing as npt

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).with_name("rtsp_server.py")
BITS, WIDTH_PX, HEIGHT_PX, RATE_HZ = 20, 1280, 720, 30
LENGTH = Struct("<I")
NEEDS = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"


def picture(time_ms: int) -> npt.NDArray[np.uint8]:
    """A grey picture whose columns are the bits of the time, shape (HEIGHT_PX, WIDTH_PX)."""
    bits = np.array([255 * (time_ms >> place & 1) for place in range(BITS)], np.uint8)
    return np.tile(np.repeat(bits, WIDTH_PX // BITS), (HEIGHT_PX, 1))


def age_ms(grey: npt.NDArray[np.uint8], now_s: float) -> int:
    """How long before `now_s` (monotonic) the picture was made."""
    columns = grey[HEIGHT_PX // 2, WIDTH_PX // BITS // 2 :: WIDTH_PX // BITS]
    made_ms = sum(int(level > 128) << place for place, level in enumerate(columns))
    return (int(now_s * 1000) - made_ms) % (1 << BITS)


def missing() -> str:
    """Why there can be no RTSP server here; empty if there can."""
    if not Path(SYSTEM_PYTHON).exists():
        return f"there is no {SYSTEM_PYTHON}"
    tried = subprocess.run([SYSTEM_PYTHON, "-I", "-c", NEEDS], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "GStreamer's RTSP server is not installed (gir1.2-gst-rtsp-server-1.0)"


@contextmanager
def rtsp_clock() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve the clock at 30 Hz; gives the URL and the server's process."""
    server = subprocess.Popen(
        [SYSTEM_PYTHON, "-I", str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert server.stdout is not None
    assert server.stdin is not None
    stopping = threading.Event()
    feeder = threading.Thread(target=_feed, args=(server, stopping), daemon=True)
    feeder.start()
    try:
        yield server.stdout.readline().decode().strip(), server
    finally:
        stopping.set()
        server.kill()
        server.wait()
        feeder.join()
        server.stdout.close()


def _feed(server: subprocess.Popen[bytes], stopping: threading.Event) -> None:
    assert server.stdin is not None
    try:
        while not stopping.wait(1 / RATE_HZ):
            _, jpeg = cv2.imencode(".jpg", picture(int(time.monotonic() * 1000)))
            server.stdin.write(LENGTH.pack(len(jpeg)) + jpeg.tobytes())
            server.stdin.flush()
        server.stdin.close()
    except OSError:
        return  # the server was killed
