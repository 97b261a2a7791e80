"""How long a climb will still take, from the forecast at first and from its own pace later."""

TRUSTED_FRAMES = 8
"""From so many photographs on, the climb's own pace is trusted more than the forecast."""


class TimeLeft:
    """Seconds to the end of the way up, for a number of photographs planned in this run."""

    def __init__(self, planned: int, expected_s: float) -> None:
        """`expected_s` is the forecast of the whole way up."""
        self._planned = planned
        self._expected_s = expected_s
        self._began: tuple[float, int] | None = None

    def left_s(self, now_s: float, frames: int) -> float | None:
        """Return the seconds left when `frames` are taken; None without a plan. The first call starts the clock."""
        if not self._planned:
            return None
        began_s, first = self._began = self._began or (now_s, frames)
        taken = frames - first
        to_go = max(0, self._planned - taken)
        own_share = min(1.0, taken / TRUSTED_FRAMES)
        own_s = (now_s - began_s) / taken * to_go if taken else 0.0
        return own_share * own_s + (1 - own_share) * self._expected_s * to_go / self._planned
