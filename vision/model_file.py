"""The model file: an ONNX graph that carries its own description, sealed with a SHA-256 of itself."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

SHIPPED = Path(__file__).parent / "models" / "rust.onnx"

FORMAT = "highmast-rust/4"
"""Graph: `image` uint8 (1, h, w, 3) RGB, h and w multiples of 64, to logits of rust before calibration, float32:
`coarse` (1, 1 or 2, h / 4, w / 4) from the picture at half scale, `fine` (1, h / 2, w / 2) from the picture itself.
The second plane of `coarse` is the logit of steel, of models that were taught silhouettes.

With more labels than rust and not rust instead to `logit` (1, h / 2, w / 2), of the mean of both scales, and to
`sound_label` and `rust_label`, uint8 (1, h, w): the likeliest label on either side of the threshold."""

KNOWN = ("highmast-rust/1", "highmast-rust/2", "highmast-rust/3", FORMAT)
"""Formats that can be read; the third had one plane in `coarse`, without an axis of its own, the second gave `logit`
calibrated, the first `probability` (1, h, w)."""

SEAL = re.compile(rb"seal-sha256:([0-9a-f]{64})")
BLANK = b"seal-sha256:" + b"0" * 64


class ModelFileError(ValueError):
    """The file is missing, damaged or not a rust model of ours."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a model file says of itself."""

    name: str
    threshold: float
    """Probability from which a pixel is called rust."""
    true_positive_rate: float
    false_positive_rate: float
    """Per pixel of a pole's surface, on held-out rendered poles: for the area correction of maps."""
    photo_error: tuple[float, float]
    """Standard deviation of a photograph's rusted fraction f: hypot(first, second * f), on held-out photographs."""
    mm_per_px: tuple[float, float]
    """Scale of the surface for which it was trained, finest and coarsest."""
    rule: str
    """Grading rule at export."""
    steel: float = 0.42
    """Probability from which a pixel may show steel (vision/training/steel_limit.py); this one in files without it."""
    temperature: float = 1.0
    """The graph's logits are divided by it; 1 in files whose graph does so."""
    labels: tuple[str, ...] = ("not rust", "rust")
    """Names by value."""
    rust_values: tuple[int, ...] = (1,)
    """Which of them are rust."""
    preprocessing: str = (
        "RGB bytes, (x - 128) / 128, half scale and, where it finds rust possible, full scale; mirrored to 64"
    )
    metrics: dict[str, float] = field(default_factory=dict)
    data_sha256: dict[str, str] = field(default_factory=dict)
    """Of the training data, by name."""
    trained_on: tuple[str, ...] = ()
    """Keys (vision/labels.py) of the photographs that it, or what it started from, learnt from; none in older files."""
    gains: tuple[float, ...] = ()
    """As in ModelInfo, measured by `vision.training.pole_rates`; empty in files made before it."""
    alarms: tuple[float, ...] = ()
    sure_gains: tuple[float, ...] = ()
    sure_alarms: tuple[float, ...] = ()


def sealed(content: bytes) -> bytes:
    """Write the file's own hash into its blank seal; ValueError when there is not exactly one."""
    if content.count(BLANK) != 1:
        raise ValueError("a model to be sealed needs exactly one blank seal in its metadata")
    return content.replace(BLANK, b"seal-sha256:" + hashlib.sha256(content).hexdigest().encode())


def read_model(path: Path) -> bytes:
    """Read a model file and verify its seal; ModelFileError says what is wrong and what to do."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}; give a file made by `highmast train`") from None
    found = SEAL.findall(content)
    if len(found) != 1:
        raise ModelFileError(f"{path} ({len(content)} bytes) is no highmast rust model, or cut off; fetch it again")
    blank = content.replace(b"seal-sha256:" + found[0], BLANK)
    if hashlib.sha256(blank).hexdigest().encode() != found[0]:
        raise ModelFileError(f"model {path} does not match its own SHA-256: it was damaged or altered; fetch it again")
    return content


def to_metadata(card: Card) -> dict[str, str]:
    """Return the strings to store in the ONNX file, with a blank seal."""
    values = {name: getattr(card, name) for name in Card.__dataclass_fields__}
    return {"format": FORMAT, "card": json.dumps(values), "seal": BLANK.decode()}


def from_metadata(path: Path, stored: dict[str, str]) -> Card:
    """Read the card back; ModelFileError when the file is of another kind or version."""
    if stored.get("format") not in KNOWN:
        raise ModelFileError(
            f"{path} has format {stored.get('format')!r}, not {FORMAT!r}; use a model made for this highmast"
        )
    values = json.loads(stored["card"])
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(value)
    return Card(**values)
