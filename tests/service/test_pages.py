"""The pages in a real browser: what a person sees, in both languages, without internet."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from climber.upload import HistoryClient, send_climb
from tests.service.climbs import write_climb
from tests.service.servers import Server, serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Three graded climbs of one pole and one that was not graded."""
    folder = tmp_path_factory.mktemp("pages")
    with serving(folder / "data") as server:
        with HistoryClient(server.url, server.key) as client:
            for day, fraction in ((0, 0.004), (180, 0.011), (350, 0.03), (360, None)):
                write_climb(folder / str(day), "P-001", day=day, rusted_fraction=fraction)
                send_climb(client, folder / str(day), lambda _done, _total: None)
        yield server


@pytest.fixture(scope="module")
def signed_in(history: Server, browser: Browser) -> Iterator[Page]:
    """A browser that followed the printed link; any console error or outside request fails the test."""
    problems: list[str] = []
    page = browser.new_page(viewport={"width": 1366, "height": 900}, locale="en-GB")
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(history.url) else problems.append(sent.url))
    page.goto(history.sign_in)
    yield page
    page.close()
    assert [problem for problem in problems if not problem.startswith("data:")] == []


def test_list_shows_the_pole_with_interval_and_coverage(history: Server, signed_in: Page) -> None:
    signed_in.goto(history.url)
    row = signed_in.get_by_role("row", name="P-001")
    for text in ("Ri3", "3.0 %", "2.1–4.2 %", "93 %", "simulated"):
        expect(row).to_contain_text(text)


def test_pole_page_shows_grades_chart_and_map(history: Server, signed_in: Page) -> None:
    signed_in.goto(history.url)
    signed_in.get_by_role("link", name="P-001").click()
    expect(signed_in.locator("#chart")).to_have_attribute("data-drawn", "3")
    assert signed_in.locator("#chart svg path").count() > 5
    for picture in signed_in.locator(".stack img").all():
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") == 200
    expect(signed_in.locator(".figures")).to_contain_text("2.1–4.2 % (90 % interval)")
    expect(signed_in.locator(".heights span").first).to_have_text("0 m")
    signed_in.screenshot(path=_shots(history) / "pole.png", full_page=True)


def test_layers_can_be_switched_off(history: Server, signed_in: Page) -> None:
    signed_in.goto(history.url)
    signed_in.get_by_role("link", name="P-001").click()
    rust = signed_in.locator("img[data-layer=rust]")
    expect(rust).to_be_visible()
    signed_in.get_by_label("Rust", exact=True).uncheck()
    expect(rust).to_be_hidden()


def test_an_earlier_climb_can_be_chosen(history: Server, signed_in: Page) -> None:
    signed_in.goto(history.url)
    signed_in.get_by_role("link", name="P-001").click()
    signed_in.get_by_role("link", name="2026-01-10").click()
    expect(signed_in.locator(".figures")).to_contain_text("0.40 %")


def test_pages_speak_chinese(history: Server, signed_in: Page) -> None:
    signed_in.goto(history.url)
    signed_in.get_by_role("link", name="繁體中文").click()
    expect(signed_in.get_by_role("heading", name="燈桿")).to_be_visible()
    signed_in.get_by_role("link", name="P-001").click()
    expect(signed_in.get_by_role("heading", name="展開表面")).to_be_visible()
    signed_in.screenshot(path=_shots(history) / "pole-zh.png", full_page=True)
    signed_in.get_by_role("link", name="English").click()
    expect(signed_in.get_by_role("heading", name="Unrolled surface")).to_be_visible()


def test_a_stranger_is_asked_for_a_key(history: Server, browser: Browser) -> None:
    with browser.new_page(locale="en-GB") as page:
        page.goto(history.url)
        page.get_by_label("Key").fill("hm_nonsense")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("not valid")
        page.get_by_label("Key").fill(history.key)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("link", name="P-001")).to_be_visible()


def test_an_empty_history_says_what_to_do(tmp_path: Path, browser: Browser) -> None:
    with serving(tmp_path / "data") as server, browser.new_page(locale="en-GB") as page:
        page.goto(server.sign_in)
        expect(page.get_by_text(f"highmast sync CLIMB_FOLDER --service {server.url}")).to_be_visible()


def _shots(server: Server) -> Path:
    folder = server.data / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder
