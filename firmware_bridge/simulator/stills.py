"""The simulated camera: renders when triggered, and serves MJPEG over HTTP.

`/` carries one JPEG per trigger, stamped with its number, to the bridge. `/?azimuth_deg=90` is another camera of a
ring, as far around the pole. `/preview` is for people: about one picture a second, made only while somebody looks and
no still is waiting.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
import numpy.typing as npt

from firmware_bridge.exposure import Stamp, stamped
from firmware_bridge.priority import step_back
from firmware_bridge.types import Pose

Render = Callable[[Pose], npt.NDArray[np.uint8]]
"""RGB picture, shape (height_px, width_px, 3), from the true pose."""

JPEG_QUALITY = 92
BOUNDARY = b"highmast-still"
PREVIEW_S = 1.0
PREVIEW = -1


class Stills:
    """Camera and its server. `trigger` returns at once; the still follows on the stream."""

    def __init__(self, render: Render, first: Pose, host: str, port: int) -> None:
        self._render = render
        self._here = first
        self._triggers: SimpleQueue[tuple[Pose, Stamp] | None] = SimpleQueue()
        self._watchers: dict[SimpleQueue[bytes], float] = {}
        """With the azimuth offset that each asked for."""
        self._busy = threading.Event()
        self.stuck = False
        """Injected fault: triggers are taken and no still comes."""
        stills = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                """Serve one watcher until it goes."""
                stills.serve(self)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: standard output belongs to the parent."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://{host}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, name="camera server", daemon=True).start()
        threading.Thread(target=self._expose, name="camera", daemon=True).start()

    def look(self, pose: Pose) -> None:
        """Where the camera is now, for the preview."""
        self._here = pose

    def trigger(self, pose: Pose, index: int, time_boot_s: float) -> bool:
        """Take still `index` from here."""
        self._busy.set()
        self._triggers.put((pose, Stamp(index, time_boot_s)))
        return True

    def close(self) -> None:
        """Stop serving."""
        self._triggers.put(None)
        self._server.shutdown()
        self._server.server_close()

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one connection."""
        asked = urlsplit(request.path)
        offset_deg = _offset_deg(asked.query)
        if asked.path not in ("/", "/preview") or offset_deg is None:
            request.send_error(404, "only / (with ?azimuth_deg=0 to 360) and /preview are here")
            return
        request.send_response(200)
        request.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}")
        request.send_header("Cache-Control", "no-store")
        request.end_headers()
        try:
            if asked.path == "/preview":
                self._serve_preview(request)
            else:
                self._serve_stills(request, offset_deg)
        except OSError:
            return  # the watcher went away

    def _serve_stills(self, request: BaseHTTPRequestHandler, offset_deg: float) -> None:
        mine: SimpleQueue[bytes] = SimpleQueue()
        self._watchers[mine] = offset_deg
        try:
            # a decoder wants one picture before it says that the stream is open
            _part(request, self._picture(self._here, offset_deg, Stamp(PREVIEW, 0.0)))
            while True:
                _part(request, mine.get())
        finally:
            del self._watchers[mine]

    def _serve_preview(self, request: BaseHTTPRequestHandler) -> None:
        pause = threading.Event()
        while True:
            if not self._busy.is_set():
                _part(request, self._picture(self._here, 0.0, Stamp(PREVIEW, 0.0)))
            pause.wait(PREVIEW_S)

    def _expose(self) -> None:
        step_back()
        while (job := self._triggers.get()) is not None:
            pose, stamp = job
            if not self.stuck:
                for watcher, offset_deg in tuple(self._watchers.items()):
                    watcher.put(self._picture(pose, offset_deg, stamp))
            if self._triggers.empty():
                self._busy.clear()

    def _picture(self, pose: Pose, offset_deg: float, stamp: Stamp) -> bytes:
        turned = replace(pose, azimuth_deg=(pose.azimuth_deg + offset_deg) % 360)
        return stamped(_jpeg(self._render(turned)), stamp)


def _offset_deg(query: str) -> float | None:
    """The `azimuth_deg` of the query, 0 without one; None if it is no angle."""
    try:
        angle_deg = float(parse_qs(query).get("azimuth_deg", ["0"])[0])
    except ValueError:
        return None
    return angle_deg if 0 <= angle_deg <= 360 and math.isfinite(angle_deg) else None


def _jpeg(picture: npt.NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY)
    )
    assert done
    return bytes(data)


def _part(request: BaseHTTPRequestHandler, jpeg: bytes) -> None:
    head = b"--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % (BOUNDARY, len(jpeg))
    request.wfile.write(head + jpeg + b"\r\n")
