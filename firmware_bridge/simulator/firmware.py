"""The firmware: a state machine over the plant. It trusts nobody's word but its sensors', and stops by itself.

Stop is latched: whatever stopped it, only a new arming lets it move again. Time on the wall drives the watchdogs,
simulated time drives everything else, so that a fast simulation does not shorten the host's time to react.
"""

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

from firmware_bridge.camera_messages import ImageCaptured
from firmware_bridge.messages import Severity, StatusText
from firmware_bridge.simulator import drive
from firmware_bridge.simulator.parameters import Parameters
from firmware_bridge.simulator.plant import ENERGY_FULL_J, STEP_S, Plant
from firmware_bridge.types import ClimbState, Fault, Pose

MOVING = frozenset({ClimbState.MOVING, ClimbState.DESCENDING, ClimbState.JOGGING})
ARMED = MOVING | {ClimbState.HOLDING}
BOTTOM_M = 0.25
"""The camera axis when the robot stands on the ground."""
DESCENT_M_S = 0.25
RESCUE_M_S = 0.1
DESCENT_W = 60.0
RESERVE_J = 20_000.0
GUST_S = 3.0
JOG_S = 0.3
STALL_S = 0.5
LEVEL_M = 0.02
"""Goals this near are neither up nor down."""
LASTING = Fault.CLAMP_FORCE_LOW | Fault.SLIP | Fault.STALL | Fault.ESTOP | Fault.HEARTBEAT_LOST
"""Causes that arming is refused for while they last."""

Trigger = Callable[[Pose, int, float], bool]
"""True pose, still number, controller time: take a photograph; False if the camera cannot."""


