"""Pictures of a graded climb for people, drawn from its folder.

map.png    the unrolled shaft as photographed and with rust and coverage, height scale, azimuth, joints, windows, bands
side.png   the shaft from the side, its bands coloured by grade
turn.html  the shaft to turn in a browser, self-contained
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Picture
from PIL import ImageDraw

from climber.errors import InputError
from climber.lettering import folded, font, write
from climber.pictures import label_colours
from climber.pole import shape_of
from climber.record import Assessment, GradedArea, PoleDescription, SectionSpan
from climber.recording import assessment_files, read_record
from climber.saying import ENGLISH, Saying, in_language
from climber.telling import graded as grades
from climber.telling import graded_in_short, kept
from vision.geometry import apothem_mm
from vision.types import Image, Plate

Picture.MAX_IMAGE_PIXELS = None  # Pillow's limit lies below a whole pole; these are our own pictures

Pixels = npt.NDArray[np.uint8]
Box = tuple[float, float, float, float]

GRADE_COLOURS = {
    "Ri0": (247, 247, 247),
    "Ri1": (254, 230, 206),
    "Ri2": (253, 190, 133),
    "Ri3": (241, 105, 19),
    "Ri4": (166, 54, 3),
    "Ri5": (77, 26, 2),
}
"""From light to dark in one hue, so that the order shows in grey print and to colour-blind eyes."""
NOT_GRADED = (200, 200, 200)
RUST = (213, 94, 0)
UNSEEN = (40, 40, 40)
POOR = (240, 228, 66)
WINDOW = (0, 84, 148)
JOINT = (0, 114, 178)
GAP = (204, 121, 167)
MARKS = (JOINT, Saying("joint, weld line, plate, worst window"))
INK = (20, 20, 20)
PALE = (120, 120, 120)

PX_PER_M = 130
PANEL_PX = 330
LEFT_PX, TOP_PX, GAP_PX, BARS_PX = 74, 118, 70, 300
TALLEST_PX = 6000
NOTES_PX = 80


@dataclass(frozen=True, slots=True)
class Graded:
    """What the pictures of one climb are drawn from."""

    pole: PoleDescription
    assessment: Assessment
    colour: Image
    rust: Pixels
    coverage: Pixels
    labels: Pixels | None = None
    """Values of the assessment's labels; None for a model that knows rust alone."""
    language: str = ENGLISH

    def say(self, text: str) -> str:
        """Return a text in the language of the pictures."""
        return in_language(text, self.language)


def read_graded(folder: Path, language: str = ENGLISH) -> Graded:
    """Read a climb folder's latest assessment that has its own unrolled pictures, and these.

    Raises InputError when one of them is missing.
    """
    record = read_record(folder)
    files = assessment_files(folder)
    colour = cv2.imread(str(folder / "surface.png"), cv2.IMREAD_COLOR_RGB)
    if not files or colour is None:
        raise InputError(f"{folder}: has no grade.json or no surface.png; grade it first with `highmast regrade`")
    # those in the climb's folder are the first assessment's; a later one drawn on them would show another's rust
    own = [(file, file.with_suffix("")) for file in files if file.with_suffix("").is_dir()]
    drawn, marks = own[-1] if own else (files[0], folder)
    assessment = Assessment.model_validate_json(drawn.read_bytes())
    rust = _indices(marks / "rust.png")
    coverage = _indices(marks / "coverage.png", rust.shape)
    labels = _indices(marks / "labels.png", rust.shape) if assessment.labels else None
    return Graded(record.start.pole, assessment, np.asarray(colour, dtype=np.uint8), rust, coverage, labels, language)


def _indices(path: Path, size: tuple[int, ...] | None = None) -> Pixels:
    """Read a palette PNG's indices, which must have this size if one is given."""
    if not path.is_file():
        raise InputError(f"{path}: is missing; grade the climb again with `highmast regrade`")
    with Picture.open(path) as opened:
        indices = np.asarray(opened)
    if size is not None and indices.shape != size:
        raise InputError(f"{path}: is {indices.shape}, rust.png {size}; grade the climb again")
    return indices.astype(np.uint8)


def draw_map(graded: Graded) -> Picture.Image:
    """Draw the unrolled shaft: photographed, marked, and its bands."""
    high = min(TALLEST_PX, max(500, round(graded.pole.height_m * PX_PER_M)))
    width = LEFT_PX + 2 * (PANEL_PX + GAP_PX) + BARS_PX
    sheet = Picture.new("RGB", (width, TOP_PX + high + 60 + NOTES_PX), "white")
    draw = ImageDraw.Draw(sheet)
    size = (PANEL_PX, high)
    lefts = (LEFT_PX, LEFT_PX + PANEL_PX + GAP_PX)
    photographed = cv2.resize(graded.colour, size, interpolation=cv2.INTER_AREA)
    sheet.paste(Picture.fromarray(photographed), (lefts[0], TOP_PX))
    sheet.paste(Picture.fromarray(_marked(graded, photographed)), (lefts[1], TOP_PX))
    _head(draw, graded)
    for left, title in zip(lefts, (Saying("as photographed"), Saying("rust and coverage")), strict=True):
        _axes(draw, graded.pole, left, high, graded.say(title))
    _windows(draw, graded, lefts[1], high)
    _bars(draw, graded, lefts[1] + PANEL_PX + GAP_PX, high)
    _legends(draw, graded, lefts[1], TOP_PX + high)
    write_notes(draw, graded, (LEFT_PX, TOP_PX + high + 60))
    return sheet


