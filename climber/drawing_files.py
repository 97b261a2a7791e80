"""The three pictures of a graded climb as files."""

import io
from pathlib import Path

from climber.drawing import Graded, draw_map
from climber.drawing_side import draw_side
from climber.drawing_turn import turn_page
from climber.files import write_file


def write_drawings(graded: Graded, folder: Path) -> tuple[Path, Path, Path]:
    """Write map.png, side.png and turn.html into a folder; returns their paths in this order."""
    paths = folder / "map.png", folder / "side.png", folder / "turn.html"
    for path, picture in zip(paths[:2], (draw_map(graded), draw_side(graded)), strict=True):
        out = io.BytesIO()
        picture.save(out, "PNG")
        write_file(path, out.getvalue())
    write_file(paths[2], turn_page(graded).encode())
    return paths
