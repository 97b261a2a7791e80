"""The simulated camera: renders when triggered, and serves MJPEG over HTTP.

`/` carries one JPEG per trigger, stamped with its number, to the bridge. `/preview` is for people: about one
picture a second, made only while somebody looks and no still is waiting.
"""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue

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
        self._watchers: set[SimpleQueue[bytes]] = set()
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
        if request.path not in ("/", "/preview"):
            request.send_error(404, "only / and /preview are here")
            return
        request.send_response(200)
        request.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}")
        request.send_header("Cache-Control", "no-store")
        request.end_headers()
        try:
            if request.path == "/preview":
                self._serve_preview(request)
            else:
                self._serve_stills(request)
        except OSError:
            return  # the watcher went away

    def _serve_stills(self, request: BaseHTTPRequestHandler) -> None:
        mine: SimpleQueue[bytes] = SimpleQueue()
        self._watchers.add(mine)
        try:
            # a decoder wants one picture before it says that the stream is open
            _part(request, stamped(_jpeg(self._render(self._here)), Stamp(PREVIEW, 0.0)))
            while True:
                _part(request, mine.get())
        finally:
            self._watchers.discard(mine)

    def _serve_preview(self, request: BaseHTTPRequestHandler) -> None:
        pause = threading.Event()
        while True:
            if not self._busy.is_set():
                _part(request, stamped(_jpeg(self._render(self._here)), Stamp(PREVIEW, 0.0)))
            pause.wait(PREVIEW_S)

    def _expose(self) -> None:
        step_back()
        while (job := self._triggers.get()) is not None:
            pose, stamp = job
            if self._watchers and not self.stuck:
                still = stamped(_jpeg(self._render(pose)), stamp)
                for watcher in tuple(self._watchers):
                    watcher.put(still)
            if self._triggers.empty():
                self._busy.clear()


def _jpeg(picture: npt.NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY)
    )
    assert done
    return bytes(data)


def _part(request: BaseHTTPRequestHandler, jpeg: bytes) -> None:
    head = b"--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % (BOUNDARY, len(jpeg))
    request.wfile.write(head + jpeg + b"\r\n")
