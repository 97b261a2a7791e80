"""Signing keys in files that only their owner can read; beside each, the newest signing time that was used."""

import os
import secrets
from pathlib import Path

from firmware_bridge.errors import ProtocolError
from firmware_bridge.messages import SetupSigning
from firmware_bridge.protocol import CONTROLLER, ROBOT_SYSTEM
from firmware_bridge.signing import KEY_BYTES, Signer, ticks_now

OTHERS = 0o077


def new_key(path: Path) -> bytes:
    """Make a key file, readable by its owner alone; FileExistsError rather than overwrite one."""
    key = secrets.token_bytes(KEY_BYTES)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def read_key(path: Path) -> bytes:
    """The 32 bytes in a key file; ProtocolError says what is wrong with it."""
    try:
        words = path.read_text().strip()
    except OSError as error:
        raise ProtocolError(f"{path}: {error.strerror}; make a key with `highmast key {path}`") from None
    if os.name == "posix" and path.stat().st_mode & OTHERS:
        raise ProtocolError(f"{path} can be read by others; run `chmod 600 {path}`")
    try:
        key = bytes.fromhex(words)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ProtocolError(f"{path} should hold {2 * KEY_BYTES} hexadecimal digits; restore it from a copy")
    return key


def signer_for(path: Path, link: int = 0) -> Signer:
    """A signer with the file's key, whose times go on where they ended (`FILE.time`)."""
    return Signer(read_key(path), link, path.with_name(path.name + ".time"))


def give_key(path: Path, url: str) -> str:
    """Give the key to an unpaired, disarmed robot and hear it sign; return its identity. LinkLost if it did not."""
    from firmware_bridge.robot import Robot

    with Robot.open(url) as robot:
        key = tuple(float(byte) for byte in read_key(path))
        robot.session.link.send(SetupSigning(ROBOT_SYSTEM, CONTROLLER, key, ticks_now()))
    with Robot.open(url, key=path) as robot:
        return robot.identity
