"""The shaft to turn in a browser: one HTML file that needs nothing else, not even a network."""

import base64
import html
import json
import re
from pathlib import Path

import cv2
import numpy as np

from climber.drawing import Graded, not_assessed
from climber.telling import graded as grades

TEMPLATE = Path(__file__).parent / "turn.html"
SAID = re.compile(r"@\[(.*?)\]@")
"""What the page says to people, in English."""
TEXTURE_PX = (1024, 8192)
"""Largest width and height of the texture; phones take 8192."""


def turn_page(graded: Graded) -> str:
    """Return the page."""
    size = tuple(min(most, actual) for most, actual in zip(TEXTURE_PX, graded.rust.shape[::-1], strict=True))
    colour = cv2.resize(cv2.cvtColor(graded.colour, cv2.COLOR_RGB2BGR), size, interpolation=cv2.INTER_AREA)
    rust = cv2.resize((graded.rust > 0).astype(np.uint8) * np.uint8(255), size, interpolation=cv2.INTER_AREA)
    pole = graded.pole.model_dump(include={"height_m", "base_diameter_mm", "top_diameter_mm", "sides"})
    filled = {
        "@LANGUAGE@": graded.language,
        "@TITLE@": html.escape(graded.pole.code),
        "@GRADE@": "<br>".join([html.escape(graded.say(grades(graded.assessment.whole))), *_small(graded)]),
        "@POLE@": json.dumps(pole),
        "@COLOUR@": _encoded(".jpg", colour, [cv2.IMWRITE_JPEG_QUALITY, 82]),
        "@RUST@": _encoded(".png", rust, [cv2.IMWRITE_PNG_COMPRESSION, 6]),
    }
    template = TEMPLATE.read_text(encoding="utf-8")
    page = SAID.sub(lambda said: html.escape(graded.say(said[1])), template)
    for mark, content in filled.items():
        page = page.replace(mark, content)
    return page


def _small(graded: Graded) -> list[str]:
    return [f"<small>{html.escape(note)}</small>" for note in not_assessed(graded)]


def _encoded(kind: str, picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], options: list[int]) -> str:
    written, content = cv2.imencode(kind, picture, options)
    assert written
    return base64.b64encode(bytes(content)).decode()
