"""Pictures of a pole's report: the surface in strips, photographs of the worst places, the history as a curve."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import Connection

from climber.service import queries
from climber.service.previews import Kind, preview

STRIP_M = 5.0
WIDTH_PX = 1024
PHOTOGRAPH_PX = 1000
PLACES = ("window", "zone")
MOST_PHOTOGRAPHS = 4


def strips(
    folder: Path, files_of: Mapping[str, Path], climb: Any, height_m: float
) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """Return the unrolled surface with its layers in strips of at most STRIP_M, the lowest first, and their files.

    Previews lie in `folder`; `files_of` gives the files of the climb's pictures by hash.
    """
    if not climb.surface_sha256:
        return [], {}
    whole = _layered(folder, files_of, climb)
    count = max(1, round(height_m / STRIP_M))
    listed, files = [], {}
    for number in range(count):
        bottom_m, top_m = height_m * number / count, height_m * (number + 1) / count
        rows = round((1 - top_m / height_m) * whole.height), round((1 - bottom_m / height_m) * whole.height)
        name = f"strip{number}.jpg"
        files[name] = _jpeg(whole.crop((0, rows[0], whole.width, rows[1])))
        listed.append({"file": name, "bottom": f"{bottom_m:.1f} m", "top": f"{top_m:.1f} m"})
    return listed, files


def _layered(folder: Path, files_of: Mapping[str, Path], climb: Any) -> Image.Image:
    def layer(kind: Kind, sha256: str) -> Image.Image:
        with Image.open(preview(folder, files_of[sha256], kind, WIDTH_PX)) as image:
            return image.convert("RGBA")

    whole = layer("surface", climb.surface_sha256)
    kinds: tuple[tuple[Kind, str | None], ...] = (("coverage", climb.coverage_sha256), ("rust", climb.rust_sha256))
    for kind, sha256 in kinds:
        if sha256:
            over = layer(kind, sha256)
            whole.alpha_composite(over if over.size == whole.size else over.resize(whole.size))
    return whole.convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def worst_places(
    connection: Connection, org_id: str, climb_id: str, assessed: dict[str, Any]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the worst windows and the joints, worst first, each with the photograph that faces it best."""
    parts = [part for part in assessed["parts"] if part["part"] in PLACES and part["rusted_fraction"]]
    found: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for part in sorted(parts, key=lambda part: -part["rusted_fraction"]):
        middle = _middle_deg(part)
        height_m = (part["bottom_m"] + part["top_m"]) / 2
        rows = queries.frames(connection, org_id, climb_id, height_m, middle, 1.0, 1)
        for row in rows or []:
            (document,) = queries.frame_documents(connection, climb_id, [row])
            found.setdefault(row.blob_sha256, (part, document))
    return list(found.values())[:MOST_PHOTOGRAPHS]


def _middle_deg(part: dict[str, Any]) -> float | None:
    begin, end = part["azimuth_from_deg"], part["azimuth_to_deg"]
    if begin is None:
        return None
    return float((begin + ((end - begin) % 360 or 360) / 2) % 360)


def photograph(blob: Path) -> bytes | None:
    """Return a photograph at the size of a page, or None when it cannot be decoded."""
    try:
        with Image.open(blob) as image:
            small = image.convert("RGB")
            small.thumbnail((PHOTOGRAPH_PX, PHOTOGRAPH_PX))
    except (OSError, ValueError, SyntaxError):
        return None
    return _jpeg(small)


def curve(series: list[dict[str, Any]]) -> bytes | None:
    """Return the whole pole's history as SVG: share of rust with the band of its interval; None with fewer than two."""
    points = [(datetime.fromisoformat(one["at"]), one["parts"][0]) for one in series]
    points = [(at, part) for at, part in points if part["fraction"] is not None and part["high"] is not None]
    if len(points) < 2:
        return None
    begin, end = points[0][0], points[-1][0]
    most = max(part["high"] for _, part in points) or 1e-6

    def place(at: datetime, fraction: float) -> str:
        across = (at - begin) / (end - begin) if end > begin else 0.5
        return f"{46 + across * 440:.1f},{150 - fraction / most * 130:.1f}"

    line = " ".join(place(at, part["fraction"]) for at, part in points)
    band = [place(at, part["high"]) for at, part in points] + [place(at, part["low"]) for at, part in reversed(points)]
    dots = "".join(_dot(place(at, part["fraction"]), at.date().isoformat(), part["grade"] or "") for at, part in points)
    marks = "".join(_mark(most * share, 150 - 130 * share) for share in (0, 0.5, 1))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 520 180" font-family="sans-serif" font-size="10">{marks}'
        f'<polygon points="{" ".join(band)}" fill="#d55e00" fill-opacity="0.2"/>'
        f'<polyline points="{line}" fill="none" stroke="#d55e00" stroke-width="2"/>{dots}</svg>'
    ).encode()


def _dot(place: str, day: str, grade: str) -> str:
    x, y = place.split(",")
    return (
        f'<circle cx="{x}" cy="{y}" r="3.5" fill="#d55e00"/><text x="{x}" y="{float(y) - 7:.1f}" text-anchor="middle" '
        f'font-weight="bold">{grade}</text><text x="{x}" y="168" text-anchor="middle" fill="#555">{day}</text>'
    )


def _mark(fraction: float, y: float) -> str:
    return (
        f'<line x1="40" x2="500" y1="{y}" y2="{y}" stroke="#ccc" stroke-width="0.6"/>'
        f'<text x="36" y="{y + 3}" text-anchor="end" fill="#555">{fraction * 100:.2g} %</text>'
    )
