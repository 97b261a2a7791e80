"""Command numbers and the reasons of refusal. A test holds them to the dialect's XML."""

from enum import IntEnum


class Command(IntEnum):
    """MAV_CMD: standard commands and, from 64200 on, ours."""

    PAUSE = 193
    REBOOT = 246
    ARM = 400
    LIGHT_ON = 405
    LIGHT_CONFIGURE = 406
    INJECT_FAILURE = 420
    SET_INTERVAL = 511
    REQUEST_MESSAGE = 512
    ZOOM = 531
    FOCUS = 532
    GIMBAL = 1000
    CAPTURE_START = 2000
    CAPTURE_STOP = 2001
    VIDEO_START = 2500
    VIDEO_STOP = 2501
    GOTO = 64200
    STOP = 64201
    DESCEND = 64202
    ARM_CONFIRM = 64203
    CLAMP_RELEASE = 64204
    ESTOP_RESET = 64205
    SET_DATUM = 64206


FORCE_ARM = 21196
"""The standard's magic number for arming against failed checks. Always refused here."""


class Refusal(IntEnum):
    """CLIMB_REFUSAL: why a command was not accepted."""

    NOT_ARMED = 1
    NOT_FINITE = 2
    OUT_OF_RANGE = 3
    OLD_SESSION = 4
    OLD_GOAL = 5
    NO_HEARTBEAT = 6
    WRONG_STATE = 7
    FAULT = 8
    WIND = 9
    ENERGY = 10
    BAD_NONCE = 11
    NOT_ON_GROUND = 12
    FORCED_ARM = 13
    UNKNOWN = 14
    CAMERA = 15
    UNSIGNED = 16


IN_WORDS = {
    Refusal.NOT_ARMED: "the robot is not armed; arm it first",
    Refusal.NOT_FINITE: "a parameter is not a finite number",
    Refusal.OUT_OF_RANGE: "a parameter is outside the robot's limits; see parameters LIM_*",
    Refusal.OLD_SESSION: "the robot restarted since; reconnect and arm again",
    Refusal.OLD_GOAL: "the goal number does not rise; another host may be in command",
    Refusal.NO_HEARTBEAT: "the robot hears no heartbeat of the host; check the line and arm again",
    Refusal.WRONG_STATE: "not in this state; wait for the running motion or stop it",
    Refusal.FAULT: "a fault lasts; mend its cause, then arm again",
    Refusal.WIND: "the 3 s gust is above LIM_GUST; wait or descend",
    Refusal.ENERGY: "the battery is needed for the descent; come down",
    Refusal.BAD_NONCE: "the arm challenge was answered wrongly or too late; arm again",
    Refusal.NOT_ON_GROUND: "only on the ground",
    Refusal.FORCED_ARM: "forced arming is never accepted; mend the failed checks",
    Refusal.UNKNOWN: "the robot does not know this command",
    Refusal.CAMERA: "the camera did not take the picture; check it",
    Refusal.UNSIGNED: "the command must be signed with the robot's key",
}
"""Each refusal in words that say what to do."""
