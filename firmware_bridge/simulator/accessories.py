"""Lights, camera mount, focus: what the robot carries beside its drive."""

from collections.abc import Callable
from typing import Any

from firmware_bridge.messages import CommandLong
from firmware_bridge.orders import Command, Refusal
from firmware_bridge.simulator.firmware import Firmware
from firmware_bridge.simulator.reports import MOST_TILT_DEG

RANGE = 2
"""ZOOM_TYPE_RANGE and FOCUS_TYPE_RANGE: percent of the range."""

Answer = Refusal | None


def orders(firmware: Firmware) -> dict[int, Callable[[CommandLong, Any, float], Answer]]:
    """The handlers of the accessories' commands."""
    return {
        Command.LIGHT_ON: lambda order, _, __: light(firmware, None if order.p1 is None else 100 * order.p1),
        Command.LIGHT_CONFIGURE: lambda order, _, __: light(firmware, order.p2),
        Command.FOCUS: lambda order, _, __: focus(firmware, order.p1, order.p2),
        Command.ZOOM: lambda _, __, ___: Refusal.CAMERA,  # a fixed lens
        Command.GIMBAL: lambda order, _, __: tilt(firmware, order.p1, order.p2),
    }


def light(firmware: Firmware, percent: float | None) -> Answer:
    """Set the lights' strength."""
    if percent is None:
        return Refusal.NOT_FINITE
    if not 0 <= percent <= 100:
        return Refusal.OUT_OF_RANGE
    firmware.light_percent = percent
    return None


def focus(firmware: Firmware, kind: float | None, percent: float | None) -> Answer:
    """Set the focus."""
    if kind is None or percent is None:
        return Refusal.NOT_FINITE
    if kind != RANGE or not 0 <= percent <= 100:
        return Refusal.OUT_OF_RANGE
    firmware.focus_percent = percent
    return None


def tilt(firmware: Firmware, tilt_deg: float | None, pan_deg: float | None) -> Answer:
    """Tilt the camera; it does not pan."""
    if tilt_deg is None or pan_deg is None:
        return Refusal.NOT_FINITE
    if abs(tilt_deg) > MOST_TILT_DEG or pan_deg != 0:
        return Refusal.OUT_OF_RANGE
    firmware.tilt_deg = tilt_deg
    return None
