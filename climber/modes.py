"""How a climb is led: by plan, station by station on a key, or by hand."""

from enum import Enum


class Mode(Enum):
    """Who decides what comes next."""

    AUTO = "auto"
    """The plan, from the first station to the last."""
    SEMI = "semi"
    """The plan, each next station on a key."""
    HAND = "hand"
    """The crew: hold to run, photograph where they choose, come down when they ask."""
