"""What the service answers, as the OpenAPI document states it. Requests are `climber.record`'s models."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from climber.entries import ElementCheck
from climber.record import Assessment, GradedArea, Observation, SectionSpan, Sha256
from climber.service.ingest import ItemResult


class Latest(BaseModel):
    """The newest graded climb of a pole, in numbers. None where nothing was gradable."""

    climb_id: str
    climbed_at: AwareDatetime
    simulated: bool
    rusted_fraction: float | None
    low: float | None
    high: float | None
    """Bounds of rusted_fraction."""
    coverage: float
    rusted_m2: float | None
    iso_4628_3: str | None
    astm_d610: str | None


class PoleSheet(BaseModel):
    """`climber.record.PoleDescription`, with None where an inventory knows less than a crew."""

    code: str
    lon: float | None
    lat: float | None
    height_m: float | None
    base_diameter_mm: float | None
    top_diameter_mm: float | None
    sides: int | None
    sections: list[SectionSpan]


class PoleOut(BaseModel):
    """A pole and what it shows first."""

    id: str
    code: str
    lon: float | None
    lat: float | None
    height_m: float | None
    last_climbed_at: AwareDatetime | None
    inventory: dict[str, str] | None
    """What an imported register says beside these, by its own column names."""
    latest: Latest | None


class PolesPage(BaseModel):
    """Poles in order of their codes."""

    poles: list[PoleOut]
    next: str | None
    """Path of the next page."""


class PolesList(BaseModel):
    """Poles, worst first."""

    poles: list[PoleOut]


class Cluster(BaseModel):
    """Poles that lie close together on a map."""

    type: Literal["Feature"]
    geometry: dict[str, Any]
    """GeoJSON point, mean of their places."""
    properties: dict[str, Any]
    """count, worst (grade), due_on (earliest next look), and of a single pole id and code."""


class Clusters(BaseModel):
    """Clusters as GeoJSON."""

    type: Literal["FeatureCollection"]
    features: list[Cluster]


class Review(BaseModel):
    """What a person decided on the rust marked on one photograph."""

    id: str
    climb_id: str
    frame_seq: int
    decided_at: AwareDatetime
    reviewer: str
    verdict: Literal["confirmed", "corrected", "rejected"]
    note: str
    mask_sha256: str | None


class Reviews(BaseModel):
    """Decisions, first made first."""

    reviews: list[Review]


class PictureHashes(BaseModel):
    """Unrolled pictures of one assessment."""

    surface: str | None
    rust: str | None
    coverage: str | None


class ClimbOut(BaseModel):
    """One climb with its current assessment."""

    climb_id: str
    climbed_at: AwareDatetime
    received_at: AwareDatetime
    simulated: bool
    outcome: str
    reason: str
    robot: str
    device: str
    frames: int
    pictures: PictureHashes
    assessment: Assessment | None


class History(BaseModel):
    """Climbs of a pole, newest first."""

    pole: PoleSheet
    climbs: list[ClimbOut]
    next: str | None


class ClimbParts(BaseModel):
    """The parts of one kind that a climb's current assessment graded."""

    climb_id: str
    climbed_at: AwareDatetime
    parts: list[GradedArea]


class PartsHistory(BaseModel):
    """Parts of a pole through its graded climbs, newest first."""

    climbs: list[ClimbParts]
    next: str | None


class Assessments(BaseModel):
    """Every assessment of a climb, first made first."""

    assessments: list[Assessment]


class Check(ElementCheck):
    """A check of an element as it was sent, with the time of its arrival."""

    received_at: AwareDatetime


class Checks(BaseModel):
    """Checks of a pole's elements, newest first."""

    checks: list[Check]
    next: str | None


class Change(BaseModel):
    """Something was added."""

    seq: int
    at: AwareDatetime
    kind: Literal["climb", "assessment", "pole", "element"]
    pole_id: str
    climb_id: str | None
    assessment_id: str | None


class Changes(BaseModel):
    """Changes in order; ask again with `since=next`."""

    changes: list[Change]
    next: int


class FrameOut(Observation):
    """A photograph of a climb and what was marked on it."""

    mask_sha256: Sha256 | None = None
    """Of the climb's current assessment: a PNG, rust where it is bright. None: not gradable, or from before masks."""


class Frames(BaseModel):
    """Photographs of a climb."""

    frames: list[FrameOut]


class Pyramid(BaseModel):
    """Widths and heights in pixels of a picture's levels, smallest first; tiles are 512 pixels square."""

    sha256: Sha256
    levels: list[Annotated[list[int], Field(min_length=2, max_length=2)]]


class AuditLine(BaseModel):
    """Someone did something."""

    id: int
    at: AwareDatetime
    key_id: str | None
    action: str
    subject: str
    detail: str


class AuditLog(BaseModel):
    """The audit log, newest first."""

    lines: list[AuditLine]
    next: int | None
    """`before` of the next page."""


class Refusal(BaseModel):
    """Why not."""

    detail: str


REASONS = {
    404: "Not in your organisation",
    413: "Too large",
    415: "Not a picture",
    422: "Out of bounds",
    503: "Not now; send it again",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of answers that refuse; every path has 400, 401, 403, 422 and 429 beside them."""
    return {status: {"model": Refusal, "description": REASONS[status]} for status in statuses}


class Batch(BaseModel):
    """Result of each climb of a batch, in its order."""

    results: list[ItemResult]


class Missing(BaseModel):
    """Which blobs to send."""

    missing: list[Sha256]


class Question(BaseModel):
    """Which of these blobs are missing?"""

    model_config = {"extra": "forbid"}
    sha256: Annotated[list[Sha256], Field(max_length=10_000)]


class BlobOut(BaseModel):
    """A blob that is on the disk, with its hash confirmed."""

    sha256: Sha256
    size_bytes: int
    mime: str
    width_px: int
    height_px: int