class Firmware:
    """State, goal, latches and watchdogs; `commands` listens for it, `reports` speaks for it."""

    def __init__(self, plant: Plant, parameters: Parameters, random: Random, trigger: Trigger) -> None:
        self.plant = plant
        self.parameters = parameters
        self.random = random
        self.trigger = trigger
        self.outbox: deque[Any] = deque()
        self.estop_pressed = False
        self.uid = random.getrandbits(48)
        self.boot(heard_s=None)

    def boot(self, heard_s: float | None) -> None:
        """Start, or start again: disarmed, clamps held, a new session."""
        self.boot_id = self.random.randrange(1, 1 << 16)
        self.started_s = self.plant.time_s
        self.state = ClimbState.DISARMED
        self.faults = Fault(0)
        self.stop_category = 0
        self.goal_m, self.goal_deg, self.goal_m_s, self.goal_id = self.plant.height_m, 0.0, 0.0, 0
        self.goal_owner = 0
        self.jog_m_s = self.jog_deg_s = 0.0
        self.jogged_wall_s = 0.0
        self.nonce: tuple[int, float] | None = None
        self.heard_wall_s = heard_s
        self.alone = False
        """Coming down without a host."""
        self.stills = 0
        self.last_still: ImageCaptured | None = None
        self.breaches = 0
        self.clamps_open = False
        self.tilt_deg = 0.0
        """Of the camera mount, above its zero (CAM_TILT)."""
        self.light_percent = 0.0
        self.focus_percent: float | None = None
        self.gusts: deque[tuple[float, float]] = deque()
        self.stalled_s = 0.0
        self._next_gust_s = 0.0

    @property
    def time_boot_s(self) -> float:
        """The controller's clock."""
        return self.plant.time_s - self.started_s

    @property
    def on_ground(self) -> bool:
        """The ground switch."""
        return self.plant.height_m <= BOTTOM_M + 0.05

    @property
    def going_up(self) -> bool:
        """Beyond the last centimetres, in which the measured height wanders around the goal."""
        return self.state == ClimbState.MOVING and self.goal_m > self.plant.measured_height_m + LEVEL_M

    @property
    def gust_m_s(self) -> float:
        """Highest wind of the last 3 s."""
        return max((speed for _, speed in self.gusts), default=self.plant.wind_m_s)

    @property
    def energy_descent_j(self) -> float:
        """What coming down from here takes, with a fixed reserve."""
        return RESERVE_J + max(0.0, self.plant.height_m) / DESCENT_M_S * DESCENT_W

    @property
    def energy_low(self) -> bool:
        """Less left than the descent needs with its margin."""
        return self.plant.energy_j < self.parameters["ENERGY_MARGIN"] * self.energy_descent_j

    def say(self, severity: Severity, words: str) -> None:
        """Send a line of words."""
        self.outbox.append(StatusText(severity, words[:50]))

    def stop(self, cause: Fault, category: int, latch: ClimbState = ClimbState.STOPPED) -> None:
        """Stop and latch. The first cause decides state and category; later ones are added to the flags."""
        self.faults |= cause
        self.alone = False
        if self.state == ClimbState.ESTOPPED:
            return
        if self.state == ClimbState.FAULT and latch == ClimbState.STOPPED:
            return
        if self.state == latch and self.stop_category:
            self.stop_category = min(self.stop_category, category)
            return
        if self.state == ClimbState.DISARMED and latch == ClimbState.STOPPED:
            return
        self.state, self.stop_category = latch, category
        self.say(Severity.CRITICAL, f"stopped: {cause.name or cause}")

    def watch(self, wall_s: float) -> None:
        """Heartbeat watchdog and jog deadman, in wall time."""
        limit_s = self.parameters["LINK_TIMEOUT"]
        lost = self.heard_wall_s is None or wall_s - self.heard_wall_s > limit_s
        if lost and self.state in ARMED and not self.alone:
            self.stop(Fault.HEARTBEAT_LOST, category=2)
        if lost and self.state == ClimbState.STOPPED and Fault.HEARTBEAT_LOST in self.faults:
            self._rescue()
        if self.state == ClimbState.JOGGING and wall_s - self.jogged_wall_s > JOG_S:
            self.state = ClimbState.HOLDING

    def _rescue(self) -> None:
        """Link lost and the battery nearly needed for the way down: come down slowly, if that was allowed."""
        clamps_good = min(self.plant.clamps_n) >= self.parameters["LIM_FORCE"]
        if self.energy_low and self.parameters["AUTO_DESCENT"] == 1 and clamps_good:
            self.alone = True
            self.descend(RESCUE_M_S)
            self.say(Severity.EMERGENCY, "link lost, battery low: coming down alone")

    def step(self) -> None:
        """Advance by one step of the plant: control, physics, supervision."""
        climb_m_s, turn_deg_s = self._wanted()
        self.plant.step(climb_m_s, turn_deg_s, braked=self.state not in MOVING)
        self._supervise()
        if self.state == ClimbState.MOVING and self._arrived():
            self.state = ClimbState.HOLDING
        if self.state == ClimbState.DESCENDING and self.plant.measured_height_m <= BOTTOM_M + 0.01:
            self.state, self.stop_category, self.alone = ClimbState.DISARMED, 0, False

    def _wanted(self) -> tuple[float, float]:
        if self.state == ClimbState.JOGGING:
            return self.jog_m_s, self.jog_deg_s
        if self.state not in MOVING:
            return 0.0, 0.0
        to_go_m = self.goal_m - self.plant.measured_height_m
        to_go_deg = drive.turn_to_go(self.goal_deg, self.plant.measured_azimuth_deg)
        if self.state == ClimbState.DESCENDING:
            to_go_deg = 0.0
        return (
            drive.climb_rate(to_go_m, self.goal_m_s),
            drive.turn_rate(to_go_deg, self.parameters["LIM_TURN"]),
        )

    def _arrived(self) -> bool:
        plant = self.plant
        return (
            abs(self.goal_m - plant.measured_height_m) < drive.HEIGHT_CLOSE_M
            and abs(drive.turn_to_go(self.goal_deg, plant.measured_azimuth_deg)) < drive.AZIMUTH_CLOSE_DEG
            and abs(plant.rate_m_s) < drive.SETTLED_M_S
            and abs(plant.turn_deg_s) < drive.SETTLED_DEG_S
        )

    def _supervise(self) -> None:
        self._watch_weather_and_battery()
        if self.estop_pressed:
            self.stop(Fault.ESTOP, 1, ClimbState.ESTOPPED)
        if min(self.plant.clamps_n) < self.parameters["LIM_FORCE"]:
            self.stop(Fault.CLAMP_FORCE_LOW, 1, ClimbState.FAULT)
        if self.state not in MOVING:
            return
        if self.plant.slip > self.parameters["LIM_SLIP"]:
            self.stop(Fault.SLIP, 1, ClimbState.FAULT)
        self._watch_stall()
        self._watch_limits()
        if self.energy_low and self.going_up:
            self.faults |= Fault.ENERGY_LOW
            self.descend(DESCENT_M_S)
            self.say(Severity.CRITICAL, "battery needed for the descent: coming down")

    def _watch_weather_and_battery(self) -> None:
        if self.plant.time_s < self._next_gust_s:
            return
        self._next_gust_s = self.plant.time_s + 0.1
        self.gusts.append((self.plant.time_s, self.plant.wind_m_s))
        while self.gusts[0][0] < self.plant.time_s - GUST_S:
            self.gusts.popleft()
        low = self.energy_low
        self.faults = self.faults | Fault.ENERGY_LOW if low else self.faults & ~Fault.ENERGY_LOW
        windy = self.gust_m_s > self.parameters["LIM_GUST"]
        self.faults = self.faults | Fault.WIND_HIGH if windy else self.faults & ~Fault.WIND_HIGH
        if windy and self.going_up:
            self.say(Severity.WARNING, f"gust {self.gust_m_s:.1f} m/s: coming down")
            self.descend(DESCENT_M_S)

    def _watch_stall(self) -> None:
        wanted_m_s, _ = self._wanted()
        stalled = abs(wanted_m_s) > 0.05 and abs(self.plant.wheel_m_s) < 0.002
        self.stalled_s = self.stalled_s + STEP_S if stalled else 0.0
        if self.stalled_s > STALL_S:
            self.stop(Fault.STALL, 1, ClimbState.FAULT)

    def _watch_limits(self) -> None:
        plant = self.plant
        top_m = min(self.parameters["LIM_HEIGHT"], plant.pole.height_m) + 0.02
        wanted_m_s, _ = self._wanted()
        at_top = plant.measured_height_m > top_m and wanted_m_s > 0
        at_bottom = plant.measured_height_m < BOTTOM_M - 0.02 and wanted_m_s < 0
        if at_top or at_bottom:
            self.breaches += 1
            self.stop(Fault.TOP_LIMIT if at_top else Fault.BOTTOM_LIMIT, 2)

    def descend(self, speed_m_s: float) -> None:
        """Come down to the ground."""
        self.goal_m, self.goal_m_s = BOTTOM_M, speed_m_s
        self.state = ClimbState.DESCENDING

    def photograph(self) -> bool:
        """Trigger the camera where the robot truly is; whether it could."""
        plant = self.plant
        pose = Pose(
            height_m=plant.height_m,
            azimuth_deg=plant.azimuth_deg,
            standoff_mm=self.parameters["CAM_STANDOFF"],
            tilt_deg=self.parameters["CAM_TILT"] + self.tilt_deg,
        )
        return self.trigger(pose, self.stills, self.time_boot_s)

    @property
    def energy_percent(self) -> float:
        """Charge."""
        return 100 * self.plant.energy_j / ENERGY_FULL_J
