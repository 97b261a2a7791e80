"""The pages' words in English and Traditional Chinese, one TOML file each, and how numbers are written."""

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from fastapi import Request

LANGUAGES = ("en", "zh-Hant")
COOKIE = "highmast_language"


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


def day(stamp: str | None) -> str:
    """Write a stored time to the minute, UTC."""
    return f"{stamp[:10]} {stamp[11:16]} UTC" if stamp else "–"
