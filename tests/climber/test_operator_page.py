"""The crew's page in a real browser, beside a running simulated climb: it fills up, speaks two languages, stops."""

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from climber.recording import read_record
from tests.climber.programs import simulator, wait_for_lines, wait_for_words
from tests.service.browsers import chromium

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


@pytest.fixture
def climb(tmp_path: Path) -> Iterator[Running]:
    """A climb slow enough to watch; the page's address is read from what the crew sees."""
    folder, told = tmp_path / "climb", tmp_path / "told.txt"
    with simulator(tmp_path, "--speed", "4") as robot, told.open("w") as out:
        command = robot.climb("--out", str(folder))
        with subprocess.Popen(command, stderr=out, stdin=subprocess.DEVNULL, text=True) as process:
            try:
                yield Running(folder, process, wait_for_words(told, r"http://127\.0\.0\.1:\d+/", process))
            finally:
                process.kill()


def open_page(browser: Browser, url: str, width: int = 1280, height: int = 800) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height}, locale="en-GB")
    page.goto(url)
    return page


def test_page_fills_up_and_stop_stops(climb: Running, browser: Browser) -> None:
    page = open_page(browser, climb.url)
    page.wait_for_function("document.querySelector('#progress').value >= 4", timeout=60_000)
    page.wait_for_function("document.querySelector('#camera').naturalWidth > 0", timeout=60_000)
    page.wait_for_function("document.querySelector('#pole').naturalHeight == 600", timeout=60_000)
    assert "m" in page.locator("#values dd").first.inner_text()
    first = page.locator("#h-progress").inner_text()
    page.wait_for_function("before => document.querySelector('#h-progress').innerText != before", arg=first)
    if shots := os.environ.get("HIGHMAST_SCREENSHOTS"):
        page.screenshot(path=f"{shots}/operator.png")
    clicked_at = datetime.now(UTC)
    page.locator("#stop").click()
    assert climb.process.wait(timeout=60) == 3
    stop = read_record(climb.folder).stop
    assert stop is not None
    assert stop.reason.startswith("stopped on the operator page")
    print(f"stopped {(stop.stopped_at - clicked_at).total_seconds():.3f} s after the click")


def test_space_bar_stops_and_language_changes(climb: Running, browser: Browser) -> None:
    page = open_page(browser, climb.url, 820, 1180)
    page.locator("#language").click()
    assert page.locator("html").get_attribute("lang") == "zh-Hant"
    assert "停止" in page.locator("#stop").inner_text()
    page.locator("#theme").click()
    page.wait_for_function("document.querySelector('#camera').naturalWidth > 0", timeout=60_000)
    if shots := os.environ.get("HIGHMAST_SCREENSHOTS"):
        page.screenshot(path=f"{shots}/operator-zh.png")
    page.keyboard.press("Space")
    assert climb.process.wait(timeout=60) == 3


def test_closing_the_page_disturbs_nothing(climb: Running, browser: Browser) -> None:
    page = open_page(browser, climb.url)
    page.wait_for_function("document.querySelector('#progress').value >= 2", timeout=60_000)
    page.close()
    confirmed = len(read_record(climb.folder).observations)
    wait_for_lines(climb.folder / "climb.jsonl", confirmed + 3, climb.process)
    assert climb.process.poll() is None
