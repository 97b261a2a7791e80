"""A stock ground station: pymavlink's mavutil with the public dialect, knowing nothing of ours.

python stock_peer.py live HOST:PORT     what it sees of a robot, as JSON
python stock_peer.py tlog FILE          how often each message occurs in a tlog, as JSON
"""

import json
import os
import sys
import time
from collections import Counter
from typing import Any

os.environ["MAVLINK20"] = "1"
from pymavlink import mavutil

CAMERA_INFORMATION = 259
WANTED = ("HEARTBEAT", "BATTERY_STATUS", "ATTITUDE", "LOCAL_POSITION_NED", "CAMERA_INFORMATION", "COMMAND_ACK")


def live(address: str) -> dict[str, Any]:
    """Connect, say hello, ask for camera information and parameters, listen."""
    peer = mavutil.mavlink_connection(f"tcp:{address}", dialect="common", source_system=254)
    peer.wait_heartbeat(timeout=40)
    peer.mav.heartbeat_send(6, 8, 0, 0, 4)
    peer.mav.param_request_list_send(1, 1)
    peer.mav.command_long_send(1, 1, 512, 0, CAMERA_INFORMATION, 0, 0, 0, 0, 0, 0)
    seen: dict[str, Any] = {}
    parameters: dict[str, float] = {}
    end_s = time.monotonic() + 40
    while time.monotonic() < end_s:
        message = peer.recv_match(blocking=True, timeout=1)
        if message is None:
            continue
        if message.get_type() == "PARAM_VALUE":
            parameters[message.param_id] = message.param_value
        seen.setdefault(message.get_type(), {"system": message.get_srcSystem(), **message.to_dict()})
        if all(name in seen for name in WANTED) and len(parameters) == seen["PARAM_VALUE"]["param_count"]:
            break
    peer.close()
    return {"seen": seen, "parameters": parameters}


def tlog(path: str) -> dict[str, int]:
    """Count the messages."""
    log = mavutil.mavlink_connection(path, dialect="common")
    counts: Counter[str] = Counter()
    while (message := log.recv_match()) is not None:
        counts[message.get_type()] += 1
    return counts


if __name__ == "__main__":
    what, where = sys.argv[1:]
    print(json.dumps(live(where) if what == "live" else tlog(where), default=str))
