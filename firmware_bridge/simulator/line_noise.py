"""A bad cable: bytes lost, changed or late, by a seeded chance, in front of a wire end."""

import time
from collections import deque
from random import Random

from firmware_bridge.simulator.wire_end import WireEnd


class NoisyEnd:
    """A wire end behind a line that can be damaged while it runs."""

    def __init__(self, end: WireEnd, random: Random) -> None:
        self.url = end.url
        self.drop = 0.0
        self.flip = 0.0
        self.delay_s = 0.0
        self.mute = False
        self._end = end
        self._random = random
        self._late: deque[tuple[float, bytes]] = deque()

    def read(self, wait_s: float) -> bytes:
        """What came through."""
        return self._damaged(self._end.read(wait_s))

    def write(self, data: bytes) -> None:
        """Send, perhaps later, perhaps not all of it."""
        now_s = time.monotonic()
        if not self.mute and data:
            self._late.append((now_s + self.delay_s, self._damaged(data)))
        while self._late and self._late[0][0] <= now_s:
            self._end.write(self._late.popleft()[1])

    def close(self) -> None:
        """Release."""
        self._end.close()

    def _damaged(self, data: bytes) -> bytes:
        if not self.drop and not self.flip:
            return data
        chance = self._random.random
        kept = bytearray(byte for byte in data if chance() >= self.drop)
        for place in range(len(kept)):
            if chance() < self.flip:
                kept[place] ^= 1 << self._random.randrange(8)
        return bytes(kept)
