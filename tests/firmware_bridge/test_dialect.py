"""The generated dialect is what the XML says, and what the public definitions say."""

import importlib
from pathlib import Path

import pytest

from firmware_bridge.dialect import generate, highmast
from firmware_bridge.orders import Command, Refusal
from firmware_bridge.types import ClimbState, Fault

CUSTOM_IDS = 64200


def test_regenerating_gives_the_committed_module(tmp_path: Path) -> None:
    made = tmp_path / "highmast.py"
    generate.generate(made)
    assert made.read_text() == generate.GENERATED.read_text()


def test_standard_messages_agree_with_the_stock_dialect() -> None:
    stock = importlib.import_module("pymavlink.dialects.v20.all")
    standard = {number: one for number, one in highmast.mavlink_map.items() if number < CUSTOM_IDS}
    assert len(standard) > 30
    for number, ours in standard.items():
        theirs = stock.mavlink_map[number]
        assert (ours.crc_extra, ours.unpacker.format) == (theirs.crc_extra, theirs.unpacker.format), ours.msgname


@pytest.mark.parametrize(
    ("enum", "ours"),
    [("CLIMB_STATE", ClimbState), ("CLIMB_FAULT", Fault), ("CLIMB_REFUSAL", Refusal), ("MAV_CMD", Command)],
)
def test_our_enumerations_are_the_dialects(enum: str, ours: type) -> None:
    written = {number for number in highmast.enums[enum] if "ENUM_END" not in highmast.enums[enum][number].name}
    assert {int(member) for member in ours} == written  # type: ignore[attr-defined]
