"""Words in pictures: the typeface that their letters need."""

from contextlib import suppress
from typing import Any

from PIL import ImageDraw, ImageFont
from rich.console import Console
from rich.text import Text

from climber.saying import CHINESE

FACES = (
    ("NotoSansCJK-Regular.ttc", 3),
    ("NotoSansTC-Regular.otf", 0),
    ("PingFang.ttc", 0),
    ("STHeiti Medium.ttc", 0),
)
"""Files of typefaces with Traditional Chinese, and which face in them."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font(size: int, text: str = "") -> Font:
    """Return the typeface that Pillow carries; for a text in Chinese, which it lacks, one of the machine's if any."""
    chinese = _chinese(size) if any(letter >= "\u2e80" for letter in text) else None
    return chinese or ImageFont.load_default(size)


def can_letter(language: str) -> bool:
    """Whether this machine has a typeface for a language."""
    return language != CHINESE or _chinese(12) is not None


def _chinese(size: int) -> Font | None:
    for name, face in FACES:
        with suppress(OSError):
            return ImageFont.truetype(name, size, face)
    return None


def write(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    ink: tuple[int, int, int],
    size: int,
    **how: Any,
) -> None:
    """Write a text, several lines too; `how` is as of ImageDraw.text."""
    draw.text(at, text, ink, font(size, text), **how)


def folded(text: str, cells: int) -> list[str]:
    """Break a text into lines; unlike textwrap, this counts a Chinese character as two cells and breaks after any."""
    return [line.plain.rstrip() for line in Text(text).wrap(Console(), cells)]
