"""A simulator whose camera sees the pose itself: the green level is the height, the red level the azimuth.

python flat_simulator.py SERIAL SPEED [PARAMETER=VALUE...] [height_px=PIXELS]
"""

import json
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from firmware_bridge.keys import read_key
from firmware_bridge.simulator.plant import Pole
from firmware_bridge.simulator.process import Settings, serve
from firmware_bridge.simulator.view import CameraView
from firmware_bridge.types import Pose

PATIENT = {"LINK_TIMEOUT": 3.0}
"""A test on a busy machine may be held up for longer than the 0.5 s that a robot waits for its host."""


def picture(pose: Pose) -> npt.NDArray[np.uint8]:
    """One colour: height in 100 mm steps is green, azimuth in 2 degree steps is red. Two bars at the top are as long
    as the pose to 1 mm and 0.3 degrees, because no two pictures of a moved camera are alike."""
    image = np.zeros((960, 1280, 3), np.uint8)
    image[..., 0] = round(pose.azimuth_deg / 2)
    image[..., 1] = round(pose.height_m * 10)
    image[:8, : round(pose.height_m * 1000) % 1280] = 255
    image[16:24, : round(pose.azimuth_deg * 3.5)] = 255
    return image


def main() -> None:
    """Serve until SIGTERM."""
    serial, speed, *pairs = sys.argv[1:]
    given = PATIENT | {name: float(value) for name, value in (pair.split("=") for pair in pairs if "=" in pair)}
    view = CameraView(height_px=int(given.pop("height_px", 960)))
    keys = [read_key(Path(one)) for one in pairs if "=" not in one]
    settings = Settings(
        Pole(15.0, 300.0, 150.0),
        serial=serial,
        seed=3,
        speed=float("inf") if speed == "max" else float(speed),
        parameters=given,
        view=view,
        key=keys[0] if keys else None,
    )
    serve(settings, picture, lambda robot, camera: print(json.dumps({"robot": robot, "camera": camera}), flush=True))


if __name__ == "__main__":
    main()
