"""The grade of one photograph by itself: no pose, no true area, so a share of the picture and nothing more."""

from dataclasses import asdict, dataclass
from math import hypot

from vision.gradability import no_steel_reason, ungradable_reason
from vision.model_file import Card
from vision.scales import RULE, astm_d610, iso_4628_3
from vision.types import Image, Mask

LEVEL_SIGMAS = 1.645
"""Half width of the interval in standard deviations: 90 %."""


@dataclass(frozen=True, slots=True)
class PhotoGrade:
    """One line of `highmast grade --json`."""

    image: str
    rusted_fraction: float | None
    """Share of the picture's pixels; None when it was not graded."""
    interval: tuple[float, float] | None
    """Of rusted_fraction at 90 %, by the model's error on held-out photographs."""
    iso_4628_3: str | None
    astm_d610: int | None
    gradable: bool
    reason: str
    """Why it was not graded; empty otherwise."""
    model: str
    rule: str
    labels: dict[str, float] | None = None
    """Share of the picture by label, of a model that knows more than rust."""

    def as_json(self) -> dict[str, object]:
        """Return the object that `--json` prints."""
        line = asdict(self)
        return line if self.labels is not None else {key: line[key] for key in line if key != "labels"}

    def as_text(self) -> str:
        """Return the line that people read."""
        if self.rusted_fraction is None or self.interval is None:
            return f"{self.image}  ungradable  {self.reason}"
        low, high = self.interval
        return (
            f"{self.image}  {self.rusted_fraction:.2%} rusted ({low:.2%} to {high:.2%})"
            f"  {self.iso_4628_3}  D610 {self.astm_d610}{self._by_label()}"
        )

    def _by_label(self) -> str:
        if self.labels is None:
            return ""
        return "  " + ", ".join(f"{name} {share:.2%}" for name, share in self.labels.items() if share)


def _shares(mask: Mask, card: Card) -> dict[str, float] | None:
    """Return the share of the picture by label name; None for a model that knows rust alone."""
    if mask.classes is None:
        return None
    return {label: float((mask.classes == value).mean()) for value, label in enumerate(card.labels)}


def graded(name: str, image: Image, mask: Mask, card: Card) -> PhotoGrade:
    """Grade a segmented photograph, or say why it cannot be graded."""
    reason = ungradable_reason(image) or no_steel_reason(mask.steel, card.steel)
    if reason is not None:
        return not_graded(name, reason, card)
    fraction = float(mask.label.mean())
    spread = LEVEL_SIGMAS * hypot(card.photo_error[0], card.photo_error[1] * fraction)
    interval = (max(0.0, fraction - spread), min(1.0, fraction + spread))
    return PhotoGrade(
        name,
        fraction,
        interval,
        iso_4628_3(fraction),
        astm_d610(fraction),
        True,
        "",
        card.name,
        RULE,
        _shares(mask, card),
    )


def not_graded(name: str, reason: str, card: Card) -> PhotoGrade:
    """Return the line of a photograph that has no grade."""
    return PhotoGrade(name, None, None, None, None, False, reason, card.name, RULE)
