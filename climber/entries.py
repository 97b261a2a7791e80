"""What people tell of poles besides climbs: rows of an inventory, and checks of elements. Models of the wire."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from climber.record import Code, Model, Name, Reason, Sha256, Uuid7

Text = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]
Label = Annotated[str, Field(min_length=1, max_length=64)]
ElementName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]


class InventoryPole(Model):
    """A pole as an asset register lists it. What the register does not know is None."""

    code: Code
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)
    height_m: float | None = Field(default=None, gt=0, le=200)
    base_diameter_mm: float | None = Field(default=None, gt=0, le=5000)
    top_diameter_mm: float | None = Field(default=None, gt=0, le=5000)
    sides: int | None = Field(default=None, ge=0, le=64)
    """0 = round."""
    details: dict[Label, Text] = Field(default={}, max_length=50)
    """Whatever else the register says, by its own column names."""


class ElementCheck(Model):
    """What a person saw of one element that the robot does not grade, such as anchor rods. Added, never replaced."""

    entry_id: Uuid7
    """Made by the sender, so that sending again is free."""
    pole_code: Code
    checked_at: AwareDatetime
    inspector: Name
    element: ElementName
    """In the inspector's words: `anchor rods`, `base plate`, `hand hole`, `luminaire ring`."""
    state: Literal["CS1", "CS2", "CS3", "CS4"]
    """AASHTO condition state, as the inspector judges it: good, fair, poor, severe."""
    quantity: float | None = Field(default=None, ge=0, le=1e6)
    """How much of the element is in this state."""
    unit: Literal["each", "m", "m2"] = "each"
    note: Reason = ""
    photographs: tuple[Sha256, ...] = Field(default=(), max_length=20)
    """Uploaded as blobs before."""
    supersedes: Uuid7 | None = None
    """The entry that this one corrects; both stay."""
