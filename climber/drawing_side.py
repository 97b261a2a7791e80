"""The shaft from the side, its bands coloured by grade."""

from PIL import Image as Picture
from PIL import ImageDraw

from climber.drawing import (
    INK,
    JOINT,
    NOTES_PX,
    PALE,
    TOP_PX,
    Graded,
    grade_colour,
    write_notes,
)
from climber.lettering import write
from climber.record import GradedArea, PoleDescription
from climber.saying import Saying
from climber.telling import graded as grades
from climber.telling import graded_in_short

WIDER = 5
"""The side view shows diameters this many times wider than heights."""


def draw_side(graded: Graded) -> Picture.Image:
    """Draw the shaft from the side, bands coloured by grade, diameters WIDER times as wide as heights are high."""
    pole = graded.pole
    scale = min(1500 / pole.height_m, 110)
    high = round(pole.height_m * scale)
    middle = 130 + pole.base_diameter_mm / 2000 * scale * WIDER
    sheet = Picture.new("RGB", (round(middle * 2 + 260), TOP_PX + high + 70 + NOTES_PX), "white")
    draw = ImageDraw.Draw(sheet)
    write(draw, (20, 12), pole.code, INK, 20)
    write(draw, (20, 42), graded.say(grades(graded.assessment.whole)), INK, 14)
    for part in graded.assessment.parts:
        if part.part == "band":
            _band(draw, graded, part, (middle, scale, high))
    for section in pole.sections[1:]:
        at, half = TOP_PX + high - section.bottom_m * scale, _half_px(pole, section.bottom_m, scale) + 6
        draw.line((middle - half, at, middle + half, at), JOINT, 3)
    ground = TOP_PX + high
    draw.line((20, ground, middle * 2 - 20, ground), INK, 2)
    write_notes(draw, graded, (20, ground + 40), cells=58)
    wider = Saying("diameters drawn {times} times as wide as heights; blue: slip joint", times=WIDER)
    write(draw, (20, ground + 12), graded.say(wider), PALE, 12)
    return sheet


def _band(draw: ImageDraw.ImageDraw, graded: Graded, part: GradedArea, place: tuple[float, float, int]) -> None:
    pole, (middle, scale, high) = graded.pole, place
    top, bottom = TOP_PX + high - part.top_m * scale, TOP_PX + high - part.bottom_m * scale
    upper, lower = _half_px(pole, part.top_m, scale), _half_px(pole, part.bottom_m, scale)
    corners = [(middle - upper, top), (middle + upper, top), (middle + lower, bottom), (middle - lower, bottom)]
    draw.polygon(corners, fill=grade_colour(part), outline=INK)
    write(draw, (middle - lower - 12, bottom - 3), f"{part.bottom_m:g} m", PALE, 12, anchor="rs")
    write(draw, (middle + lower + 14, (top + bottom) / 2), graded.say(graded_in_short(part)), INK, 13, anchor="lm")


def _half_px(pole: PoleDescription, height_m: float, scale: float) -> float:
    along = height_m / pole.height_m
    diameter_mm = pole.base_diameter_mm + (pole.top_diameter_mm - pole.base_diameter_mm) * along
    return diameter_mm / 2000 * scale * WIDER
