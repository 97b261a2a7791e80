"""What `highmast doctor` looks at: ports, cameras and the right to use them. Sends nothing to a robot."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from climber.checkup import Finding, bad_robot, good, look
from climber.saying import Saying
from firmware_bridge.camera import open_camera
from firmware_bridge.discovery import AUTO, Candidate, candidates, choose, listen
from firmware_bridge.errors import CameraError, PortError
from firmware_bridge.ring import members

VIDEO = Path("/sys/class/video4linux")


def ports(found: list[Candidate]) -> Iterator[Finding]:
    """Serial ports, and whether this user may open them."""
    if not found:
        advice = Saying("plug the robot's cable in (its driver may be missing), or give --robot tcp://HOST:PORT")
        yield look("ports", Saying("no serial port"), advice)
    for port in found:
        yield may_open("port", Path(port.url), port.about)


def may_open(what: str, device: Path, about: str) -> Finding:
    """Whether this user may read and write a device; where not, which group may."""
    words = f"{device} ({about})"
    if os.name != "posix" or not device.exists() or os.access(device, os.R_OK | os.W_OK):
        return good(what, words)
    group = _group_of(device)
    join = Saying("run `sudo usermod -aG {group} $USER`, then log out and in", group=group)
    advice = join if group else Saying("ask for the right to open it")
    return bad_robot(what, Saying("{device}: this user may not open it", device=words), advice)


def _group_of(device: Path) -> str | None:
    """The group that may, unless that is root's own."""
    if sys.platform == "win32":
        return None
    import grp

    status = device.stat()
    if not status.st_gid or not status.st_mode & 0o060:
        return None
    return grp.getgrgid(status.st_gid).gr_name


def robot(url: str) -> Finding:
    """Listen for a heartbeat; nothing is sent."""
    try:
        heard = choose(candidates()) if url == AUTO else listen(Candidate(url, "as given"))
    except PortError as error:
        return bad_robot("robot", str(error), Saying("see the ports above"))
    if heard.is_robot:
        return good("robot", Saying("{heard} on {url}", heard=heard.words, url=heard.candidate.url))
    advice = Saying("is it switched on, is this its port, and is no other program using it?")
    return bad_robot("robot", f"{url}: {heard.words}", advice)


def cameras() -> Iterator[Finding]:
    """Video devices of this machine; elsewhere than on Linux they cannot be listed."""
    found = sorted(VIDEO.glob("video*")) if VIDEO.is_dir() else []
    if not found:
        advice = Saying("plug a USB camera in, or give --camera rtsp://... or http://...")
        yield look("cameras", Saying("no video device listed"), advice)
    for one in found:
        yield may_open("camera", Path("/dev", one.name), (one / "name").read_text().strip())


def camera(url: str) -> Iterator[Finding]:
    """Open each camera of a URL, a folder or a ring file, and wait for its first picture."""
    try:
        ring = members(url)
    except CameraError as error:
        yield bad_robot("camera", str(error), Saying("mend the file (firmware_bridge/CAMERA.md)"))
        return
    for member in ring:
        try:
            open_camera(member.url, lambda: None).close()
            yield good("camera", Saying("{url} can be opened", url=member.url))
        except CameraError as error:
            advice = Saying("open the same address with another program, such as VLC")
            yield bad_robot("camera", str(error), advice)
