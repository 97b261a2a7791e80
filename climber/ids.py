"""Identifiers that sort by time (UUID version 7, RFC 9562, section 5.7)."""

import secrets
import uuid
from datetime import datetime


def uuid7(now: datetime) -> str:
    """Return a UUIDv7 of the aware time `now`: 48 bits of milliseconds, then 74 random bits."""
    milliseconds = int(now.timestamp() * 1000) & (2**48 - 1)
    random = secrets.randbits(74)
    value = milliseconds << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & (2**62 - 1)
    return str(uuid.UUID(int=value))
