"""Typst documents to PDF: fonts for the reader's language, and a clear word when something is missing."""

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

TEMPLATES = Path(__file__).parent / "report"
CHINESE = (
    "Noto Sans CJK TC",
    "Noto Sans CJK HK",
    "Noto Sans TC",
    "Source Han Sans TC",
    "PingFang TC",
    "Heiti TC",
    "Microsoft JhengHei",
)
LATIN = ("Noto Sans", "DejaVu Sans", "Helvetica", "Arial", "Segoe UI", "Libertinus Serif")
"""Typst itself brings the last one."""


class CannotTypesetError(Exception):
    """The report cannot be made on this machine; the message says what to install."""


def pdf(template: str, language: str, data: Mapping[str, Any], pictures: Mapping[str, bytes]) -> bytes:
    """Typeset `report/TEMPLATE.typ` with its data and pictures. Raises CannotTypesetError."""
    try:
        import typst
    except ImportError as error:
        raise CannotTypesetError("Reports need typst: pip install 'highmast[reports]'") from error
    settings = json.dumps({**data, "language": language, "fonts": fonts(language)})
    with TemporaryDirectory(prefix="highmast-report-") as folder:
        place = Path(folder)
        for source in TEMPLATES.glob("*.typ"):
            shutil.copyfile(source, place / source.name)
        (place / "data.json").write_text(settings, "utf-8")
        for name, content in pictures.items():
            (place / name).write_bytes(content)
        now = datetime.now(UTC).replace(microsecond=0)
        return typst.compile(place / f"{template}.typ", root=place, format="pdf", timestamp=now)


def fonts(language: str) -> list[str]:
    """Return the families to set a language in, best first. Raises CannotTypesetError without Chinese ones."""
    latin = [family for family in LATIN if family in families()]
    if language != "zh-Hant":
        return latin
    chinese = [family for family in CHINESE if family in families()]
    if not chinese:
        raise CannotTypesetError(
            "No font with Traditional Chinese was found on the machine that runs the service. Install one "
            "(Debian: apt install fonts-noto-cjk) and restart the service, or take the report in English."
        )
    return chinese


@cache
def families() -> frozenset[str]:
    """Return the names of the fonts that typst finds on this machine."""
    import typst

    return frozenset(typst.Fonts().families())
