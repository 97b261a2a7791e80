"""What a climb says, in both languages: nothing that a crew reads is left without a translation."""

import ast
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from rich.console import Console

import climber
from climber.assess import NOT_ASSESSED
from climber.checkup import Health
from climber.drawing_turn import SAID, TEMPLATE
from climber.errors import InputError
from climber.keys import KEYS
from climber.mission import State
from climber.modes import Mode
from climber.panel import Panels, Scene
from climber.preflight import CHECKLIST, ENTRIES, require
from climber.record import PreflightCheck
from climber.safety import Limits
from climber.saying import CHINESE, ENGLISH, Saying, in_language, language_of_environment, translations
from climber.service.ingest import Verdict
from climber.telling import KEPT
from firmware_bridge.types import ClimbState, Fault
from tests.climber.test_safety import CALM

FIELD = re.compile(r"\{[^}]*\}")


def templates() -> set[str]:
    """Every template in the code: the first argument of Saying, of `_say` and of findings, what a record
    keeps, and the page."""
    found = {*KEPT, *NOT_ASSESSED, *SAID.findall(TEMPLATE.read_text("utf-8"))}
    for path in Path(climber.__file__).parent.glob("**/*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(getattr(node, "func", None), "id", getattr(getattr(node, "func", None), "attr", ""))
            if isinstance(node, ast.Call) and name in ("Saying", "_say", "Finding", "good", "look", "bad_robot"):
                for first in node.args[:1]:
                    found |= {one.value for one in ast.walk(first) if isinstance(one, ast.Constant)} - {True, False}
    return found


def test_every_template_is_translated_with_the_same_fields() -> None:
    translated = translations(CHINESE)
    wanted = {text for text in templates() if isinstance(text, str)}
    assert len(wanted) > 30
    assert sorted(wanted - translated.keys()) == []
    for english, chinese in translated.items():
        assert sorted(FIELD.findall(english)) == sorted(FIELD.findall(chinese)), english


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_word(state: State) -> None:
    assert in_language(state.value, CHINESE) != state.value


@pytest.mark.parametrize("word", [*(health.value for health in Health), *get_args(Verdict)])
def test_every_finding_and_every_answer_of_the_service_has_a_word(word: str) -> None:
    assert in_language(word, CHINESE) != word


def test_a_saying_within_a_saying_is_translated_too() -> None:
    gust = Saying("gust {gust_m_s:.1f} m/s is above {limit_m_s} m/s", gust_m_s=19.0, limit_m_s=12.5)
    said = Saying("coming down: {reason}", reason=gust)
    assert said == "coming down: gust 19.0 m/s is above 12.5 m/s"
    assert in_language(said, ENGLISH) == said
    assert in_language(said, CHINESE) == "正在下降：陣風 19.0 m/s 超過 12.5 m/s"


def test_a_driver_s_words_stay_as_they_are() -> None:
    assert in_language("cannot open {x}", CHINESE) == "cannot open {x}"


@pytest.mark.parametrize(("lang", "language"), [("zh_HK.UTF-8", CHINESE), ("zh_CN.UTF-8", ENGLISH), ("", ENGLISH)])
def test_language_of_the_system(monkeypatch: pytest.MonkeyPatch, lang: str, language: str) -> None:
    monkeypatch.setenv("LC_ALL", "")
    monkeypatch.setenv("LC_MESSAGES", "")
    monkeypatch.setenv("LANG", lang)
    assert language_of_environment() == language


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_the_panel_fits_into_80_columns(language: str) -> None:
    """Nothing that matters is cut off, at the worst moment in the smallest usual terminal."""
    faults = Fault.WIND_HIGH | Fault.ENERGY_LOW
    worst = replace(CALM, energy_now_j=16_000.0, gust_m_s=14.0, faults=faults, state=ClimbState.DESCENDING)
    console = Console(width=80, record=True, file=io.StringIO())
    panels = Panels("HKG-A-017", 120, Limits(reach_m=35.0), language, KEYS[Mode.HAND])
    console.print(panels.draw(Scene(State.DESCENDING, worst, 34, 151.0)))
    drawn = console.export_text()
    assert "…" not in drawn
    for words in ("7.00 / 35.0 m", "16 / 10 kJ", "14.0 m/s (≤ 12.5)", "ENERGY_LOW, WIND_HIGH", "DESCENDING", "2:31"):
        assert words in drawn


def test_what_forbids_to_arm_is_told_in_the_crews_language() -> None:
    names = [name for name, _ in (*CHECKLIST, *ENTRIES)] + [
        "link",
        "battery",
        "robot",
        "wind",
        "model",
        "disk",
        "clock",
    ]
    checks = [PreflightCheck(name=name, source="crew", passed=False, detail=CHECKLIST[0][1]) for name in names]
    with pytest.raises(InputError, match="not armed, because of site: The pole's code") as refused:
        require(tuple(checks))
    told = refused.value.said(CHINESE)
    assert told.startswith("未能就緒，原因：現場：燈柱編號、封路安排")
    assert not re.search("[A-Za-z]", told)
