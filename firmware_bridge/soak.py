"""Feed damaged bytes to the decoder for as long as asked: `python -m firmware_bridge.soak --seconds 600`.

Half of the rounds are pure noise, half are good frames with bits flipped, bytes lost, bytes put in and frames cut
short; each is read by an unsigned and by a signed end. Nothing may be raised, no end may keep more than one frame
back, memory may not grow, and a signed end may take nothing that was not sent. A 16-bit checksum alone lets about one
in 65536 damaged frames through: those are counted. Status 1 if anything of this does not hold.
"""

import argparse
import resource
import sys
import time
from dataclasses import dataclass, replace
from random import Random

from firmware_bridge.framing import LONGEST_BYTES, RawFrame
from firmware_bridge.messages import ClimbStatus, CommandLong, Heartbeat, Severity, StatusText
from firmware_bridge.orders import Command
from firmware_bridge.protocol import HOST_COMPONENT, HOST_SYSTEM, ROBOT_SYSTEM, Protocol
from firmware_bridge.signing import Signer
from firmware_bridge.types import ClimbState, Fault

KEY = bytes(range(32))
STATUS = ClimbStatus(
    1.5, 2.25, 0.004, 2.2, 0.25, 4.0, 0.2, 90.0, 45.0, 0.1, 0.01, Fault.SLIP, 3, 77, ClimbState.MOVING, 0, 0
)
ROUND_BYTES = 4096
FRAMES = 60
"""Good frames in a round."""
WARM_ROUNDS = 200
MOST_GROWTH_KB = 20_000
SLACK = 5
"""Wrongly taken frames beyond four times the expected number that are still chance."""


@dataclass(slots=True)
class Tally:
    """What happened."""

    rounds: int = 0
    fed: int = 0
    """Bytes."""
    sent: int = 0
    good: int = 0
    """Frames taken that were sent."""
    wrong_unsigned: int = 0
    wrong_signed: int = 0
    most_kept: int = 0
    grown_kb: int = 0

    def failures(self) -> list[str]:
        """What does not hold."""
        failed = []
        if self.wrong_signed:
            failed.append(f"{self.wrong_signed} frames that nobody sent passed the signature")
        if self.wrong_unsigned > 4 * self.fed / 65536 + SLACK:
            failed.append(f"{self.wrong_unsigned} wrong frames passed the checksum: more than chance")
        if self.most_kept >= LONGEST_BYTES:
            failed.append(f"{self.most_kept} bytes were kept back (less than {LONGEST_BYTES})")
        if self.grown_kb > MOST_GROWTH_KB:
            failed.append(f"memory grew by {self.grown_kb} kB (at most {MOST_GROWTH_KB})")
        return failed


class Soak:
    """One seeded run."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._mouths = [Protocol(ROBOT_SYSTEM, 1), Protocol(ROBOT_SYSTEM, 1, Signer(KEY))]
        self._ears = [Protocol(HOST_SYSTEM, HOST_COMPONENT), Protocol(HOST_SYSTEM, HOST_COMPONENT, Signer(KEY))]
        self._before: list[set[bytes]] = [set(), set()]
        """Sent in the round before: the last of them may be completed in this one."""
        self._now_s = 0.0
        self.tally = Tally()

    def round(self) -> None:
        """Noise or damaged frames, to both ends, in pieces."""
        for place, ear in enumerate(self._ears):
            sent: set[bytes] = set()
            if self._random.random() < 0.5:
                stream = self._random.randbytes(ROUND_BYTES)
            else:
                frames = [self._mouths[place].encode(self._message()) for _ in range(FRAMES)]
                sent, stream = set(frames), b"".join(map(self._damaged, frames))
            self._feed(ear, stream, sent | self._before[place], signed=place == 1)
            self.tally.sent += len(sent)
            self._before[place] = sent
        self.tally.rounds += 1

    def _feed(self, ear: Protocol, stream: bytes, sent: set[bytes], signed: bool) -> None:
        tally, taken = self.tally, 0
        tally.fed += len(stream)
        while stream:
            size = self._random.randint(1, 300)
            piece, stream = stream[:size], stream[size:]
            self._now_s += self._random.choice((0.001, 0.1))
            for packet, frame in self._receive(ear, piece):
                taken += packet
                if packet and frame not in sent:
                    tally.wrong_signed += signed
                    tally.wrong_unsigned += not signed
            tally.most_kept = max(tally.most_kept, ear.framer.kept_bytes)
        tally.good += taken

    def _receive(self, ear: Protocol, piece: bytes) -> list[tuple[bool, bytes]]:
        """Each frame that the piece completes: whether it was taken, and its bytes."""
        segments = ear.framer.segments(piece, self._now_s)
        return [(ear.open(one, self._now_s) is not None, one.data) for one in segments if isinstance(one, RawFrame)]

    def _damaged(self, frame: bytes) -> bytes:
        kind, at = self._random.randrange(8), self._random.randrange(len(frame))
        if kind == 0:
            return frame[:at]
        if kind == 1:
            return frame[:at] + self._random.randbytes(self._random.randint(1, 40)) + frame[at:]
        if kind == 2:
            return frame[:at] + frame[at + self._random.randint(1, 20) :]
        if kind == 3:
            changed = bytearray(frame)
            for _ in range(self._random.randint(1, 9)):
                changed[self._random.randrange(len(frame))] ^= 1 << self._random.randrange(8)
            return bytes(changed)
        return frame

    def _message(self) -> object:
        random = self._random
        numbers = [random.uniform(-1e3, 1e3) for _ in range(7)]
        return random.choice(
            (
                Heartbeat(10, 0, 1, random.randrange(8), 4),
                StatusText(Severity.INFO, "words " * random.randint(0, 8)),
                CommandLong(1, 1, Command.STOP, random.randrange(256), *numbers),
                replace(STATUS, time_boot_s=random.randrange(1 << 20) / 1000, height_m=numbers[0]),
            )
        )


def soak(seconds: float, seed: int) -> Tally:
    """Run for so long; every exception is the caller's."""
    run, began_s, warm_kb = Soak(seed), time.monotonic(), 0
    while time.monotonic() - began_s < seconds or run.tally.rounds <= WARM_ROUNDS:
        run.round()
        if run.tally.rounds == WARM_ROUNDS:
            warm_kb = _most_kb()
    run.tally.grown_kb = _most_kb() - warm_kb
    return run.tally


def _most_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> int:
    """Print what happened."""
    parser = argparse.ArgumentParser(prog="python -m firmware_bridge.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    tally = soak(given.seconds, given.seed)
    print(
        f"{tally.fed / 1e6:.1f} MB in {tally.rounds} rounds; {tally.sent} frames sent, about half of them damaged, "
        f"{tally.good} taken; wrong ones: {tally.wrong_unsigned} by checksum, {tally.wrong_signed} by signature; "
        f"at most {tally.most_kept} bytes kept back; memory grew by {tally.grown_kb} kB"
    )
    for failure in tally.failures():
        print(f"FAILED: {failure}")
    return 1 if tally.failures() else 0


if __name__ == "__main__":
    sys.exit(main())
