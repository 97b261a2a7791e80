"""Rust grades from a rusted fraction: ISO 4628-3 by our published binning rule, and ASTM D610.

Sources: ISO 4628-3 gives pictures at 0, 0.05, 0.5, 1, 8 and 40 to 50 % rusted area and no edges between
them, so the edges here are ours (`RULE`, explained in GRADING.md). ASTM D610 table 1 gives upper bounds.
"""

from bisect import bisect_left

RULE = "nearest-picture/1"
"""Name and version of the ISO 4628-3 rule, stored with every grade; a changed edge is a new version."""

ISO_4628_3 = ("Ri0", "Ri1", "Ri2", "Ri3", "Ri4", "Ri5")
"""From no rust to most rust."""

ISO_UPPER = (0.0001, 0.0016, 0.007, 0.028, 0.19)
"""Largest rusted fraction of Ri0 to Ri4: geometric means of the pictures' areas, two digits; Ri0 0.01 %."""

D610_UPPER = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.16, 0.33, 0.5)
"""Largest rusted fraction of grades 10 to 1; above the last is 0."""


def iso_4628_3(fraction: float) -> str:
    """Return the degree of rusting, `Ri0` to `Ri5`, of a rusted fraction in [0, 1].

    Raises ValueError outside that range.
    """
    return ISO_4628_3[bisect_left(ISO_UPPER, _checked(fraction))]


def astm_d610(fraction: float) -> int:
    """Return the rust grade, 10 (none) to 0 (more than half), of a rusted fraction in [0, 1].

    Raises ValueError outside that range.
    """
    return 10 - bisect_left(D610_UPPER, _checked(fraction))


def _checked(fraction: float) -> float:
    if not 0 <= fraction <= 1:
        raise ValueError(f"rusted fraction {fraction} is outside 0 to 1; give a share of area, not per cent")
    return fraction
