"""What `highmast doctor` looks at: this machine's software, disk, clock and the way to the service."""

import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from climber import __version__
from climber.errors import InputError, RobotError, ServiceError
from climber.preflight import EARLIEST, JPEG_BYTES
from climber.saying import Saying

LIBRARIES = ("av", "numpy", "onnxruntime", "opencv-python-headless", "pydantic", "pyserial")
CLIMB_FRAMES = 1000
"""A 30 m pole has fewer."""
SKEW_S = 5.0
"""Clocks further apart than this put a climb at a wrong time."""
SERVICE_S = 5.0


class Health(Enum):
    """How a finding is to be taken; the value is the word that is shown."""

    GOOD = "ok"
    LOOK = "look"
    """Not needed for every use, or could not be told."""
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    health: Health
    words: str
    """What was found."""
    advice: str = ""
    """What to do about it; empty where nothing is to be done."""
    status: int = InputError.status
    """Exit status, if it is bad."""


def good(what: str, words: str) -> Finding:
    """All is well."""
    return Finding(what, Health.GOOD, words)


def look(what: str, words: str, advice: str) -> Finding:
    """To be known."""
    return Finding(what, Health.LOOK, words, advice)


def bad_robot(what: str, words: str, advice: str) -> Finding:
    """Robot or camera cannot be used."""
    return Finding(what, Health.BAD, words, advice, RobotError.status)


def machine() -> Iterator[Finding]:
    """Versions of everything that a report of a fault should name."""
    python, system = platform.python_version(), platform.platform()
    said = Saying("{version} on Python {python}, {system}", version=__version__, python=python, system=system)
    yield good("highmast", said)
    found, missing = [], []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    yield good("libraries", ", ".join(found))
    if missing:
        advice = Saying("install highmast again: {python} -m pip install highmast", python=sys.executable)
        yield Finding("libraries", Health.BAD, Saying("missing: {names}", names=", ".join(missing)), advice)


def model(path: Path | None) -> Finding:
    """Load the model and let it look at a grey picture."""
    from vision.segmenter import Segmenter

    try:
        segmenter = Segmenter.load(path)
        began_s = time.monotonic()
        segmenter.segment(np.full((480, 640, 3), 128, np.uint8))
    except ValueError as error:
        advice = Saying("give a sealed model file with --model, or install again")
        return Finding("model", Health.BAD, str(error), advice)
    spent_s = time.monotonic() - began_s
    info = segmenter.info
    name = f"{info.name} ({info.sha256[:12]})"
    said = Saying(
        "{name}, {spent_s:.2f} s for 640x480 on {cores} cores", name=name, spent_s=spent_s, cores=os.cpu_count()
    )
    return good("model", said)


def disk(folder: Path) -> Finding:
    """Room for a large climb where records are to go."""
    existing = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free_gb = shutil.disk_usage(existing).free / 1e9
    needed_gb = CLIMB_FRAMES * JPEG_BYTES / 1e9
    words = Saying("{free_gb:.1f} GB free at {place}", free_gb=free_gb, place=existing.resolve())
    if not os.access(existing, os.W_OK):
        closed, advice = Saying("{place} cannot be written", place=existing), Saying("give another place with --out")
        return Finding("disk", Health.BAD, closed, advice)
    if free_gb < needed_gb:
        advice = Saying(
            "a large climb takes {needed_gb:.1f} GB; make room, or give another place with --out", needed_gb=needed_gb
        )
        return Finding("disk", Health.BAD, words, advice)
    return good("disk", words)


def clock(now: datetime, service_time: datetime | None) -> Finding:
    """Against the earliest possible date, and against the service's clock where there is one."""
    here = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if now < EARLIEST:
        return Finding("clock", Health.BAD, here, Saying("set this machine's date and time, then switch NTP on"))
    if service_time is None:
        alone = Saying("{here}, compared with nothing", here=here)
        return look("clock", alone, Saying("compare it with a watch, or give --service"))
    ahead_s = (now - service_time).total_seconds()
    ahead = Saying("{here}, {seconds:.0f} s ahead of the service", here=here, seconds=ahead_s)
    behind = Saying("{here}, {seconds:.0f} s behind the service", here=here, seconds=-ahead_s)
    words = ahead if ahead_s > 0 else behind
    if abs(ahead_s) > SKEW_S:
        advice = Saying("switch NTP on, here or there (`timedatectl set-ntp true`)")
        return Finding("clock", Health.BAD, words, advice)
    return good("clock", words)


def service(url: str) -> tuple[Finding, datetime | None]:
    """Whether the history service can be reached and is ready, and what time it has."""
    import httpx

    try:
        answer = httpx.get(f"{url.rstrip('/')}/readyz", timeout=SERVICE_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        advice = Saying("check the address and the network; climbs are kept and can be sent later with `highmast sync`")
        return Finding("service", Health.BAD, f"{url}: {error}", advice, ServiceError.status), None
    told = answer.headers.get("date")
    there = parsedate_to_datetime(told).astimezone(UTC) if told else None
    if answer.status_code != httpx.codes.OK:
        words = Saying("{url} answers {status} to /readyz", url=url, status=answer.status_code)
        advice = Saying("ask who runs it; is it a highmast service?")
        return Finding("service", Health.BAD, words, advice, ServiceError.status), there
    return good("service", Saying("{url} is ready", url=url)), there
