"""Read one camera stream with PyAV and hand its pictures to the parent over a pipe.

    python -m firmware_bridge.camera_process URL

A process of its own: `av.open` can hang despite its timeouts, and PyAV and OpenCV have crashed together. An MJPEG
stream over HTTP is passed on as it is. Of RTSP and UVC video, a picture is encoded whenever the parent writes a line.
It ends with its standard input, so that a parent that was killed leaves no process behind that keeps the camera busy.
"""

import io
import os
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import av

HEADER = struct.Struct("<BI")
"""Kind, length of the body."""
MJPEG_OPTIONS = {"fflags": "nobuffer", "probesize": "32", "fpsprobesize": "0", "analyzeduration": "0"}
RTSP_OPTIONS = {
    "rtsp_transport": "tcp",
    "fflags": "nobuffer",
    "flags": "low_delay",
    "max_delay": "0",
    "reorder_queue_size": "0",
}
UVC_OPTIONS = {"fflags": "nobuffer", "flags": "low_delay"}
TIMEOUT_S = 15.0
"""To open a stream and see its first picture: a busy machine may take some seconds."""
SILENT_S = 5.0
"""Without a packet, after which an RTSP stream counts as ended."""
EXPOSED_S = 0.25
"""A picture that comes this long after the trigger was exposed after it: most RTSP pictures are under 0.05 s old."""
JPEG_QUALITY = 95


class Kind(IntEnum):
    """What follows the header."""

    OPENED = 0
    STILL = 1
    FAILED = 2
    """Words for people."""


def put(pipe: IO[bytes], kind: Kind, body: bytes) -> None:
    """Write one message. A parent that is gone ends the process; a camera's broken connection is another matter."""
    try:
        pipe.write(HEADER.pack(kind, len(body)) + body)
        pipe.flush()
    except BrokenPipeError:
        os._exit(0)


def is_mjpeg(url: str) -> bool:
    """Whether it is a stream of whole JPEGs over HTTP."""
    return url.startswith(("http://", "https://"))


def relay(url: str, pipe: IO[bytes], orders: IO[bytes]) -> None:
    """Pass every JPEG of an MJPEG stream on, as it is."""
    import av

    _listen(orders, lambda: None)
    with av.open(url, format="mpjpeg", options=MJPEG_OPTIONS, timeout=(TIMEOUT_S, None)) as stream:
        put(pipe, Kind.OPENED, b"")
        for packet in stream.demux(stream.streams.video[0]):
            if packet.size:
                put(pipe, Kind.STILL, bytes(packet))


def video(url: str) -> "Iterator[av.VideoFrame]":
    """Decoded pictures of an RTSP URL or a UVC device, as soon as they come."""
    import av

    if url.startswith(("rtsp://", "rtsps://")):
        stream = av.open(url, options=RTSP_OPTIONS, timeout=(TIMEOUT_S, SILENT_S))
    else:
        device = url.removeprefix("uvc://")
        stream = av.open(device, format="v4l2" if os.name == "posix" else "dshow", options=UVC_OPTIONS)
    with stream:
        track = stream.streams.video[0]
        track.codec_context.thread_count = 1  # more threads hold pictures back
        yield from stream.decode(track)


def watch(url: str, pipe: IO[bytes], orders: IO[bytes]) -> None:
    """Decode video all the time, so that nothing queues up, and encode a picture for each order."""
    wanted: list[float] = []

    _listen(orders, lambda: wanted.append(time.monotonic() + EXPOSED_S))
    for number, picture in enumerate(video(url)):
        if number == 0:
            put(pipe, Kind.OPENED, b"")
        if wanted and time.monotonic() >= wanted[0]:
            del wanted[0]
            put(pipe, Kind.STILL, _jpeg(picture))


def _listen(orders: IO[bytes], ordered: Callable[[], object]) -> None:
    """Call `ordered` for each line. When the pipe ends, so did the parent, however it died: leave at once, since
    reading a silent stream would keep camera and pipes for ever."""

    def listen() -> None:
        for _ in orders:
            ordered()
        os._exit(0)

    threading.Thread(target=listen, name="orders", daemon=True).start()


def _jpeg(picture: "av.VideoFrame") -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(picture.to_ndarray(format="rgb24")).save(out, "jpeg", quality=JPEG_QUALITY)
    return out.getvalue()


def main(url: str) -> None:
    """Work until the stream or the parent ends."""
    from av.error import FFmpegError

    pipe = sys.stdout.buffer
    try:
        if is_mjpeg(url):
            relay(url, pipe, sys.stdin.buffer)
        else:
            watch(url, pipe, sys.stdin.buffer)
        put(pipe, Kind.FAILED, b"the stream ended")
    except (OSError, ValueError, FFmpegError) as error:
        put(pipe, Kind.FAILED, str(error).encode())


if __name__ == "__main__":
    main(sys.argv[1])
