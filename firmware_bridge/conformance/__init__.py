"""Black-box checks of a robot's firmware, real or simulated, over its line. Each check says what it measured.

A check gets an open Robot and returns words; it fails by raising.
"""

from firmware_bridge.conformance import line, arming, motion  # noqa: F401, I001  they register their checks, in this order
from firmware_bridge.conformance.judge import CHECKS, Failed, conform

__all__ = ["CHECKS", "Failed", "conform"]
