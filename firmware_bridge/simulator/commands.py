"""What the firmware answers to each message of the host. Checked first, done after; every command is acknowledged."""

import math
from collections.abc import Callable
from typing import Any

from firmware_bridge.camera_messages import ImageCaptured, MountSet
from firmware_bridge.messages import (
    ArmChallenge,
    CommandAck,
    CommandLong,
    Heartbeat,
    ManualControl,
    MessageInterval,
    ParameterList,
    ParameterRead,
    ParameterSet,
    ParameterValue,
    Result,
    TimeSync,
)
from firmware_bridge.orders import FORCE_ARM, Command, Refusal
from firmware_bridge.protocol import Packet
from firmware_bridge.simulator import accessories, parameters, reports
from firmware_bridge.simulator.firmware import ARMED, BOTTOM_M, DESCENT_M_S, LASTING, LEVEL_M, Firmware
from firmware_bridge.simulator.view import CameraView
from firmware_bridge.types import ClimbState, Fault

CHALLENGE_S = 5.0
DATUM_M = 0.5
"""A datum further from the ground switch than this is a mistake."""
LAST_STILL = 1 << 24
"""Beyond it a 32-bit float skips whole numbers."""
LEAST_SPEED_M_S = 0.005
NEVER_SLOWED = frozenset({0, 64200})
"""HEARTBEAT and CLIMB_STATUS: the host's safety rests on them."""
FASTEST_US, SLOWEST_US = 20_000, (1 << 31) - 1
"""The slowest is what MESSAGE_INTERVAL can tell, 36 minutes."""

Answer = Refusal | None
"""None = accepted."""
Order = Callable[[CommandLong, Packet, float], Answer]


def is_stop(message: Any) -> bool:
    """A stop is taken unsigned and from anyone."""
    return isinstance(message, CommandLong) and message.command == Command.STOP


