"""The physical robot on its pole: a small seeded ODE. What is true here is not what the firmware measures.

Order of one step: wind, drive and slip, turn, clamps, battery, sensors. Values are typical of a 25 kg climber.
"""

import math
from dataclasses import dataclass, field
from random import Random

STEP_S = 0.002
GRAVITY_M_S2 = 9.80665
MASS_KG = 25.0
FRICTION = 0.6
CLAMPS = 4
CLAMP_N = 500.0
"""Nominal; traction 4 x 500 N x 0.6 = 1200 N carries 245 N of weight with a wide margin."""
CREEP = 0.004
"""Slip at full use of the traction, fraction of wheel travel."""
ACCELERATION_M_S2 = 0.4
BRAKE_M_S2 = 2.0
TURN_ACCELERATION_DEG_S2 = 90.0
ENERGY_FULL_J = 900_000.0
IDLE_W = 25.0
EFFICIENCY = 0.55
PACK_V, PACK_OHM = 50.4, 0.08
HEIGHT_STD_M = 0.004
AZIMUTH_STD_DEG = 0.25
SENSOR_DRIFT_S = 60.0
"""Time constant of the wander of the measured pose around the true one."""
WIND_S = 5.0
RELAXATION_PER_S = 1e-6


@dataclass(slots=True)
class Pole:
    """What the robot stands on."""

    height_m: float
    base_diameter_mm: float
    top_diameter_mm: float

    def diameter_mm(self, height_m: float) -> float:
        """Straight taper."""
        part = min(max(height_m / self.height_m, 0.0), 1.0)
        return self.base_diameter_mm + part * (self.top_diameter_mm - self.base_diameter_mm)


@dataclass(slots=True)
class Ails:
    """Injected faults of the machine; the firmware must find them by its sensors."""

    clamp_leak_per_s: float = 0.0
    grip: float = 1.0
    """Factor on friction."""
    encoder_gain: float = 0.0
    """Fraction that the wheels count too much."""
    jammed: bool = False
    wind_m_s: float | None = None


@dataclass(slots=True)
class Plant:
    """True state of robot and surroundings; `step` moves it on by STEP_S."""

    pole: Pole
    random: Random
    height_m: float
    azimuth_deg: float = 0.0
    rate_m_s: float = 0.0
    turn_deg_s: float = 0.0
    wheel_m_s: float = 0.0
    encoder_m: float = 0.0
    slip: float = 0.0
    energy_j: float = ENERGY_FULL_J
    power_w: float = IDLE_W
    wind_m_s: float = 4.0
    mean_wind_m_s: float = 4.0
    clamps_n: list[float] = field(default_factory=lambda: [CLAMP_N] * CLAMPS)
    height_error_m: float = 0.0
    azimuth_error_deg: float = 0.0
    time_s: float = 0.0
    ails: Ails = field(default_factory=Ails)

    def step(self, climb_m_s: float, turn_deg_s: float, braked: bool) -> None:
        """Advance by STEP_S under the wanted rates; `braked` stops the wheels whatever is wanted."""
        self.time_s += STEP_S
        self._blow()
        self._climb(0.0 if braked else climb_m_s, BRAKE_M_S2 if braked else ACCELERATION_M_S2)
        self._turn(0.0 if braked else turn_deg_s)
        self._relax()
        self._drain()
        self._sense()

    def _blow(self) -> None:
        if self.ails.wind_m_s is not None:
            self.wind_m_s = self.ails.wind_m_s
            return
        pull = (self.mean_wind_m_s - self.wind_m_s) * STEP_S / WIND_S
        self.wind_m_s = abs(self.wind_m_s + pull + self.random.gauss(0.0, 1.0) * math.sqrt(2 * STEP_S / WIND_S))

    def _climb(self, wanted_m_s: float, limit_m_s2: float) -> None:
        if self.ails.jammed:
            wanted_m_s, limit_m_s2 = 0.0, 1000.0
        change = max(-limit_m_s2 * STEP_S, min(limit_m_s2 * STEP_S, wanted_m_s - self.wheel_m_s))
        self.wheel_m_s += change
        load_n = MASS_KG * abs(GRAVITY_M_S2 + change / STEP_S)
        grip_n = max(FRICTION * self.ails.grip * sum(self.clamps_n), 1.0)
        use = load_n / grip_n
        self.slip = CREEP * use if use < 1 else min(1.0, CREEP + (use - 1))
        self.rate_m_s = self.wheel_m_s - self.slip * abs(self.wheel_m_s)
        self.height_m += self.rate_m_s * STEP_S
        self.encoder_m += self.wheel_m_s * STEP_S * (1 + self.ails.encoder_gain)
        lift_w = load_n * self.wheel_m_s / EFFICIENCY if self.wheel_m_s > 0 else 0.0
        self.power_w = IDLE_W + lift_w + 30.0 * (abs(self.wheel_m_s) > 0)

    def _turn(self, wanted_deg_s: float) -> None:
        most = TURN_ACCELERATION_DEG_S2 * STEP_S
        self.turn_deg_s += max(-most, min(most, wanted_deg_s - self.turn_deg_s))
        self.azimuth_deg = (self.azimuth_deg + self.turn_deg_s * STEP_S) % 360

    def _relax(self) -> None:
        lost = RELAXATION_PER_S * STEP_S
        self.clamps_n[:] = [force * (1 - lost) for force in self.clamps_n]
        if self.ails.clamp_leak_per_s:
            self.clamps_n[0] *= 1 - self.ails.clamp_leak_per_s * STEP_S

    def _drain(self) -> None:
        self.energy_j = max(0.0, self.energy_j - self.power_w * STEP_S)

    def _sense(self) -> None:
        keep, kick = 1 - STEP_S / SENSOR_DRIFT_S, math.sqrt(2 * STEP_S / SENSOR_DRIFT_S)
        gauss = self.random.gauss
        self.height_error_m = self.height_error_m * keep + gauss(0.0, HEIGHT_STD_M) * kick
        self.azimuth_error_deg = self.azimuth_error_deg * keep + gauss(0.0, AZIMUTH_STD_DEG) * kick

    @property
    def measured_height_m(self) -> float:
        """What the firmware's fusion says."""
        return self.height_m + self.height_error_m

    @property
    def measured_azimuth_deg(self) -> float:
        """What the firmware's fusion says."""
        return (self.azimuth_deg + self.azimuth_error_deg) % 360

    @property
    def battery_v(self) -> float:
        """Pack voltage under load."""
        charge = self.energy_j / ENERGY_FULL_J
        return (PACK_V - 9.0 * (1 - charge)) - PACK_OHM * self.power_w / PACK_V
