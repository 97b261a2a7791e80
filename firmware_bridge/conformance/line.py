"""Checks of the line: rates, answers, damaged and forged frames. None moves the robot."""

import time
from typing import Any

from firmware_bridge.camera_messages import CameraInformation, CameraSettings, CaptureStatus, ImageCaptured
from firmware_bridge.conformance.judge import (
    ASLEEP_S,
    NONE,
    SETTLE_S,
    check,
    do,
    measured,
    need,
    refused,
    set_parameter,
    until,
)
from firmware_bridge.framing import checksum
from firmware_bridge.messages import (
    ArmChallenge,
    ClampStatus,
    ClimbStatus,
    CommandLong,
    Energy,
    Heartbeat,
    TimeSync,
    Version,
)
from firmware_bridge.orders import Command
from firmware_bridge.protocol import CONTROLLER, HOST_COMPONENT, HOST_SYSTEM, ROBOT_SYSTEM, Protocol
from firmware_bridge.robot import Robot
from firmware_bridge.signing import Signer
from firmware_bridge.types import ClimbState
from firmware_bridge.wire import BY_CLASS

NAV_LAND = 21


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
    layout = BY_CLASS[CommandLong]
    covered = bytes((layout.size, 0, HOST_SYSTEM, HOST_COMPONENT, layout.message_id)) + layout.encode(order)
    return b"\xfe" + covered + checksum(covered, layout.crc_extra).to_bytes(2, "little")


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