class Commands:
    """The firmware's ear."""

    def __init__(self, firmware: Firmware, view: CameraView, inject: Callable[[int, int, float], bool]) -> None:
        self.firmware = firmware
        self.view = view
        self._inject = inject
        self.intervals_s: dict[int, float] = {}
        """By message id, where the host asked for another than the default; infinite = off."""
        self._orders: dict[int, Order] = {
            Command.ARM: self._arm,
            Command.ARM_CONFIRM: self._confirm,
            Command.GOTO: self._goto,
            Command.STOP: self._stop,
            Command.PAUSE: self._pause,
            Command.DESCEND: self._descend,
            Command.CAPTURE_START: self._capture,
            Command.REQUEST_MESSAGE: self._request,
            Command.SET_INTERVAL: self._set_interval,
            Command.REBOOT: self._reboot,
            Command.ESTOP_RESET: self._reset_estop,
            Command.INJECT_FAILURE: self._fail,
            Command.SET_DATUM: self._set_datum,
            Command.CLAMP_RELEASE: self._release,
            **accessories.orders(firmware),
        }

    def receive(self, packet: Packet, wall_s: float) -> None:
        """Act on one packet that came at `wall_s`."""
        match packet.message:
            case Heartbeat():
                self.firmware.heard_wall_s = wall_s
            case CommandLong() as order if order.target_system in (0, 1):
                self._command(order, packet, wall_s)
            case TimeSync(answer_ns=0, asked_ns=asked):
                now_ns = round(self.firmware.time_boot_s * 1e9)
                self.firmware.outbox.append(TimeSync(now_ns, asked))
            case MountSet(target_system=0 | 1) as mount:
                accessories.tilt(self.firmware, mount.tilt_deg, mount.pan_deg)
            case ManualControl() as jog:
                self._jog(jog, wall_s)
            case ParameterList():
                self.firmware.outbox.extend(self._parameter(name) for name in parameters.NAMES)
            case ParameterRead() | ParameterSet() as request:
                self._parameter_request(request)

    def _command(self, order: CommandLong, packet: Packet, wall_s: float) -> None:
        handler = self._orders.get(order.command)
        refusal = Refusal.UNKNOWN if handler is None else handler(order, packet, wall_s)
        result = Result.ACCEPTED if refusal is None else Result.DENIED
        if refusal == Refusal.UNKNOWN:
            result = Result.UNSUPPORTED
        self.firmware.outbox.append(CommandAck(order.command, result, 0, refusal or 0, packet.system, packet.component))

    def _arm(self, order: CommandLong, _: Packet, wall_s: float) -> Answer:
        firmware = self.firmware
        if order.p1 == 0:
            if firmware.state in ARMED and not firmware.on_ground:
                return Refusal.NOT_ON_GROUND
            firmware.state = ClimbState.DISARMED
            return None
        if order.p2 == FORCE_ARM:
            return Refusal.FORCED_ARM
        failed = self._failed_checks(wall_s)
        nonce = 0 if failed else firmware.random.randrange(1, 1 << 32)
        firmware.nonce = None if failed else (nonce, wall_s + CHALLENGE_S)
        firmware.outbox.append(ArmChallenge(nonce, CHALLENGE_S, failed))
        return Refusal.FAULT if failed else None

    def _failed_checks(self, wall_s: float) -> Fault:
        """The causes that last now; latched flags whose cause is gone do not count."""
        firmware = self.firmware
        heard = firmware.heard_wall_s
        silent = heard is None or wall_s - heard > firmware.parameters["LINK_TIMEOUT"]
        failed = Fault.HEARTBEAT_LOST if silent else Fault(0)
        if min(firmware.plant.clamps_n) < firmware.parameters["LIM_FORCE"]:
            failed |= Fault.CLAMP_FORCE_LOW
        if firmware.state == ClimbState.ESTOPPED:
            failed |= Fault.ESTOP
        if firmware.plant.ails.jammed:
            failed |= Fault.STALL
        return failed & LASTING

    def _confirm(self, order: CommandLong, _: Packet, wall_s: float) -> Answer:
        firmware = self.firmware
        if not self._right_nonce(order, wall_s):
            return Refusal.BAD_NONCE
        if self._failed_checks(wall_s):
            return Refusal.FAULT
        if firmware.state not in ARMED:
            firmware.state, firmware.stop_category = ClimbState.HOLDING, 0
            firmware.faults &= Fault.WIND_HIGH | Fault.ENERGY_LOW
            firmware.clamps_open = False
        return None

    def _right_nonce(self, order: CommandLong, wall_s: float) -> bool:
        """Whether the challenge is answered rightly and in time; it is used up either way."""
        expected, self.firmware.nonce = self.firmware.nonce, None
        if expected is None or wall_s > expected[1] or order.p1 is None or order.p2 is None:
            return False
        return int(order.p1) + (int(order.p2) << 16) == expected[0]

    def _release(self, order: CommandLong, _: Packet, wall_s: float) -> Answer:
        firmware = self.firmware
        if not firmware.on_ground or firmware.state != ClimbState.DISARMED:
            return Refusal.NOT_ON_GROUND
        if not self._right_nonce(order, wall_s):
            return Refusal.BAD_NONCE
        firmware.clamps_open = True
        return None

    def _set_datum(self, order: CommandLong, _: Packet, __: float) -> Answer:
        """Height and azimuth that the sensors are to read here."""
        firmware, plant = self.firmware, self.firmware.plant
        if order.p1 is None or order.p2 is None:
            return Refusal.NOT_FINITE
        if not firmware.on_ground or firmware.state != ClimbState.DISARMED:
            return Refusal.NOT_ON_GROUND
        if abs(order.p1 - plant.height_m) > DATUM_M or not 0 <= order.p2 < 360:
            return Refusal.OUT_OF_RANGE
        plant.height_error_m = order.p1 - plant.height_m
        plant.azimuth_deg, plant.azimuth_error_deg = order.p2, 0.0
        return None

    def _goto(self, order: CommandLong, packet: Packet, wall_s: float) -> Answer:
        firmware, limits = self.firmware, self.firmware.parameters
        values = (order.p1, order.p2, order.p3, order.p4, order.p5)
        if None in values:
            return Refusal.NOT_FINITE
        height_m, azimuth_deg, speed_m_s, session, goal_id = (value or 0.0 for value in values)
        if self._repeated(packet, session, goal_id):
            return None
        if (stale := self._stale(session, goal_id)) is not None:
            return stale
        highest_m = min(limits["LIM_HEIGHT"], firmware.plant.pole.height_m)
        if not (
            BOTTOM_M <= height_m <= highest_m
            and 0 <= azimuth_deg < 360
            and LEAST_SPEED_M_S <= speed_m_s <= limits["LIM_SPEED"]
        ):
            return Refusal.OUT_OF_RANGE
        refusal = self._may_move(wall_s, up=height_m > firmware.plant.measured_height_m + LEVEL_M)
        if refusal is None:
            firmware.goal_m, firmware.goal_deg, firmware.goal_m_s = height_m, azimuth_deg, speed_m_s
            firmware.goal_id, firmware.goal_owner = int(goal_id), packet.system
            firmware.state = ClimbState.MOVING
        return refusal

    def _repeated(self, packet: Packet, session: float, goal_id: float) -> bool:
        """The goal that is being done or was done last: acknowledged again, not done again."""
        firmware = self.firmware
        return (session, goal_id, packet.system) == (firmware.boot_id, firmware.goal_id, firmware.goal_owner)

    def _stale(self, session: float, goal_id: float) -> Answer:
        """Why a goal that is not a repeated one is no new one either."""
        if session != self.firmware.boot_id:
            return Refusal.OLD_SESSION
        if not 1 <= goal_id < 1 << 16 or goal_id != math.floor(goal_id):
            return Refusal.OUT_OF_RANGE
        return None if goal_id > self.firmware.goal_id else Refusal.OLD_GOAL

    def _may_move(self, wall_s: float, up: bool) -> Answer:
        firmware = self.firmware
        if firmware.heard_wall_s is None or wall_s - firmware.heard_wall_s > firmware.parameters["LINK_TIMEOUT"]:
            return Refusal.NO_HEARTBEAT
        if firmware.state in (ClimbState.FAULT, ClimbState.ESTOPPED):
            return Refusal.FAULT
        if firmware.state not in ARMED:
            return Refusal.NOT_ARMED
        if firmware.state == ClimbState.DESCENDING and up:
            return Refusal.WRONG_STATE
        if up and Fault.WIND_HIGH in firmware.faults:
            return Refusal.WIND
        if up and firmware.energy_low:
            return Refusal.ENERGY
        return None

    def _stop(self, order: CommandLong, _: Packet, __: float) -> Answer:
        self.firmware.stop(Fault.STOP_COMMAND, 2 if order.p1 == 2 else 1)
        return None

    def _pause(self, order: CommandLong, _: Packet, __: float) -> Answer:
        if order.p1 != 0:
            return Refusal.UNKNOWN  # there is no automatic resume
        self.firmware.stop(Fault.STOP_COMMAND, 2)
        return None

    def _descend(self, order: CommandLong, packet: Packet, wall_s: float) -> Answer:
        firmware = self.firmware
        if None in (order.p1, order.p4, order.p5):
            return Refusal.NOT_FINITE
        session, goal_id = order.p4 or 0.0, order.p5 or 0.0
        if self._repeated(packet, session, goal_id):
            return None
        if (stale := self._stale(session, goal_id)) is not None:
            return stale
        speed_m_s = order.p1 or DESCENT_M_S
        if not LEAST_SPEED_M_S <= speed_m_s <= firmware.parameters["LIM_SPEED"]:
            return Refusal.OUT_OF_RANGE
        refusal = self._may_move(wall_s, up=False)
        if refusal is None:
            firmware.goal_id, firmware.goal_owner = int(goal_id), packet.system
            firmware.descend(speed_m_s)
        return refusal

    def _capture(self, order: CommandLong, _: Packet, __: float) -> Answer:
        """One still for each sequence number (parameter 4); a repeated number is not taken again."""
        firmware = self.firmware
        if order.p4 is None:
            return Refusal.NOT_FINITE
        if not 1 <= order.p4 <= LAST_STILL or order.p4 != math.floor(order.p4):
            return Refusal.OUT_OF_RANGE
        if order.p4 != firmware.stills or firmware.last_still is None:
            firmware.stills = int(order.p4)
            if not firmware.photograph():
                return Refusal.CAMERA
            firmware.last_still = ImageCaptured(
                firmware.time_boot_s, firmware.plant.measured_height_m, (1.0, 0.0, 0.0, 0.0), firmware.stills, 1, ""
            )
        firmware.outbox.append(firmware.last_still)
        return None

    def _request(self, order: CommandLong, _: Packet, __: float) -> Answer:
        made = reports.on_request(int(order.p1 or 0), self.firmware, self.view)
        if made is None:
            return Refusal.UNKNOWN
        self.firmware.outbox.append(made)
        return None

    def _set_interval(self, order: CommandLong, _: Packet, __: float) -> Answer:
        if order.p1 is None or order.p2 is None:
            return Refusal.NOT_FINITE
        message_id, interval_us = int(order.p1), order.p2
        if message_id in NEVER_SLOWED or message_id not in reports.PERIODIC_IDS:
            return Refusal.OUT_OF_RANGE
        if interval_us not in (-1, 0) and not FASTEST_US <= interval_us <= SLOWEST_US:
            return Refusal.OUT_OF_RANGE
        self.intervals_s.pop(message_id, None)
        if interval_us != 0:
            self.intervals_s[message_id] = math.inf if interval_us == -1 else interval_us / 1e6
        self.firmware.outbox.append(MessageInterval(message_id, int(interval_us)))
        return None

    def _reboot(self, order: CommandLong, _: Packet, wall_s: float) -> Answer:
        if not self.firmware.on_ground:
            return Refusal.NOT_ON_GROUND
        if order.p1 != 1:
            return Refusal.UNKNOWN
        self.firmware.boot(wall_s)
        return None

    def _reset_estop(self, _: CommandLong, __: Packet, ___: float) -> Answer:
        firmware = self.firmware
        if firmware.estop_pressed or firmware.state != ClimbState.ESTOPPED:
            return Refusal.WRONG_STATE
        firmware.state = ClimbState.STOPPED
        return None

    def _fail(self, order: CommandLong, _: Packet, __: float) -> Answer:
        """Simulator only: unit, type (0 = take away), instance, value."""
        if order.p1 is None or order.p2 is None or order.p4 is None:
            return Refusal.NOT_FINITE
        return None if self._inject(int(order.p1), int(order.p2), order.p4) else Refusal.UNKNOWN

    def _jog(self, jog: ManualControl, wall_s: float) -> None:
        firmware = self.firmware
        if firmware.state not in (ClimbState.HOLDING, ClimbState.JOGGING) or not jog.up**2 + jog.turn**2 <= 2:
            return
        firmware.state, firmware.jogged_wall_s = ClimbState.JOGGING, wall_s
        firmware.jog_m_s = jog.up * firmware.parameters["LIM_SPEED"]
        firmware.jog_deg_s = jog.turn * firmware.parameters["LIM_TURN"]

    def _parameter(self, name: str) -> ParameterValue:
        names = parameters.NAMES
        value = self.firmware.parameters[name]
        return ParameterValue(name, value, parameters.REAL32, len(names), names.index(name))

    def _parameter_request(self, request: ParameterRead | ParameterSet) -> None:
        names, name = parameters.NAMES, request.name
        if isinstance(request, ParameterRead) and 0 <= request.index < len(names):
            name = names[request.index]
        if name not in names:
            return
        if isinstance(request, ParameterSet):
            self.firmware.parameters.set(name, request.value)
        self.firmware.outbox.append(self._parameter(name))