def not_assessed(graded: Graded) -> tuple[str, ...]:
    """Return what no camera grades, with the reasons."""
    return tuple(graded.say(note) for note in graded.assessment.notes if note.startswith("not assessed"))


def write_notes(draw: ImageDraw.ImageDraw, graded: Graded, at: tuple[int, int], cells: int = 110) -> None:
    """Write what was not assessed, NOTES_PX high at most."""
    lines = [line for note in not_assessed(graded) for line in folded(note, cells)]
    write(draw, at, "\n".join(lines[:4]), PALE, 12, spacing=4)


def _marked(graded: Graded, photographed: Image) -> Image:
    """Grey photograph with rust, poorly seen and unseen surface on it; a cell shows the worst of its elements."""
    high, wide = photographed.shape[:2]
    grey = cv2.cvtColor(photographed, cv2.COLOR_RGB2GRAY)
    picture = np.repeat((110 + grey * 0.55).clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
    rust = cv2.resize((graded.rust > 0).astype(np.float32), (wide, high), interpolation=cv2.INTER_AREA)
    seen = cv2.resize((graded.coverage == 1).astype(np.float32), (wide, high), interpolation=cv2.INTER_AREA)
    poor = cv2.resize((graded.coverage == 2).astype(np.float32), (wide, high), interpolation=cv2.INTER_AREA)
    picture[rust > 0.12] = RUST
    for value, colour in _painted(graded):
        is_it = np.equal(np.asarray(graded.labels), value).astype(np.float32)
        picture[cv2.resize(is_it, (wide, high), interpolation=cv2.INTER_AREA) > 0.12] = colour
    stripes = (np.add.outer(np.arange(high), np.arange(wide)) // 6) % 2 == 0
    picture[(seen < 0.5) & (poor >= 0.25) & stripes] = POOR
    picture[(seen < 0.5) & (poor < 0.25)] = UNSEEN
    return picture


def _painted(graded: Graded) -> list[tuple[int, tuple[int, int, int]]]:
    """Return values and colours of the labels that are painted, rust last: all but the first, which is sound."""
    if graded.labels is None:
        return []
    labels = graded.assessment.labels
    colours = label_colours([label.rust for label in labels])
    return sorted(list(enumerate(colours))[1:], key=lambda each: labels[each[0]].rust)


def _head(draw: ImageDraw.ImageDraw, graded: Graded) -> None:
    assessment = graded.assessment
    write(draw, (LEFT_PX, 12), f"{graded.pole.code}   {graded.say(grades(assessment.whole))}", INK, 20)
    by = Saying("model {model}, rule {rule}", model=assessment.model, rule=assessment.rule)
    seen = Saying("seen as from inside: azimuth grows to the right, clockwise from above")
    line = "   ".join((f"{assessment.assessed_at:%Y-%m-%d}", graded.say(by), graded.say(seen)))
    write(draw, (LEFT_PX, 42), line, PALE, 13)


def _axes(draw: ImageDraw.ImageDraw, pole: PoleDescription, left: int, high: int, title: str) -> None:
    """Frame, metres, degrees and slip joints of one panel."""
    draw.rectangle((left - 1, TOP_PX - 1, left + PANEL_PX, TOP_PX + high), outline=INK)
    write(draw, (left + PANEL_PX / 2, TOP_PX - 24), title, INK, 15, anchor="ms")
    for degrees in (0, 90, 180, 270, 360):
        at = left + PANEL_PX * degrees / 360
        draw.line((at, TOP_PX - 6, at, TOP_PX), INK)
        write(draw, (at, TOP_PX - 8), f"{degrees}°", PALE, 12, anchor="ms")
    for metre in range(int(pole.height_m) + 1):
        at = row_px(pole, metre, high)
        draw.line((left - 6, at, left, at), INK)
        write(draw, (left - 9, at), f"{metre} m", INK if metre % 5 == 0 else PALE, 12, anchor="rm")
    for section in pole.sections[1:]:
        at = row_px(pole, section.bottom_m, high)
        for start in range(0, PANEL_PX, 12):
            draw.line((left + start, at, left + start + 6, at), JOINT, 2)
    for section in pole.sections:
        _weld_line(draw, pole, section, left, high)
    for plate in shape_of(pole).plates:
        _plate(draw, pole, plate, left, high)


def _weld_line(draw: ImageDraw.ImageDraw, pole: PoleDescription, section: SectionSpan, left: int, high: int) -> None:
    """Dots along a weld line whose azimuth is known."""
    if section.seam_deg is None:
        return
    at = left + PANEL_PX * section.seam_deg / 360
    top, bottom = (round(row_px(pole, height_m, high)) for height_m in (section.top_m, section.bottom_m))
    for row in range(top, bottom - 2, 10):
        draw.line((at, row, at, row + 2), JOINT, 2)


def _plate(draw: ImageDraw.ImageDraw, pole: PoleDescription, plate: Plate, left: int, high: int) -> None:
    """Outline of a handhole or tag where the pole file has it."""
    half_deg = np.degrees(plate.wide_mm / 2 / float(apothem_mm(shape_of(pole), plate.height_m)))
    start, end = ((plate.azimuth_deg + side * half_deg) % 360 for side in (-1, 1))
    half_m = plate.high_mm / 2000
    for box in _boxes(pole, start, end, plate.height_m - half_m, plate.height_m + half_m, high):
        draw.rectangle((left + box[0], box[1], left + box[2], box[3]), outline=JOINT, width=2)


def row_px(pole: PoleDescription, height_m: float, high: int) -> float:
    """Return the row of a height on a panel `high` pixels tall."""
    return TOP_PX + high * (1 - height_m / pole.height_m)


def _windows(draw: ImageDraw.ImageDraw, graded: Graded, left: int, high: int) -> None:
    """Outline the worst windows and name the gaps."""
    for part in graded.assessment.parts:
        if part.part == "window" and part.azimuth_from_deg is not None and part.azimuth_to_deg is not None:
            boxes = _boxes(graded.pole, part.azimuth_from_deg, part.azimuth_to_deg, part.bottom_m, part.top_m, high)
            for box in boxes:
                draw.rectangle((left + box[0], box[1], left + box[2], box[3]), outline=WINDOW, width=3)
            at = left + boxes[0][0] + 2, boxes[0][1] - 3
            words = f"{graded.say(kept(part.name))}: {part.iso_4628_3}"
            write(draw, at, words, WINDOW, 13, anchor="lb", stroke_width=2, stroke_fill="white")
    for gap in graded.assessment.gaps[:40]:
        for box in _boxes(graded.pole, gap.azimuth_from_deg, gap.azimuth_to_deg, gap.bottom_m, gap.top_m, high):
            draw.rectangle((left + box[0], box[1], left + box[2], box[3]), outline=GAP, width=2)
            at = left + box[0] + 6, (box[1] + box[3]) / 2
            write(draw, at, graded.say(gap.reason), INK, 13, anchor="lm", stroke_width=3, stroke_fill="white")


def _boxes(pole: PoleDescription, start: float, end: float, bottom: float, top: float, high: int) -> list[Box]:
    """One box on the panel, or two when it passes azimuth 0."""
    spans = [(start, end)] if end > start else [(start, 360.0), (0.0, end)]
    scale = PANEL_PX / 360
    rows = row_px(pole, top, high), row_px(pole, bottom, high)
    return [(low * scale, rows[0], upper * scale - 1, rows[1]) for low, upper in spans if upper > low]


def _bars(draw: ImageDraw.ImageDraw, graded: Graded, left: int, high: int) -> None:
    """One row per height band: colour and words."""
    write(draw, (left, TOP_PX - 24), graded.say(Saying("height bands")), INK, 15, anchor="ls")
    for part in graded.assessment.parts:
        if part.part != "band":
            continue
        top, bottom = row_px(graded.pole, part.top_m, high), row_px(graded.pole, part.bottom_m, high)
        draw.rectangle((left, top, left + 34, bottom), fill=grade_colour(part), outline=INK)
        write(draw, (left + 42, (top + bottom) / 2), graded.say(graded_in_short(part)), INK, 12, anchor="lm")


def grade_colour(part: GradedArea) -> tuple[int, int, int]:
    """Return the colour of a part's grade."""
    return GRADE_COLOURS.get(part.iso_4628_3 or "", NOT_GRADED)


def _legends(draw: ImageDraw.ImageDraw, graded: Graded, left: int, top: int) -> None:
    """One row of what every map shows; above it the labels of a model that tells more apart than rust."""
    labels = graded.assessment.labels
    named = [(colour, labels[value].name) for value, colour in sorted(_painted(graded))]
    rust = [] if named else [(RUST, Saying("rust"))]
    entries = [*rust, (POOR, Saying("seen poorly")), (UNSEEN, Saying("not seen")), MARKS]
    _legend(draw, [(colour, graded.say(words)) for colour, words in entries], left, top + (44 if named else 30))
    _legend(draw, named, left, top + 20)


def _legend(draw: ImageDraw.ImageDraw, entries: list[tuple[tuple[int, int, int], str]], left: int, top: int) -> None:
    for colour, words in entries:
        draw.rectangle((left, top - 7, left + 14, top + 7), fill=colour, outline=INK)
        write(draw, (left + 20, top), words, INK, 12, anchor="lm")
        left += 34 + round(draw.textlength(words, font(12, words)))
