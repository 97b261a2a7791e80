"""Both languages have every word, and numbers say what they are."""

import re
from pathlib import Path

import pytest

from climber.assess import NOT_ASSESSED, NOTHING_SEEN, PARTLY_SEEN
from climber.saying import CHINESE, in_language
from climber.service import words
from climber.telling import kept
from vision.refine import Refinement


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
    ("fraction", "text"), [(None, "–"), (0.0, "0 %"), (0.00123, "0.12 %"), (0.0234, "2.3 %"), (0.5, "50 %")]
)
def test_percent(fraction: float | None, text: str) -> None:
    assert words.percent(fraction) == text


def test_span_and_area() -> None:
    assert words.span(0.012, 0.034) == "1.2–3.4 %"
    assert words.span(None, 0.1) == "–"
    assert words.square_metres(0.0123) == "123 cm²"
    assert words.square_metres(1.5) == "1.50 m²"


def test_the_note_of_the_poses_is_told_in_the_readers_language() -> None:
    found = Refinement((), 0.9969, 1.03, -0.01, 455, 12, 0, 0, 0.0, 11.3, 0.2, 3.0, 1.0)
    for language, told in (("en", "Poses corrected by 455 matches and 12 rings"), ("zh-Hant", "455 處重疊與 12 個")):
        text = words.note_text(found.summary(), words.translator(language))
        assert told in text
        assert "11.3" in text
        assert "0.2" in text


def test_why_a_part_is_not_graded_or_only_in_part_is_told_in_the_readers_language() -> None:
    chinese = words.translator("zh-Hant")
    assert words.note_text(NOTHING_SEEN, chinese) == "沒有一處看清至足以評級。"
    assert words.note_text(PARTLY_SEEN.format(0.42), chinese) == "僅指已看清的 42 %。"


def test_the_laptop_and_the_service_give_a_gap_the_same_reason() -> None:
    served = words.translator(CHINESE)
    for reason in ("not_seen", "too_oblique", "too_coarse"):
        assert served(f"gap_{reason}") == in_language(reason.replace("_", " "), CHINESE)


def test_the_laptop_and_the_service_give_parts_and_notes_the_same_words() -> None:
    chinese = words.translator(CHINESE)
    names = {"whole shaft": "pole", "section 2": "section", "slip joint at 8.5 m": "zone", "handhole": "zone"}
    for name, part in {**names, "weld line of section 1": "zone", "worst 0.25 m2": "window"}.items():
        assert words.part_name({"part": part, "name": name}, chinese) == in_language(kept(name), CHINESE)
    for note in (*NOT_ASSESSED, Refinement((), 1.0, 1.0, 0.0, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0).summary()):
        assert words.note_text(note, chinese).removesuffix("。") == in_language(kept(note), CHINESE)


def test_scripts_use_only_words_that_exist() -> None:
    scripts = (Path(words.__file__).parent / "assets").glob("*.js")
    used = {key for script in scripts for key in re.findall(r"\bwords\.(\w+)", script.read_text())}
    assert len(used) > 30
    assert used <= words.for_scripts("en").keys()


def test_parts_and_standing_notes_are_named_in_the_readers_language() -> None:
    chinese = words.translator("zh-Hant")
    named = {"section 2": "section", "slip joint at 8 m": "zone", "worst 0.25 m2": "window", "7-8 m": "band"}
    found = [words.part_name({"part": part, "name": name}, chinese) for name, part in named.items()]
    assert found == ["節段 2", "套接處 8 m", "最差 0.25 m²", "7–8 m"]
    assert words.part_name({"part": "section", "name": "lower"}, chinese) == "lower"
    assert words.note_text("not assessed: rust inside the shaft", chinese).startswith("未評估")
    assert words.note_text("poses corrected", chinese) == "poses corrected"
