"""Black-box checks of a robot's firmware, real or simulated, over its line. Each check says what it measured.

A check gets an open Robot and returns words; it fails by raising. Checks that move the robot rise at most a metre.
"""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from firmware_bridge.camera_messages import CameraInformation, CameraSettings, CaptureStatus, ImageCaptured
from firmware_bridge.dialect import highmast as dialect
from firmware_bridge.errors import BridgeError, Refused
from firmware_bridge.messages import (
    ArmChallenge,
    ClampStatus,
    ClimbStatus,
    CommandLong,
    Energy,
    Heartbeat,
    ParameterSet,
    ParameterValue,
    TimeSync,
    Version,
)
from firmware_bridge.orders import FORCE_ARM, Command
from firmware_bridge.protocol import CONTROLLER, HOST_COMPONENT, HOST_SYSTEM, ROBOT_SYSTEM, Protocol
from firmware_bridge.robot import Robot
from firmware_bridge.signing import Signer
from firmware_bridge.types import ClimbState, Fault, Telemetry
from firmware_bridge.wire import BY_CLASS

HOLD_LIMIT_S = 0.6
ASLEEP_S, MEASUREMENTS = 0.05, 4
"""A host that did not look for this long cannot have measured; it measures again."""
MOVING_ON_S = 3.0
SETTLE_S = 2.0
SPEED_M_S = 0.2
RISE_M = 0.5
NONE = [0.0] * 7
NAV_LAND = 21


class Failed(Exception):
    """What the firmware did instead."""


