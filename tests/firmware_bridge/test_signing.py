"""With a key: what is unsigned, forged or replayed is not believed, and the real sender is never locked out."""

from pathlib import Path

import pytest

from firmware_bridge.errors import LinkLost, ProtocolError
from firmware_bridge.keys import new_key, read_key
from firmware_bridge.messages import CommandLong, Heartbeat
from firmware_bridge.orders import Command
from firmware_bridge.protocol import HOST_COMPONENT, HOST_SYSTEM, Protocol
from firmware_bridge.robot import Robot
from firmware_bridge.signing import TICKS_PER_S, Signer
from firmware_bridge.simulator.commands import is_stop
from firmware_bridge.trace import Direction, read_raw, read_tlog
from firmware_bridge.types import ClimbState
from tests.firmware_bridge.motions import aloft, run, wait_for
from tests.firmware_bridge.simulated import simulator

KEY, OTHER = bytes(range(32)), bytes(32)
BEAT = Heartbeat(6, 8, 0, 0, 4)
NOW = 10_000 * TICKS_PER_S


def sender(key: bytes, at: int = NOW) -> Protocol:
    return Protocol(HOST_SYSTEM, HOST_COMPONENT, Signer(key, clock=lambda: at))


def robot(state: Path | None = None) -> Protocol:
    return Protocol(1, 1, Signer(KEY, state=state, clock=lambda: NOW), unsigned_ok=is_stop)


def test_only_the_right_key_is_believed() -> None:
    receiver = robot()
    assert receiver.receive(Protocol(HOST_SYSTEM, HOST_COMPONENT).encode(BEAT), 0.0) == []
    assert receiver.receive(sender(OTHER).encode(BEAT), 0.1) == []
    assert receiver.bad_signatures == 2
    (packet,) = receiver.receive(sender(KEY).encode(BEAT), 0.2)
    assert packet.signed


def test_a_forged_frame_from_the_future_does_not_lock_the_sender_out() -> None:
    receiver, real = robot(), sender(KEY)
    assert len(receiver.receive(real.encode(BEAT), 0.0)) == 1
    assert receiver.receive(sender(OTHER, NOW * 1000).encode(BEAT), 0.1) == []
    assert len(receiver.receive(real.encode(BEAT), 0.2)) == 1


def test_a_replayed_frame_is_refused_also_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "time"
    frame = sender(KEY).encode(BEAT)
    receiver = robot(state)
    assert len(receiver.receive(frame, 0.0)) == 1
    assert receiver.receive(frame, 0.1) == []
    assert robot(state).receive(frame, 0.0) == []
    later = sender(KEY, NOW + 2 * TICKS_PER_S)
    assert len(robot(state).receive(later.encode(BEAT), 0.0)) == 1


def test_a_rightly_signed_frame_from_time_zero_is_refused(tmp_path: Path) -> None:
    frame = sender(KEY, 0).encode(BEAT)
    zero = frame[:-12] + bytes(6)
    zero += Signer(KEY)._digest(zero)  # as a sender without a clock would sign
    assert robot().receive(zero, 0.0) == []
    assert robot(tmp_path / "time").receive(zero, 0.0) == []


def test_a_changed_frame_is_refused() -> None:
    from firmware_bridge.framing import checksum
    from firmware_bridge.wire import BY_CLASS

    frame = bytearray(sender(KEY).encode(BEAT))
    frame[10] ^= 1
    frame[-15:-13] = checksum(bytes(frame[1:-15]), BY_CLASS[Heartbeat].crc_extra).to_bytes(2, "little")
    receiver = robot()
    assert receiver.receive(bytes(frame), 0.0) == []
    assert receiver.bad_signatures == 1


def test_an_unsigned_stop_is_taken() -> None:
    anyone = Protocol(77, 1)
    receiver = robot()
    stop = CommandLong(1, 1, Command.STOP, 0, 1.0, *[0.0] * 6)
    goto = CommandLong(1, 1, Command.GOTO, 0, 1.0, *[0.0] * 6)
    assert len(receiver.receive(anyone.encode(stop), 0.0)) == 1
    assert receiver.receive(anyone.encode(goto), 0.1) == []


def test_signing_time_never_goes_back_with_the_clock(tmp_path: Path) -> None:
    state = tmp_path / "time"
    first = Signer(KEY, state=state, clock=lambda: NOW).signature(b"frame")
    second = Signer(KEY, state=state, clock=lambda: 0).signature(b"frame")
    assert int.from_bytes(second[1:7], "little") > int.from_bytes(first[1:7], "little")


def test_key_files_are_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "robot.key"
    assert new_key(path) == read_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        new_key(path)
    path.chmod(0o644)
    with pytest.raises(ProtocolError, match="chmod 600"):
        read_key(path)
    with pytest.raises(ProtocolError, match="highmast key"):
        read_key(tmp_path / "none.key")


def test_a_robot_with_a_key_obeys_its_host_alone(tmp_path: Path) -> None:
    key, trace = tmp_path / "robot.key", tmp_path / "trace"
    secret = new_key(key)
    with simulator("tcp://127.0.0.1:0", "max", str(key)) as simulated:
        with Robot.open(simulated.robot, key=key, trace=trace) as robot:
            aloft(robot, 1.0)
            link, boot_id = robot.session.link, float(robot.telemetry.boot_id)
            goto = CommandLong(1, 1, Command.GOTO, 0, 3.0, 0.0, 0.3, boot_id, 9.0, 0.0, 0.0)
            arm = CommandLong(1, 1, Command.ARM, 0, 1.0, *[0.0] * 6)
            for stranger in (Protocol(HOST_SYSTEM, HOST_COMPONENT), sender(OTHER, 1 << 47)):
                link.send_bytes(stranger.encode(goto) + stranger.encode(arm))
            old = Protocol(HOST_SYSTEM, HOST_COMPONENT, Signer(secret)).encode(goto)
            run(robot.goto(1.5, 0.0, 0.3))
            link.send_bytes(old)  # rightly signed, older than what came since: a replay
            run(robot.hold(0.5))
            assert robot.telemetry.height_m == pytest.approx(1.5, abs=0.05)
            run(robot.goto(2.0, 0.0, 0.3))  # not locked out
            link.send_bytes(Protocol(99, 1).encode(CommandLong(1, 1, Command.STOP, 0, 1.0, *[0.0] * 6)))
            wait_for(robot, lambda now: now.state == ClimbState.STOPPED)
        with pytest.raises(LinkLost):
            Robot.open(simulated.robot)  # without the key nothing is answered
    for record in (*read_raw(tmp_path / "trace.raw"), *read_tlog(tmp_path / "trace.tlog")):
        assert secret not in record.data
        if record.data[0] == 0xFD and record.data[2] & 1 and record.direction == Direction.HOST:
            assert record.data[-13:] == bytes(13)
