"""Read one camera stream with PyAV and hand its pictures to the parent over a pipe.

    python -m firmware_bridge.camera_process URL

A process of its own: `av.open` can hang despite its timeouts, and PyAV and OpenCV have crashed together.
"""

import os
import struct
import sys
import threading
from enum import IntEnum
from typing import IO

HEADER = struct.Struct("<BI")
"""Kind, length of the body."""
MJPEG_OPTIONS = {"fflags": "nobuffer", "probesize": "32", "fpsprobesize": "0", "analyzeduration": "0"}
TIMEOUT_S = 5.0


class Kind(IntEnum):
    """What follows the header."""

    OPENED = 0
    STILL = 1
    FAILED = 2
    """Words for people."""


def put(pipe: IO[bytes], kind: Kind, body: bytes) -> None:
    """Write one message."""
    pipe.write(HEADER.pack(kind, len(body)) + body)
    pipe.flush()


def relay(url: str, pipe: IO[bytes]) -> None:
    """Pass every JPEG of an MJPEG stream on, as it is."""
    import av

    with av.open(url, format="mpjpeg", options=MJPEG_OPTIONS, timeout=(TIMEOUT_S, None)) as stream:
        put(pipe, Kind.OPENED, b"")
        for packet in stream.demux(stream.streams.video[0]):
            if packet.size:
                put(pipe, Kind.STILL, bytes(packet))


def end_with_parent() -> None:
    """Standard input closes when the parent ends, however it ends: never outlive it, not even in a hung open."""
    sys.stdin.buffer.read()
    os._exit(0)


def main(url: str) -> None:
    """Relay until the stream or the parent ends."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    pipe = sys.stdout.buffer
    try:
        relay(url, pipe)
        put(pipe, Kind.FAILED, b"the stream ended")
    except BrokenPipeError:
        return
    except (OSError, ValueError) as error:
        put(pipe, Kind.FAILED, str(error).encode())


if __name__ == "__main__":
    main(sys.argv[1])
