"""The three pictures of a graded climb as files."""

import io
from dataclasses import replace
from pathlib import Path

from climber.drawing import Graded, draw_map
from climber.drawing_side import draw_side
from climber.drawing_turn import turn_page
from climber.files import write_file
from climber.lettering import can_letter
from climber.saying import ENGLISH


def write_drawings(graded: Graded, folder: Path) -> tuple[Path, Path, Path]:
    """Write map.png, side.png and turn.html into a folder; returns their paths in this order.

    Where the machine has no typeface for the language, the first two are in English; a browser has its own typefaces.
    """
    paths = folder / "map.png", folder / "side.png", folder / "turn.html"
    lettered = graded if can_letter(graded.language) else replace(graded, language=ENGLISH)
    for path, picture in zip(paths[:2], (draw_map(lettered), draw_side(lettered)), strict=True):
        out = io.BytesIO()
        picture.save(out, "PNG")
        write_file(path, out.getvalue())
    write_file(paths[2], turn_page(graded).encode())
    return paths
