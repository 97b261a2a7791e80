"""Control goes first: heavy threads step back, so that heartbeats keep their time on a busy laptop."""

import os
import sys
import threading

BACKGROUND = 10
"""Niceness."""


def step_back() -> None:
    """Lower the calling thread's priority, and that of threads it starts. Only Linux has one for each thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BACKGROUND)
