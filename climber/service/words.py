"""The pages' words in English and Traditional Chinese, one TOML file each, and how numbers are written."""

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request

LANGUAGES = ("en", "zh-Hant")
COOKIE = "highmast_language"
PART_NAMES = (
    ("section", "section ", "part_section_n"),
    ("zone", "slip joint at ", "part_joint_at"),
    ("zone", "weld line of section ", "part_weld_of"),
    ("zone", "handhole", "part_handhole"),
    ("window", "worst ", "part_worst_of"),
)
"""Kind of part, how its name begins, and the words for it."""
MISFIT = r"misfit (?P<before>[\d.]+) mm before, (?P<after>[\d.]+) mm after"
NOTES = (
    ("not assessed: foundation", "note_foundation"),
    ("not assessed: rust inside", "note_inside"),
    (r"poses corrected by (?P<matches>\d+) matches, (?P<rings>\d+) rings .*" + MISFIT, "note_poses"),
    ("poses as reported", "note_poses_kept"),
    ("nothing of it was seen", "reason_unseen"),
    (r"speaks only of the (?P<seen>\d+)%", "reason_partly"),
)


@cache
def words(language: str) -> dict[str, str]:
    """Return the words of one of LANGUAGES by their keys."""
    return tomllib.loads((Path(__file__).parent / "words" / f"{language}.toml").read_text("utf-8"))


def translator(language: str) -> Callable[..., str]:
    """Return a function that gives the text of a key, with its {fields} filled in."""
    texts = words(language)

    def translate(key: str, **fields: object) -> str:
        return texts[key].format(**fields)

    return translate


def for_scripts(language: str) -> dict[str, str]:
    """Return the words that the page's scripts use: those whose keys begin with `ui_`."""
    return {key: text for key, text in words(language).items() if key.startswith("ui_")}


def part_name(part: Mapping[str, Any], t: Callable[..., str]) -> str:
    """Name a graded part in the reader's language; a name that is not one of ours stays as it is."""
    name, numbers = str(part["name"]), re.findall(r"\d+(?:\.\d+)?", str(part["name"]))
    if part["part"] == "pole":
        return t("part_pole")
    for kind, began, key in PART_NAMES:
        if part["part"] == kind and name.startswith(began):
            return t(key, n=numbers[0] if numbers else "")
    return name.replace("-", "–") if part["part"] == "band" else name


def note_text(note: str, t: Callable[..., str]) -> str:
    """Give one of the usual notes and reasons of an assessment in the reader's language; another stays as it is."""
    found = ((re.match(began, note), key) for began, key in NOTES)
    return next((t(key, **match.groupdict()) for match, key in found if match), note)


def language_of(request: Request) -> str:
    """Choose a language: ?lang=, then the cookie, then Accept-Language, then English."""
    for choice in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if choice in LANGUAGES:
            return choice
    accepted = request.headers.get("accept-language", "").lower()
    return "zh-Hant" if accepted.startswith(("zh-hant", "zh-tw", "zh-hk", "zh-mo")) else "en"


def percent(fraction: float | None) -> str:
    """Write a fraction as percent with two significant digits, `–` for None."""
    if fraction is None:
        return "–"
    if fraction == 0:
        return "0 %"
    value = fraction * 100
    digits = 0 if value >= 10 else 1 if value >= 1 else 2
    return f"{value:.{digits}f} %"


def span(low: float | None, high: float | None) -> str:
    """Write an interval of fractions as percent."""
    return "–" if low is None or high is None else f"{percent(low)[:-2]}–{percent(high)}"


def square_metres(area_m2: float | None) -> str:
    """Write an area, `–` for None."""
    if area_m2 is None:
        return "–"
    return f"{area_m2:.2f} m²" if area_m2 >= 0.1 else f"{area_m2 * 10_000:.0f} cm²"


def date(stamp: str | None) -> str:
    """Write the day of a stored time, UTC."""
    return stamp[:10] if stamp else "–"


def day(stamp: str | None) -> str:
    """Write a stored time to the minute, UTC."""
    return f"{stamp[:10]} {stamp[11:16]} UTC" if stamp else "–"
