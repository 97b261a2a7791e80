"""What a climb says to its crew: an English text that knows how to say itself in the crew's language.

The record keeps the English text. `words/zh-Hant.toml` holds the translations by template, as gettext does.
"""

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Self

ENGLISH, CHINESE = "en", "zh-Hant"
LANGUAGES = (ENGLISH, CHINESE)


class Saying(str):
    """English text made from a template and its fields; `in_language` fills the translated template instead."""

    template: str
    fields: dict[str, Any]

    def __new__(cls, template: str, **fields: Any) -> Self:
        """Fill `template`, which is also the key of its translations."""
        saying = super().__new__(cls, template.format(**fields))
        saying.template, saying.fields = template, fields
        return saying


def in_language(text: str, language: str) -> str:
    """Return a text in one of LANGUAGES; a text that is no Saying, such as a driver's error, stays as it is."""
    if language == ENGLISH:
        return str(text)
    if not isinstance(text, Saying):
        return translations(language).get(text, text)
    fields = {name: _field(value, language) for name, value in text.fields.items()}
    return translations(language).get(text.template, text.template).format(**fields)


def _field(value: Any, language: str) -> Any:
    return in_language(value, language) if isinstance(value, str) else value


@cache
def translations(language: str) -> dict[str, str]:
    """Return the translated templates of a language by their English ones."""
    texts: dict[str, str] = tomllib.loads((Path(__file__).parent / "words" / f"{language}.toml").read_text("utf-8"))
    return texts


def language_of_environment() -> str:
    """Return the crew's language by LC_ALL, LC_MESSAGES or LANG; English where they say nothing."""
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    chosen = next((name for name in names if name), "")
    return CHINESE if chosen.startswith(("zh_TW", "zh_HK", "zh_MO", "zh_Hant")) else ENGLISH
