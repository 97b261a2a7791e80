"""The terminal panel: state, height, speed, energy, clamps, wind, link, progress. Numbers only, no decisions."""

from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from climber.mission import State
from climber.safety import Limits
from climber.saying import Saying, in_language
from firmware_bridge.types import Fault, Telemetry

NOT_KNOWN = "–"
PAIRS = 2
"""Names with values side by side: everything fits into 80 columns."""
COLOURS = {State.STOPPED: "bold white on red", State.DESCENDING: "bold black on yellow", State.HOLDING: "bold reverse"}
WARNING = "bold yellow"


@dataclass(frozen=True, slots=True)
class Scene:
    """What one drawing shows."""

    state: State
    telemetry: Telemetry
    frames: int
    left_s: float | None


class Panels:
    """Draws scenes of one climb in one language."""

    def __init__(self, pole: str, planned_frames: int, limits: Limits, language: str, keys: str) -> None:
        self._pole = pole
        self._planned = planned_frames
        self._limits = limits
        self._language = language
        self._keys = keys

    def draw(self, scene: Scene) -> RenderableType:
        """Return the panel."""
        grid = Table.grid(padding=(0, 2), expand=True)
        for _ in range(PAIRS):
            grid.add_column(justify="right", style="dim", no_wrap=True)
            grid.add_column(no_wrap=True, ratio=1)
        cells = self._cells(scene)
        for first in range(0, len(cells), PAIRS):
            grid.add_row(*[piece for cell in cells[first : first + PAIRS] for piece in cell])
        title = Text.assemble(
            f" {self._pole}  ", (f" {self._word(scene.state.value)} ", COLOURS.get(scene.state, "bold"))
        )
        progress = [self._progress(scene)] if self._planned or scene.frames else []
        return Panel(
            Group(grid, self._faults(scene.telemetry.faults), *progress),
            title=title,
            title_align="left",
            subtitle=self._word(self._keys),
        )

    def line(self, scene: Scene) -> str:
        """Return the scene in one plain line, for a log."""
        telemetry = scene.telemetry
        battery = NOT_KNOWN if telemetry.battery_percent is None else f"{telemetry.battery_percent:.0f} %"
        line = Saying(
            "{state}: {frames} of {planned} frames  {height_m:.2f} m  battery {battery}  link {link_ms:.0f} ms",
            state=scene.state.value,
            frames=scene.frames,
            planned=self._planned,
            height_m=telemetry.height_m,
            battery=battery,
            link_ms=telemetry.link_age_s * 1000,
        )
        return in_language(line, self._language)

    def _cells(self, scene: Scene) -> list[tuple[str, Text]]:
        telemetry, limits = scene.telemetry, self._limits
        energy, low = _energy(telemetry, limits)
        gusty = telemetry.gust_m_s is not None and telemetry.gust_m_s > limits.gust_m_s
        late = telemetry.link_age_s > limits.link_age_s
        values = [
            ("Height", f"{telemetry.height_m:.2f}{f' / {limits.reach_m:.1f}' if limits.reach_m else ''} m", False),
            ("Speed", f"{telemetry.climb_rate_m_s:+.2f} m/s", False),
            ("Azimuth", f"{telemetry.azimuth_deg:.0f}°", False),
            ("Battery", _value(telemetry.battery_percent, "%", 0), low),
            ("Energy / descent", energy, low),
            ("Weakest clamp", _value(min(telemetry.clamp_forces_n, default=None), "N", 0), False),
            ("Wind", _value(telemetry.wind_m_s, "m/s", 1), False),
            ("Gust", f"{_value(telemetry.gust_m_s, 'm/s', 1)} (≤ {limits.gust_m_s:g})", gusty),
            ("Link", f"{telemetry.link_age_s * 1000:.0f} ms", late),
            ("Controller", telemetry.state.name, False),
            ("Time left", _minutes(scene.left_s), False),
        ]
        return [(self._word(name), Text(value, style=WARNING if warn else "bold")) for name, value, warn in values]

    def _faults(self, faults: Fault) -> Text:
        """A line of their own: any number of them is readable."""
        named = ", ".join(str(fault.name) for fault in Fault if fault in faults)
        return Text.assemble((f"{self._word('Faults')}: ", "dim"), (named or NOT_KNOWN, WARNING if named else "bold"))

    def _progress(self, scene: Scene) -> RenderableType:
        if not self._planned:
            return Text(in_language(Saying("{frames} photographs", frames=scene.frames), self._language))
        grid = Table.grid(padding=(0, 2), expand=True)
        grid.add_column(ratio=1)
        grid.add_column(no_wrap=True)
        bar = ProgressBar(total=self._planned, completed=min(scene.frames, self._planned))
        count = Saying("{frames} of {planned} photographs", frames=scene.frames, planned=self._planned)
        grid.add_row(bar, in_language(count, self._language))
        return grid

    def _word(self, text: str) -> str:
        return in_language(text, self._language)


def _energy(telemetry: Telemetry, limits: Limits) -> tuple[str, bool]:
    """Energy left and what the descent needs, kJ, and whether that is near the reserve."""
    now_j, descent_j = telemetry.energy_now_j, telemetry.energy_descent_j
    if now_j is None or descent_j is None:
        return NOT_KNOWN, False
    return f"{now_j / 1000:.0f} / {descent_j / 1000:.0f} kJ", now_j < 1.5 * limits.energy_reserve * descent_j


def _value(value: float | None, unit: str, digits: int) -> str:
    return NOT_KNOWN if value is None else f"{value:.{digits}f} {unit}"


def _minutes(seconds: float | None) -> str:
    return NOT_KNOWN if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
