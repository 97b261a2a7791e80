"""The climb record and the wire schema: flat, versioned, frozen models. One JSON object a line.

A record is `climb.jsonl`: one ClimbStart, then an Observation for each confirmed frame, then a ClimbStop. A climb that
was taken up again has a ClimbResume where it goes on, after its stop line or after a crash left none. A record without
a stop line at its end is valid and reads as failed. Every line carries the SHA-256 of the line before.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Uuid7 = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
Fraction = Annotated[float, Field(ge=0, le=1)]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.\-/ ]+$")]
Name = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]
Grade = Annotated[str, Field(min_length=1, max_length=8, pattern=r"^[\w\-]+$")]

FIRST_LINE = "0" * 64
"""What the first line gives as the hash of the line before it."""


class Model(BaseModel):
    """Frozen, closed, finite: what every document here shares."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SectionSpan(Model):
    """One shaft section, heights in metres above the ground datum."""

    bottom_m: float = Field(ge=0, le=200)
    top_m: float = Field(gt=0, le=200)
    seam_deg: float | None = Field(default=None, ge=0, lt=360)
    """Azimuth of the weld line along the section, where the crew knows it."""


class PoleDescription(Model):
    """The pole as the crew's pole file gives it."""

    code: Code
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)
    height_m: float = Field(gt=0, le=200)
    base_diameter_mm: float = Field(gt=0, le=5000)
    top_diameter_mm: float = Field(gt=0, le=5000)
    sides: int = Field(default=0, ge=0, le=64)
    sections: tuple[SectionSpan, ...] = ()
    handhole_m: float | None = Field(default=None, gt=0, le=200)
    """Middle of the handhole's cover; with `handhole_deg`, or neither."""
    handhole_deg: float | None = Field(default=None, ge=0, lt=360)
    handhole_wide_mm: float = Field(default=110, ge=20, le=1000)
    handhole_high_mm: float = Field(default=300, ge=20, le=1000)
    tag_m: float | None = Field(default=None, gt=0, le=200)
    """Middle of the tag; it hangs at azimuth 0, by definition."""
    tag_wide_mm: float = Field(default=60, ge=20, le=1000)
    tag_high_mm: float = Field(default=80, ge=20, le=1000)


class CameraDescription(Model):
    """Intrinsics that the frames were taken with, pixels."""

    width_px: int = Field(gt=0, le=20000)
    height_px: int = Field(gt=0, le=20000)
    fx_px: float = Field(gt=0)
    fy_px: float = Field(gt=0)
    cx_px: float
    cy_px: float
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)


class PreflightCheck(Model):
    """One thing checked before arming."""

    name: Name
    source: Literal["measured", "crew", "script"]
    """`script`: answered by --yes, which only a simulator allows."""
    passed: bool
    detail: Reason = ""
    """Value, limit and unit, or what the crew entered."""


class ClimbStart(Model):
    """First line of a record."""

    kind: Literal["start"] = "start"
    schema_version: Literal[1] = 1
    previous_sha256: Sha256 = FIRST_LINE
    climb_id: Uuid7
    """UUIDv7, made by the laptop."""
    started_at: AwareDatetime
    pole: PoleDescription
    camera: CameraDescription
    robot: Name
    """What the robot says it is, and the URL it was reached at."""
    simulated: bool
    device: Name
    """The laptop's host name."""
    software: Name
    planned_frames: int = Field(ge=0)
    preflight: tuple[PreflightCheck, ...] = ()


class Observation(Model):
    """One frame, on disk and hashed before this line is written."""

    kind: Literal["observation"] = "observation"
    previous_sha256: Sha256
    seq: int = Field(ge=0, le=999_999)
    taken_at: AwareDatetime
    file: str = Field(pattern=r"^frames/[\w\-]+\.(jpg|png)$")
    sha256: Sha256
    height_m: float = Field(ge=-5, le=200)
    azimuth_deg: float = Field(ge=0, lt=360)
    standoff_mm: float = Field(gt=0, le=20000)
    tilt_deg: float = Field(ge=-90, le=90)
    roll_deg: float = Field(ge=-180, le=180)
    height_std_m: float = Field(ge=0)
    azimuth_std_deg: float = Field(ge=0)
    standoff_std_mm: float = Field(ge=0)
    tilt_std_deg: float = Field(ge=0)
    roll_std_deg: float = Field(ge=0)
    mm_per_px: float = Field(gt=0)
    camera: CameraDescription | None = Field(default=None, exclude_if=lambda camera: camera is None)
    """Of a ring: the lens that took this one, where it is not the start line's. Left out elsewhere, so that the lines
    of a climb with one camera are what they always were."""


class Gap(Model):
    """A stretch of the pole that was not seen well enough to grade."""

    bottom_m: float
    top_m: float
    azimuth_from_deg: float
    azimuth_to_deg: float
    area_m2: float
    reason: Literal["not seen", "too oblique", "too coarse", "ungradable"]


class ClimbStop(Model):
    """Last line of a record: why it ended."""

    kind: Literal["stop"] = "stop"
    previous_sha256: Sha256
    stopped_at: AwareDatetime
    outcome: Literal["completed", "stopped", "failed"]
    reason: Reason
    """In words: `completed`, or what stopped it."""
    frames: int = Field(ge=0)
    unseen: tuple[Gap, ...] = Field(default=(), exclude_if=lambda gaps: not gaps)
    """What was left unseen on purpose, by the poses of the climb; `grade.json` has the final word."""
    accepted: Reason = Field(default="", exclude_if=lambda why: not why)
    """Why that was accepted, in the crew's words; empty where nothing was left or nobody accepted it."""