@dataclass(frozen=True, slots=True)
class Check:
    """One requirement."""

    name: str
    moves: bool
    run: Callable[[Robot], str]


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one check."""

    name: str
    passed: bool | None
    """None = not run."""
    words: str


CHECKS: list[Check] = []


def check(name: str, moves: bool = False) -> Callable[[Callable[[Robot], str]], Callable[[Robot], str]]:
    """Register a check; `moves` marks those that drive the robot."""

    def register(run: Callable[[Robot], str]) -> Callable[[Robot], str]:
        CHECKS.append(Check(name, moves, run))
        return run

    return register


def conform(robot: Robot, may_move: bool) -> Generator[Finding, None, None]:
    """Run every check in order; those that move only if that is allowed."""
    for one in CHECKS:
        if one.moves and not may_move:
            yield Finding(one.name, None, "not run: it moves the robot")
            continue
        try:
            yield Finding(one.name, True, one.run(robot))
        except (Failed, BridgeError) as error:
            yield Finding(one.name, False, f"{error}")


def do(motion: Generator[Telemetry, None, Any]) -> Any:
    """Run a motion to its end."""
    while True:
        try:
            next(motion)
        except StopIteration as end:
            return end.value


def refused(robot: Robot, command: int, *parameters: float | None) -> str:
    """The words of the refusal; Failed if it was accepted."""
    try:
        do(robot.session.order(command, *parameters))
    except Refused as refusal:
        return str(refusal)
    raise Failed(f"command {command} with {parameters} was accepted")


def until(robot: Robot, found: Callable[[Telemetry], bool], what: str, limit_s: float = SETTLE_S) -> Telemetry:
    """Tick until the telemetry says so; Failed after the limit."""
    end_s = time.monotonic() + limit_s
    while time.monotonic() < end_s:
        if found(telemetry := robot.session.tick()):
            return telemetry
    raise Failed(f"not {what} within {limit_s:g} s: {robot.telemetry.state.name}")


def need(fact: bool, words: str) -> None:
    """Fail with these words unless it is so."""
    if not fact:
        raise Failed(words)


def armed(robot: Robot) -> tuple[float, float]:
    """Arm; return session and next goal number."""
    do(robot.arm())
    telemetry = until(robot, lambda now: now.state == ClimbState.HOLDING, "armed")
    return float(telemetry.boot_id), float(telemetry.goal_id + 1)


def from_here(robot: Robot) -> float:
    """A goal a little above, or below when high."""
    height_m = robot.telemetry.height_m
    top_m = robot.parameters.get("LIM_HEIGHT", 2.0)
    return height_m + RISE_M if height_m + RISE_M < min(top_m, 1.6) else height_m - RISE_M


def measured(measure: Callable[[], tuple[str, str, float]]) -> str:
    """The words of a measurement: (words, complaint or "", longest time that the host did not look, s)."""
    for left in reversed(range(MEASUREMENTS)):
        words, complaint, asleep_s = measure()
        if complaint and (asleep_s <= ASLEEP_S or not left):
            raise Failed(complaint)
        if not complaint:
            break
    return words


@check("messages come at their rates")
def rates(robot: Robot) -> str:
    """Count for two seconds."""
    return measured(lambda: _count(robot))


def _count(robot: Robot) -> tuple[str, str, float]:
    least_hz = {Heartbeat: 8.0, ClimbStatus: 18.0, ClampStatus: 16.0, Energy: 0.4}
    counts = dict.fromkeys(least_hz, 0)
    add = robot.session.fold.add
    began_s = looked_s = time.monotonic()
    asleep_s = 0.0

    def counting(packet: Any) -> None:
        if type(packet.message) in counts:
            counts[type(packet.message)] += 1
        add(packet)

    robot.session.fold.add = counting  # type: ignore[method-assign]
    try:
        while looked_s - began_s < SETTLE_S:
            robot.session.tick(wait_s=ASLEEP_S / 2)
            before_s, looked_s = looked_s, time.monotonic()
            asleep_s = max(asleep_s, looked_s - before_s)
    finally:
        del robot.session.fold.add
    found_hz = {kind: count / (looked_s - began_s) for kind, count in counts.items()}
    slow = [f"{kind.__name__} {hz:.1f} Hz" for kind, hz in found_hz.items() if hz < least_hz[kind]]
    words = ", ".join(f"{kind.__name__} {hz:.0f} Hz" for kind, hz in found_hz.items())
    return words, f"too slow: {', '.join(slow)}" if slow else "", asleep_s


@check("information is given on request")
def information(robot: Robot) -> str:
    """Version, camera, settings, capture status."""
    kinds: tuple[type[Any], ...] = (Version, CameraInformation, CameraSettings, CaptureStatus)
    for kind in kinds:
        robot.session.ask(kind)
    return ", ".join(kind.__name__ for kind in kinds)


@check("time questions are answered")
def time_sync(robot: Robot) -> str:
    """Ask, and get our own time back with theirs."""
    asked_ns = time.monotonic_ns()
    session = robot.session
    answer = session.wait_for(
        lambda: session.link.send(TimeSync(0, asked_ns)),
        lambda: next((one for one in session.replies(TimeSync) if one.asked_ns == asked_ns), None),
        "TIMESYNC answer",
    )
    return f"controller time {answer.answer_ns / 1e9:.3f} s, after {(time.monotonic_ns() - asked_ns) / 1e6:.1f} ms"


@check("parameters are listed, bounded and answered")
def parameters(robot: Robot) -> str:
    """List all; set one to itself and far out of bounds."""
    values = robot.session.ask_parameters()
    need("LIM_SPEED" in values, "there is no LIM_SPEED")
    for wanted, expected in ((values["LIM_SPEED"], values["LIM_SPEED"]), (1e9, values["LIM_SPEED"])):
        got = set_parameter(robot, "LIM_SPEED", wanted)
        need(got == expected, f"LIM_SPEED set to {wanted:g} was answered with {got:g}, not {expected:g}")
    return f"{len(values)} parameters"


def set_parameter(robot: Robot, name: str, value: float) -> float:
    """What the robot says that holds after a set."""
    session = robot.session
    session.replies(ParameterValue)
    got = session.wait_for(
        lambda: session.link.send(ParameterSet(ROBOT_SYSTEM, CONTROLLER, name, value, 9)),
        lambda: next((one for one in session.replies(ParameterValue) if one.name == name), None),
        f"answer to {name}",
    )
    return got.value


@check("unknown commands are acknowledged as unsupported")
def unknown(robot: Robot) -> str:
    """MAV_CMD_NAV_LAND is none of ours."""
    return refused(robot, NAV_LAND)


@check("damaged and MAVLink 1 frames are ignored")
def damaged(robot: Robot) -> str:
    """A stop in a damaged frame, and a stop in the old framing, must not act."""
    do(robot.arm())
    stop = CommandLong(ROBOT_SYSTEM, CONTROLLER, Command.STOP, 0, 1.0, *NONE[:6])
    frame = bytearray(Protocol(HOST_SYSTEM, HOST_COMPONENT).encode(stop))
    frame[-1] ^= 0x5A
    robot.session.link.send_bytes(bytes(frame))
    robot.session.link.send_bytes(_mavlink_1(stop))
    do(robot.hold(0.5))
    need(robot.telemetry.state == ClimbState.HOLDING, "a damaged or MAVLink 1 stop was obeyed")
    do(robot.session.order(Command.ARM, 0.0))
    return "both ignored"


def _mavlink_1(order: CommandLong) -> bytes:
    from firmware_bridge.framing import checksum

    layout = BY_CLASS[CommandLong]
    covered = bytes((layout.size, 0, HOST_SYSTEM, HOST_COMPONENT, layout.message_id)) + layout.encode(order)
    return b"\xfe" + covered + checksum(covered, layout.crc_extra).to_bytes(2, "little")


@check("disarmed, goals are refused")
def disarmed(robot: Robot) -> str:
    """Disarm, then ask to go."""
    do(robot.session.order(Command.ARM, 0.0))
    telemetry = until(robot, lambda now: now.state == ClimbState.DISARMED, "disarmed")
    goal = (telemetry.height_m + 0.1, 0.0, SPEED_M_S, float(telemetry.boot_id), float(telemetry.goal_id + 1))
    return refused(robot, Command.GOTO, *goal)


@check("arming takes a challenge and the right answer")
def arming(robot: Robot) -> str:
    """Forced arming, a wrong nonce, a used nonce; then the right one."""
    refused(robot, Command.ARM, 1.0, float(FORCE_ARM))
    nonce = _challenge(robot)
    refused(robot, Command.ARM_CONFIRM, float(nonce & 0xFFFF), float((nonce >> 16) ^ 1))
    refused(robot, Command.ARM_CONFIRM, float(nonce & 0xFFFF), float(nonce >> 16))
    need(robot.telemetry.state == ClimbState.DISARMED, f"{robot.telemetry.state.name} after wrong answers")
    need(_challenge(robot) != nonce, "the nonce repeats")
    do(robot.arm())
    return "forced, wrong and used answers refused; right answer armed"


def _challenge(robot: Robot) -> int:
    session = robot.session
    session.replies(ArmChallenge)
    do(session.order(Command.ARM, 1.0))
    got = session.wait_for(lambda: None, lambda: next(iter(session.replies(ArmChallenge)), None), "challenge")
    return got.nonce


@check("arming without a heartbeat is refused")
def arming_silent(robot: Robot) -> str:
    """Fall silent, ask to arm without a heartbeat."""
    do(robot.session.order(Command.ARM, 0.0))
    session = robot.session
    _silence(robot, 1.0)
    session.replies(ArmChallenge)
    session.send_order(Command.ARM, 1.0)
    end_s = time.monotonic() + SETTLE_S
    while time.monotonic() < end_s:
        session.poll(0.05)
        for challenge in session.replies(ArmChallenge):
            need(Fault.HEARTBEAT_LOST in challenge.failed, "a challenge was given to a silent host")
            return "challenge says HEARTBEAT_LOST"
    raise Failed("no challenge at all")


def _silence(robot: Robot, seconds: float) -> None:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        robot.session.poll(0.02)


@check("goals that are no numbers or outside the limits are refused")
def wild_goals(robot: Robot) -> str:
    """Every parameter in turn: NaN, infinite, beyond."""
    session, goal = armed(robot)
    good = [robot.telemetry.height_m, 0.0, SPEED_M_S, session, goal]
    tried = 0
    for place in range(5):
        for value in (None, 1e9, -1e9):
            bad: list[float | None] = [*good]
            bad[place] = value
            refused(robot, Command.GOTO, *bad)
            tried += 1
        robot.session.link.send_bytes(_infinite_goal(good, place))
    do(robot.hold(0.3))
    need(robot.telemetry.state == ClimbState.HOLDING, "an infinite goal was obeyed")
    return f"{tried} refused, infinities ignored"


def _infinite_goal(good: list[float], place: int) -> bytes:
    values = [*good, 0.0, 0.0]
    values[place] = float("inf")
    raw = dialect.MAVLink(None, HOST_SYSTEM, HOST_COMPONENT)
    order = dialect.MAVLink_command_long_message(ROBOT_SYSTEM, CONTROLLER, Command.GOTO, 0, *values)
    return bytes(order.pack(raw))


@check("goals of another session are refused")
def old_session(robot: Robot) -> str:
    """As if recorded before a restart."""
    session, goal = armed(robot)
    return refused(robot, Command.GOTO, robot.telemetry.height_m, 0.0, SPEED_M_S, (session + 1) % 65536, goal)


@check("a repeated goal is acknowledged and not done again; an older one is refused", moves=True)
def repeated(robot: Robot) -> str:
    """Go; come back; repeat the last; repeat the first."""
    session, goal = armed(robot)
    start_m, away_m = robot.telemetry.height_m, from_here(robot)
    do(robot.goto(away_m, 0.0, SPEED_M_S))
    do(robot.goto(max(start_m, 0.3), 0.0, SPEED_M_S))
    do(robot.session.order(Command.GOTO, away_m, 0.0, SPEED_M_S, session, goal + 1))
    do(robot.hold(0.5))
    need(abs(robot.telemetry.height_m - max(start_m, 0.3)) < 0.05, "the repeated goal was done again")
    return refused(robot, Command.GOTO, away_m, 0.0, SPEED_M_S, session, goal)


@check("a stop works at rest and in motion, and latches", moves=True)
def stopping(robot: Robot) -> str:
    """From HOLDING, MOVING and DESCENDING, both categories."""
    for category in (1.0, 2.0):
        for motion in (robot.hold, robot.goto, robot.descend):
            armed(robot)
            where = (from_here(robot), 0.0, SPEED_M_S) if motion == robot.goto else (5.0,)
            next(motion(*(where if motion != robot.descend else (SPEED_M_S,))))
            do(robot.session.order(Command.STOP, category))
            telemetry = until(robot, lambda now: now.state != ClimbState.MOVING, "stopped")
            if telemetry.state == ClimbState.DISARMED:
                continue  # it stood on the ground already
            need(telemetry.state == ClimbState.STOPPED, f"{telemetry.state.name} after a stop")
            need(telemetry.stop_category == category, f"category {telemetry.stop_category}, not {category:g}")
            refused(robot, Command.GOTO, 1.0, 0.0, SPEED_M_S, float(telemetry.boot_id), float(telemetry.goal_id + 1))
    return "from HOLDING, MOVING and DESCENDING; latched"


@check("a stranger's stop is obeyed", moves=True)
def strangers_stop(robot: Robot) -> str:
    """Unsigned, from another system."""
    armed(robot)
    next(robot.goto(from_here(robot), 0.0, SPEED_M_S))
    stop = CommandLong(ROBOT_SYSTEM, CONTROLLER, Command.STOP, 0, 1.0, *NONE[:6])
    robot.session.link.send_bytes(Protocol(99, 1).encode(stop))
    until(robot, lambda now: now.state == ClimbState.STOPPED, "stopped")
    return "stopped"


@check("a lost heartbeat is a latched hold within 0.6 s", moves=True)
def heartbeat_loss(robot: Robot) -> str:
    """Fall silent in motion."""
    return measured(lambda: _fall_silent(robot))


def _fall_silent(robot: Robot) -> tuple[str, str, float]:
    armed(robot)
    motion = robot.goto(from_here(robot), 0.0, 0.05)
    for _ in range(10):
        next(motion)
    began_s = looked_s = robot.session.beat_s
    asleep_s = 0.0
    while robot.telemetry.state == ClimbState.MOVING:
        robot.session.poll(0.005)
        before_s, looked_s = looked_s, time.monotonic()
        asleep_s = max(asleep_s, looked_s - before_s)
        need(looked_s - began_s < MOVING_ON_S, f"still moving after {MOVING_ON_S:g} s of silence")
    held_s = time.monotonic() - began_s
    telemetry = robot.telemetry
    need(telemetry.state == ClimbState.STOPPED and telemetry.stop_category == 2, f"{telemetry.state.name}")
    _silence(robot, 0.5)
    for _ in range(20):
        need(robot.session.tick().state == ClimbState.STOPPED, "it went on when the heartbeat came back")
    words = f"held after {held_s:.2f} s"
    return f"{words}, latched", words if held_s > HOLD_LIMIT_S else "", asleep_s


@check("photographs are numbered, and a repeated number is not taken again")
def photographs(robot: Robot) -> str:
    """Trigger one number twice."""
    session = robot.session
    number = float(session.ask(CaptureStatus).images + 1)
    times = []
    for _ in range(2):
        session.replies(ImageCaptured)
        do(session.order(Command.CAPTURE_START, 0.0, 0.0, 1.0, number))
        taken = session.wait_for(lambda: None, lambda: next(iter(session.replies(ImageCaptured)), None), "still")
        need(taken.index == number, f"still {taken.index}, not {number:g}")
        times.append(taken.time_boot_s)
    need(times[0] == times[1], "the repeated number was exposed again")
    return f"still {number:g}"


@check("forged and replayed frames are refused (with a key)")
def forged(robot: Robot) -> str:
    """A wrong key, no key, an old frame; then the real host must still be heard."""
    protocol = robot.session.link.protocol
    if protocol.signer is None:
        return "not checked: no key was given"
    do(robot.session.order(Command.ARM, 0.0))
    until(robot, lambda now: now.state == ClimbState.DISARMED, "disarmed")
    arm = CommandLong(ROBOT_SYSTEM, CONTROLLER, Command.ARM, 0, 1.0, *NONE[:6])
    replay = protocol.encode(arm)
    forger = Protocol(HOST_SYSTEM, HOST_COMPONENT, Signer(bytes(32), clock=lambda: 1 << 47))
    do(robot.hold(0.3))
    robot.session.replies(ArmChallenge)
    for frame in (replay, forger.encode(arm), Protocol(HOST_SYSTEM, HOST_COMPONENT).encode(arm)):
        robot.session.link.send_bytes(frame)
    do(robot.hold(0.5))
    need(not robot.session.replies(ArmChallenge), "a forged, unsigned or replayed arm was answered")
    robot.session.ask(Version)
    return "wrong key, no key and replay ignored; the host is still heard"


@check("descent ends on the ground, disarmed", moves=True)
def descent(robot: Robot) -> str:
    """Come down."""
    armed(robot)
    do(robot.descend())
    return f"at {robot.telemetry.height_m:.2f} m"


@check("a restart aloft is refused; on the ground it is a new session", moves=True)
def restart(robot: Robot) -> str:
    """Reboot by command 246."""
    armed(robot)
    if from_here(robot) > robot.telemetry.height_m:
        do(robot.goto(from_here(robot), 0.0, SPEED_M_S))
    refused(robot, Command.REBOOT, 1.0)
    do(robot.descend())
    before = robot.telemetry.boot_id
    robot.session.send_order(Command.REBOOT, 1.0)
    end_s = time.monotonic() + 10.0
    while robot.telemetry.boot_id == before:
        robot.session.poll(0.05)
        need(time.monotonic() < end_s, "no new boot id within 10 s")
    need(robot.telemetry.state == ClimbState.DISARMED, f"{robot.telemetry.state.name} after the restart")
    return f"boot id {before} -> {robot.telemetry.boot_id}, disarmed"
