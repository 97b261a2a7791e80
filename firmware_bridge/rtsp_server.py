"""Serve pictures from standard input as H.264 over RTSP. Needs the system's GStreamer, so it runs on its own:

    /usr/bin/python3 -I rtsp_server.py [PORT]      (Debian: gir1.2-gst-rtsp-server-1.0, gstreamer1.0-plugins-ugly)

Each picture comes as four bytes of little-endian length and a JPEG. The URL is the first line of the output. Imports
nothing of ours: the system's Python has none of it.
"""

import struct
import sys
import threading
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

LAUNCH = (
    "( appsrc name=pictures is-live=true do-timestamp=true format=time max-bytes=4000000 leaky-type=downstream"
    " caps=image/jpeg,framerate=30/1 ! jpegdec ! videoconvert ! video/x-raw,format=I420"
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 bitrate=8000"
    " ! rtph264pay name=pay0 pt=96 config-interval=1 )"
)
LENGTH = struct.Struct("<I")


class Source:
    """Hands pictures to every pipeline that a client has opened."""

    def __init__(self) -> None:
        self._sink: Any = None

    def configure(self, _factory: Any, media: Any) -> None:
        """Take the pipeline of a new client."""
        self._sink = media.get_element().get_by_name("pictures")

    def read(self, loop: Any) -> None:
        """Push what comes on standard input until it ends."""
        pipe = sys.stdin.buffer
        while len(head := pipe.read(LENGTH.size)) == LENGTH.size:
            picture = pipe.read(LENGTH.unpack(head)[0])
            if self._sink is not None:
                self._sink.emit("push-buffer", Gst.Buffer.new_wrapped(picture))
        loop.quit()


def main() -> None:
    """Serve until the input ends."""
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(sys.argv[1] if len(sys.argv) > 1 else "0")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(LAUNCH)
    factory.set_shared(True)
    factory.set_latency(0)
    source = Source()
    factory.connect("media-configure", source.configure)
    server.get_mount_points().add_factory("/pole", factory)
    server.attach(None)
    print(f"rtsp://127.0.0.1:{server.get_bound_port()}/pole", flush=True)
    loop = GLib.MainLoop()
    threading.Thread(target=source.read, args=(loop,), daemon=True).start()
    loop.run()


if __name__ == "__main__":
    main()
