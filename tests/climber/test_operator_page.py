"""The crew's page in a real browser, beside a running simulated climb: it fills up, speaks two languages, stops."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from climber.crew import Crew, Order
from climber.mission import State
from climber.modes import Mode
from climber.operator.app import OperatorPage, app_of
from climber.operator.board import Board
from climber.recording import read_record
from climber.seen import in_words
from climber.time_left import TimeLeft
from tests.climber.programs import simulator, wait_for_lines, wait_for_words
from tests.climber.test_safety import CALM
from tests.service.browsers import PATIENCE_MS, chromium
from tests.service.servers import PATIENCE_S
from vision.coverage import Hole

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


class Running:
    """A climb under way and its page."""

    def __init__(self, folder: Path, process: "subprocess.Popen[str]", url: str) -> None:
        self.folder = folder
        self.process = process
        self.url = url


@contextmanager
def climbing(base: Path, speed: str, *options: str) -> Iterator[Running]:
    """A climb whose page can be opened; the page's address is read from what the crew sees."""
    folder, told = base / "climb", base / "told.txt"
    with simulator(base, "--speed", speed) as robot, told.open("w") as out:
        command = robot.climb("--out", str(folder), *options)
        with subprocess.Popen(command, stderr=out, stdin=subprocess.DEVNULL, text=True) as process:
            try:
                yield Running(folder, process, wait_for_words(told, r"http://127\.0\.0\.1:\d+/", process))
            finally:
                process.kill()


@pytest.fixture
def climb(tmp_path: Path) -> Iterator[Running]:
    """A climb slow enough to watch."""
    with climbing(tmp_path, "4") as running:
        yield running


def open_page(browser: Browser, url: str, width: int = 1280, height: int = 800) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height}, locale="en-GB")
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    return page


def screenshot(page: Page, name: str) -> None:
    """For people to look at: HIGHMAST_SCREENSHOTS=FOLDER."""
    if shots := os.environ.get("HIGHMAST_SCREENSHOTS"):
        page.screenshot(path=f"{shots}/{name}.png")


def test_page_fills_up_and_stop_stops(climb: Running, browser: Browser) -> None:
    page = open_page(browser, climb.url)
    page.wait_for_function("document.querySelector('#progress').value >= 4")
    page.wait_for_function("document.querySelector('#camera').naturalWidth > 0")
    page.wait_for_function("document.querySelector('#pole').naturalHeight == 600")
    expect(page.locator("#values dd").first).to_contain_text("m")
    first = page.locator("#h-progress").inner_text()
    page.wait_for_function("before => document.querySelector('#h-progress').innerText != before", arg=first)
    screenshot(page, "operator")
    clicked_at = datetime.now(UTC)
    page.locator("#stop").click()
    assert climb.process.wait(timeout=PATIENCE_S) == 3
    stop = read_record(climb.folder).stop
    assert stop is not None
    assert stop.reason.startswith("stopped on the operator page")
    print(f"stopped {(stop.stopped_at - clicked_at).total_seconds():.3f} s after the click")


def test_space_bar_stops_and_language_changes(climb: Running, browser: Browser) -> None:
    page = open_page(browser, climb.url, 820, 1180)
    page.locator("#language").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant")
    expect(page.locator("#stop")).to_contain_text("停止")
    page.locator("#theme").click()
    page.wait_for_function("document.querySelector('#camera').naturalWidth > 0")
    screenshot(page, "operator-zh")
    page.keyboard.press("Space")
    assert climb.process.wait(timeout=PATIENCE_S) == 3


def test_closing_the_page_disturbs_nothing(climb: Running, browser: Browser) -> None:
    page = open_page(browser, climb.url)
    page.wait_for_function("document.querySelector('#progress').value >= 2")
    page.close()
    confirmed = len(read_record(climb.folder).observations)
    wait_for_lines(climb.folder / "climb.jsonl", confirmed + 3, climb.process)
    assert climb.process.poll() in (None, 0), "it goes on, or came to its end"


def test_hold_to_run_photograph_and_come_down(tmp_path: Path, browser: Browser) -> None:
    with climbing(tmp_path, "1", "--mode", "hand") as climb:
        page = open_page(browser, climb.url)
        page.locator("#up").hover()
        page.mouse.down()
        height = "parseFloat(document.querySelector('#values dd').innerText)"
        page.wait_for_function(f"{height} > 0.45")
        page.mouse.up()
        page.wait_for_function("document.querySelector('#values dd:last-child').innerText == 'HOLDING'")
        page.locator("#photograph").click()
        page.wait_for_function("document.querySelector('#h-progress').innerText.startsWith('1 ')")
        screenshot(page, "operator-hand")
        page.keyboard.press("d")
        assert climb.process.wait(timeout=PATIENCE_S) == 0
        record = read_record(climb.folder)
    assert record.observations[0].height_m > 0.4
    assert record.stop is not None
    assert record.stop.outcome == "completed"


@pytest.fixture
def quiet_page() -> Iterator[tuple[OperatorPage, Board, Crew]]:
    """The page without a climb: what it shows is what the board is told."""
    board, crew = Board("P-1", 40, Mode.AUTO, TimeLeft(40, 600.0)), Crew()
    with OperatorPage(app_of(board, pytest.fail, crew, lambda: b"")) as page:
        yield page, board, crew


def test_gaps_are_shown_and_accepted_with_a_reason(
    quiet_page: tuple[OperatorPage, Board, Crew], browser: Browser
) -> None:
    served, board, crew = quiet_page
    page = open_page(browser, served.url)
    board.tick(State.HOLDING, CALM, 40)
    hole = Hole(3.1, 3.9, 80.0, 140.0, 0.21, "not seen")
    board.gaps((in_words(hole),))
    page.locator("#language").click()
    expect(page.locator("#gaps li")).to_have_text(["3.10 至 3.90 m，80 至 140 度：0.21 m² 未拍攝"])
    screenshot(page, "operator-gaps")
    with page.expect_response("**/wish"):
        page.locator("#accept1").click()
    asked = crew.take(Order.ACCEPT)
    assert asked is not None
    assert asked.words == "被配件遮擋"
    board.gaps(())
    page.locator("#gapbox").wait_for(state="hidden")


def test_orders_from_another_page_are_refused(quiet_page: tuple[OperatorPage, Board, Crew]) -> None:
    served, _, crew = quiet_page
    jog, down = {"up": 1, "turn": 0}, {"order": "down"}
    with httpx.Client(base_url=served.url, timeout=PATIENCE_S) as client:
        for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}):
            assert client.post("jog", json=jog, headers=headers).status_code == 403
            assert client.post("wish", json=down, headers=headers).status_code == 403
        assert crew.jogging() is None
        assert crew.down_reason is None
        assert client.post("jog", json={"up": 1.5, "turn": 0}).status_code == 422
        assert client.post("jog", json=jog, headers={"Origin": served.url.rstrip("/")}).status_code == 204
        assert client.post("wish", json=down).status_code == 204
    assert crew.down_reason == "the operator asked to come down (page)"
