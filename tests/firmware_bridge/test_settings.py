"""Parameters go to a file and back."""

import subprocess
import sys
from pathlib import Path

import pytest

from firmware_bridge import settings
from firmware_bridge.errors import ProtocolError, Refused
from firmware_bridge.robot import Robot
from tests.firmware_bridge.simulated import ROOT, simulator


def highmast(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-m", "climber", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_saved_parameters_are_restored(tmp_path: Path) -> None:
    path = tmp_path / "robot.toml"
    with simulator("pty", "max") as simulated:
        with Robot.open(simulated.robot) as robot:
            settings.save(path, robot.parameters, robot.identity)
            assert settings.differences(settings.load(path), robot.parameters) == []
            settings.set_parameter(robot.session, "LIM_SPEED", 0.25)
            settings.set_parameter(robot.session, "LIM_GUST", 10.0)
        shown = highmast("parameters", simulated.robot, "diff", str(path))
        assert shown.stdout.splitlines() == [
            "LIM_GUST: file 12.5, robot 10",
            "LIM_SPEED: file 0.5, robot 0.25",
            "2 differ",
        ]
        assert "2 restored" in highmast("parameters", simulated.robot, "restore", str(path)).stdout
        with Robot.open(simulated.robot) as robot:
            assert robot.parameters["LIM_SPEED"] == 0.5


def test_values_out_of_bounds_and_unknown_names_are_refused(tmp_path: Path) -> None:
    with simulator("pty", "max") as simulated, Robot.open(simulated.robot) as robot:
        with pytest.raises(Refused, match=r"LIM_SPEED stays 0\.5: 99 is outside"):
            settings.set_parameter(robot.session, "LIM_SPEED", 99.0)
        with pytest.raises(ProtocolError, match="no parameter LIM_WARP"):
            settings.restore(robot.session, {"LIM_WARP": 9.0})
    path = tmp_path / "wrong.toml"
    path.write_text('LIM_SPEED = "fast"\n')
    with pytest.raises(ProtocolError, match="LIM_SPEED is 'fast'"):
        settings.load(path)


def test_a_missing_file_is_said() -> None:
    done = highmast("parameters", "/dev/null", "save")
    assert done.returncode == 2
    assert "needs a file" in done.stderr
