"""Is a photograph worth keeping its station for? Said at once, so that a bad one is taken again on the spot."""

import numpy as np

from firmware_bridge.types import Frame
from vision.strip import useless_reason
from vision.types import PoleShape, View

TRIES = 3
"""Photographs at one station before the climb goes on with a gap."""


def fault_of(frame: Frame, before: Frame | None, shape: PoleShape, view: View) -> str | None:
    """Return what is wrong with a photograph: frozen, or ungradable where the pole is. None = nothing."""
    if before is not None and np.array_equal(frame.image, before.image):
        return "frozen: the camera sent the same picture again"
    return useless_reason(shape, view, frame.image)
