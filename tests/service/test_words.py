"""Both languages have every word, and numbers say what they are."""

import re
from pathlib import Path

import pytest

from climber.service import words


def test_both_languages_have_the_same_keys_and_fields() -> None:
    english, chinese = words.words("en"), words.words("zh-Hant")
    assert english.keys() == chinese.keys()
    for key in english:
        assert set(re.findall(r"{(\w+)}", english[key])) == set(re.findall(r"{(\w+)}", chinese[key])), key


def test_pages_use_only_words_that_exist() -> None:
    pages = Path(words.__file__).parent / "pages"
    used = {key for page in pages.glob("*.html") for key in re.findall(r"\bt\([\"'](\w+)[\"'](?! ~)", page.read_text())}
    assert used
    assert used <= words.words("en").keys()


@pytest.mark.parametrize(
    ("fraction", "text"), [(None, "–"), (0.0, "0.00 %"), (0.00123, "0.12 %"), (0.0234, "2.3 %"), (0.5, "50 %")]
)
def test_percent(fraction: float | None, text: str) -> None:
    assert words.percent(fraction) == text


def test_span_and_area() -> None:
    assert words.span(0.012, 0.034) == "1.2–3.4 %"
    assert words.span(None, 0.1) == "–"
    assert words.square_metres(0.0123) == "123 cm²"
    assert words.square_metres(1.5) == "1.50 m²"
