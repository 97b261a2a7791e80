"""What the simulator knows and the climb does not: the true rusted area of a painted pole."""

import numpy as np
import numpy.typing as npt

from vision.geometry import area_m2_per_m_rad
from vision.types import PoleShape


def rusted_truth_m2(shape: PoleShape, rust: npt.NDArray[np.uint8], bottom_m: float = 0.0, top_m: float = 1e9) -> float:
    """Return the true area of the mask's rust between two heights, m2; `rust` is unrolled, row 0 = top."""
    rows, columns = rust.shape
    height_m = shape.height_m * (1 - (np.arange(rows) + 0.5) / rows)
    azimuth_deg = 360 * (np.arange(columns) + 0.5) / columns
    element_m2 = area_m2_per_m_rad(shape, height_m[:, None], azimuth_deg[None, :])
    element_m2 = element_m2 * (shape.height_m / rows) * (2 * np.pi / columns)
    within = ((height_m >= bottom_m) & (height_m < top_m))[:, None]
    return float((element_m2 * (rust > 0) * within).sum())
