"""The unrolled pole as it fills up: small, drawn while the climb lays frames on the map."""

import cv2
import numpy as np

from vision.coverage import State
from vision.surface import SurfaceMap

ROWS_PX = 600
COLUMNS_PX = 160
UNSEEN = (128, 128, 128)
POORLY_SEEN = (240, 200, 60)
RUST = (0, 114, 255)


def pole_picture(surface: SurfaceMap) -> bytes:
    """Draw the map at ROWS_PX x COLUMNS_PX as PNG: grey is not seen, yellow seen poorly, blue is rust.

    A cell shows rust when any element of its sample is rust. Reads the map while another thread writes it: a frame
    half laid shows half.
    """
    rows = np.linspace(0, surface.rows - 1, min(ROWS_PX * 4, surface.rows)).astype(np.intp)
    columns = np.linspace(0, surface.columns - 1, min(COLUMNS_PX * 4, surface.columns)).astype(np.intp)
    sample = np.ix_(rows, columns)
    picture = surface.colour[sample]
    state = surface.state[sample]
    picture[state < State.SEEN] = POORLY_SEEN
    picture[state == State.NOT_SEEN] = UNSEEN
    small = cv2.resize(picture, (COLUMNS_PX, ROWS_PX), interpolation=cv2.INTER_AREA)
    rust = cv2.dilate(surface.rust[sample], np.ones((5, 5), np.uint8))
    small[cv2.resize(rust, (COLUMNS_PX, ROWS_PX), interpolation=cv2.INTER_NEAREST) > 0] = RUST
    encoded: bytes = cv2.imencode(".png", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))[1].tobytes()
    return encoded
