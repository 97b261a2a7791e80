"""The simulator's loop: one thread moves bytes, firmware and plant; the camera works in others."""

import math
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from firmware_bridge.messages import SetupSigning
from firmware_bridge.protocol import CAMERA, CONTROLLER, ROBOT_SYSTEM, Protocol
from firmware_bridge.signing import Signer
from firmware_bridge.simulator import reports
from firmware_bridge.simulator.commands import Commands, is_stop
from firmware_bridge.simulator.faults import Faults, Planned
from firmware_bridge.simulator.firmware import BOTTOM_M, MOVING, Firmware
from firmware_bridge.simulator.line_noise import NoisyEnd
from firmware_bridge.simulator.parameters import Parameters
from firmware_bridge.simulator.plant import STEP_S, Plant, Pole
from firmware_bridge.simulator.stills import Render, Stills
from firmware_bridge.simulator.view import CameraView
from firmware_bridge.simulator.wire_end import open_wire_end
from firmware_bridge.types import ClimbState, Pose

FAST = math.inf
"""Speed: while the robot moves, as fast as the machine allows; while it stands, real time."""
BURST_S = 0.01
"""Wall time of one burst of steps in fast mode, between looks at the line."""
BEHIND_S = 0.25
"""A loop that was held up skips what lies further back than this, instead of racing after it."""
LOOP_S = 0.01


@dataclass(frozen=True, slots=True)
class Settings:
    """What `highmast simulate` was asked for."""

    pole: Pole
    serial: str = "pty"
    camera_host: str = "127.0.0.1"
    camera_port: int = 0
    seed: int = 0
    speed: float = 1.0
    view: CameraView = field(default_factory=CameraView)
    parameters: dict[str, float] = field(default_factory=dict)
    script: tuple[Planned, ...] = ()
    key: bytes | None = None
    """Shared with the host: unsigned words are then refused, except a stop."""


class Simulator:
    """Everything of one simulated robot."""

    def __init__(self, settings: Settings, render: Render) -> None:
        random = Random(settings.seed)
        standing = Pose(BOTTOM_M, 0.0, 600.0)
        self.speed = settings.speed
        self.stills = Stills(render, standing, settings.camera_host, settings.camera_port)
        plant = Plant(settings.pole, random, height_m=BOTTOM_M, encoder_m=BOTTOM_M)
        parameters = Parameters(**{"LIM_HEIGHT": settings.pole.height_m, **settings.parameters})
        self.firmware = Firmware(plant, parameters, random, self.stills.trigger)
        self.end = NoisyEnd(open_wire_end(settings.serial), Random(settings.seed + 1))
        self.faults = Faults(self.firmware, self.stills, self.end, settings.script)
        view = replace(settings.view, url=self.stills.url)
        self.protocol = Protocol(ROBOT_SYSTEM, CONTROLLER, _signer(settings.key), unsigned_ok=is_stop)
        self.commands = Commands(self.firmware, view, self.faults.inject)
        self._due_s = [0.0] * len(reports.PERIODIC)
        self._simulated_to_s = time.monotonic()

    def run(self, going_on: Callable[[], bool]) -> None:
        """Serve until `going_on` says no."""
        while going_on():
            self.turn()
        self.end.close()
        self.stills.close()

    def turn(self) -> None:
        """Once around: listen, supervise, move, report."""
        racing = self.speed == FAST and self.firmware.state in MOVING
        data = self.end.read(0.0 if racing else LOOP_S)
        now_s = time.monotonic()
        for packet in self.protocol.receive(data, now_s):
            if isinstance(packet.message, SetupSigning):
                self._take_key(packet.message)
            else:
                self.commands.receive(packet, now_s)
        self.firmware.watch(now_s)
        before = self.firmware.state
        self._advance()
        self.faults.due()
        self._report(changed=self.firmware.state != before or bool(data))

    def _take_key(self, message: SetupSigning) -> None:
        """Only the first key, and only disarmed: it comes over the cable."""
        if self.protocol.signer is None and self.firmware.state == ClimbState.DISARMED:
            self.protocol.signer = Signer(bytes(int(one) for one in message.key))

    def _advance(self) -> None:
        firmware, now_s = self.firmware, time.monotonic()
        if self.speed == FAST and firmware.state in MOVING:
            while firmware.state in MOVING and time.monotonic() - now_s < BURST_S:
                firmware.step()
            self._simulated_to_s = time.monotonic()
            return
        speed = 1.0 if self.speed == FAST else self.speed
        self._simulated_to_s = max(self._simulated_to_s, now_s - BEHIND_S)
        while self._simulated_to_s < now_s:
            firmware.step()
            self._simulated_to_s += STEP_S / speed

    def _report(self, changed: bool) -> None:
        plant = self.firmware.plant
        self.stills.look(Pose(plant.height_m, plant.azimuth_deg, self.firmware.parameters["CAM_STANDOFF"]))
        now_s = time.monotonic()
        if changed:
            # a host that waits for the end of a motion learns it now, not with the next period
            self.firmware.outbox.append(reports.climb_status(self.firmware))
        for place, period in enumerate(reports.PERIODIC):
            every_s = self.commands.intervals_s.get(reports.PERIODIC_IDS[place], period.every_s)
            if every_s < math.inf and now_s >= self._due_s[place]:
                self._due_s[place] = max(self._due_s[place] + every_s, now_s - every_s)
                self.firmware.outbox.append(period.make(self.firmware))
        out = b"".join(self._encode(message) for message in self.firmware.outbox)
        self.firmware.outbox.clear()
        self.end.write(out)

    def _encode(self, message: Any) -> bytes:
        camera = type(message) in reports.CAMERA_MESSAGES
        return self.protocol.encode(message, CAMERA if camera else CONTROLLER)


def _signer(key: bytes | None) -> Signer | None:
    return None if key is None else Signer(key)


def serve(settings: Settings, render: Render, announce: Callable[[str, str], None]) -> None:
    """Run until SIGTERM or SIGINT; `announce` gets the robot's and the camera's URL once both are open."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda caught, _: stopping.append(caught))
    simulator = Simulator(settings, render)
    announce(simulator.end.url, simulator.stills.url)
    simulator.run(lambda: not stopping)