class ClimbResume(Model):
    """The climb goes on after a stop or a crash, with the same pole, camera and plan."""

    kind: Literal["resume"] = "resume"
    previous_sha256: Sha256
    resumed_at: AwareDatetime
    robot: Name
    frames: int = Field(ge=0)
    """Confirmed before."""


class Interval(Model):
    """Bounds at the stated level."""

    low: float
    high: float
    level: float = Field(gt=0, lt=1)


class GradedArea(Model):
    """Rust on one part of the true surface. Only what was seen is graded; coverage says how much that was."""

    part: Literal["pole", "section", "band", "window", "zone"]
    name: Name
    bottom_m: float
    top_m: float
    azimuth_from_deg: float | None = None
    """For windows and zones: clockwise span; may pass through 0."""
    azimuth_to_deg: float | None = None
    area_m2: float = Field(ge=0)
    """True surface area of the part."""
    seen_m2: float = Field(ge=0)
    coverage: Fraction
    rusted_m2: float | None
    """Over the seen surface, corrected by the model's rates; None when nothing was gradable."""
    rusted_fraction: Fraction | None
    """rusted_m2 / seen_m2."""
    interval: Interval | None
    """Of rusted_fraction."""
    iso_4628_3: Grade | None
    iso_4628_3_range: tuple[Grade, Grade] | None = None
    """Lowest and highest grade that the interval spans."""
    astm_d610: Grade | None
    """Grade with suffix S, G, P or H where the rule gives one, such as `5-S`."""
    reason: Reason = ""
    """Why it was not graded."""


class ProposedState(Model):
    """Seen area proposed for an AASHTO MBEI condition state of defect 1000, corrosion. An inspector decides."""

    state: Literal["CS1", "CS2", "CS3"]
    """CS4 cannot be told from photographs and is never proposed."""
    area_m2: float = Field(ge=0)


class LabelArea(Model):
    """Seen area of one of the labels that a model tells apart, for models that know more than rust."""

    name: Name
    rust: bool
    """Whether the label counts as rust."""
    area_m2: float = Field(ge=0)
    fraction: Fraction
    """Of the seen surface; all labels together make 1, but for rust that was not marked."""
    interval: Interval
    """That of rust, divided likewise: confusion between labels of one side is not in it."""


class PoseCorrection(Model):
    """How the poses were corrected by what the frames show; no matches: they stayed as reported."""

    height_factor: float
    """True height over reported height."""
    standoff_factor: float
    roll_deg: float
    matches: int = Field(ge=0)
    """Pieces of surface found in two frames."""
    rings: int = Field(ge=0)
    """Slip joints and ends of the shaft found in frames."""
    seams: int = Field(default=0, ge=0)
    """Sights of weld lines whose azimuth the pole file gives."""
    plates: int = Field(default=0, ge=0)
    """Sights of the handhole's cover and of the tag where the pole file gives their places."""
    turn_deg: float = 0.0
    """Added to all azimuths; 0 where neither weld line nor plate showed."""
    before_mm: float = Field(ge=0)
    """Misfit of the matches with the poses as reported, root mean square."""
    after_mm: float = Field(ge=0)
    landmarks_before_mm: float | None = Field(default=None, ge=0)
    """How far rings, weld lines and plates lay from where the pole file has them, root mean square."""
    landmarks_after_mm: float | None = Field(default=None, ge=0)


class Assessment(Model):
    """What one model and one rule say of one climb (`grade.json`). A later one is added, none overwritten."""

    schema_version: Literal[1] = 1
    assessment_id: str = Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
    climb_id: Uuid7
    assessed_at: AwareDatetime
    model: Name
    model_sha256: Sha256
    rule: Name
    """Name and version of the grading rule."""
    mm_per_px: float = Field(gt=0)
    """Of the map."""
    required_mm_per_px: float = Field(gt=0)
    required_angle_deg: float = Field(gt=0, lt=90)
    """A surface element counts as seen when some frame saw it at this scale and angle or better."""
    frames: int = Field(ge=0)
    whole: GradedArea
    parts: tuple[GradedArea, ...]
    gaps: tuple[Gap, ...] = ()
    ri3_or_worse_share: Fraction | None = None
    """Share of the seen area in 0.25 m2 fields marked Ri3 or worse."""
    proposed_states: tuple[ProposedState, ...] = ()
    labels: tuple[LabelArea, ...] = ()
    """Over the whole shaft, by value; empty for a model that knows rust alone."""
    pose_correction: PoseCorrection | None = None
    notes: tuple[Reason, ...] = ()


AnyLine = ClimbStart | Observation | ClimbStop | ClimbResume
Line = Annotated[AnyLine, Field(discriminator="kind")]


class ClimbUpload(Model):
    """What `highmast sync` sends: the record's start and stop, each frame by hash, and the assessments."""

    start: ClimbStart
    observations: tuple[Observation, ...]
    stop: ClimbStop | None
    resumes: tuple[ClimbResume, ...] = ()
    assessments: tuple[Assessment, ...]
    pictures: dict[Literal["surface", "rust", "coverage"], Sha256] = {}
    """Unrolled pictures, uploaded as blobs before this document."""
    masks: dict[Uuid7, dict[Annotated[int, Field(ge=0, le=999_999)], Sha256]] = {}
    """What the model marked on the photographs, blobs by assessment and number of the photograph: PNG of the
    photograph's size, rust where it is bright. A photograph that could not be graded has none."""
