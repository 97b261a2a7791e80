"""The fleet's page in a real browser, with 5,000 poles."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.service import browsers
from tests.service.browsers import serious
from tests.service.fleets import NOW, fleet, send
from tests.service.servers import Server, serving

pytestmark = pytest.mark.browser
COUNT = 5000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("fleet") / "data") as server:
        with server.client() as client:
            send(client, fleet(COUNT))
        yield server


@pytest.fixture(scope="module")
def page(served: Server, browser: Browser) -> Iterator[Page]:
    with browsers.signed_in(browser, served) as page:
        yield page


def open_fleet(served: Server, page: Page, query: str = "") -> None:
    page.goto(f"{served.url}/{query}")
    expect(page.locator("#map")).to_have_attribute("data-poles", re.compile(r"\d"))


def test_counts_list_and_map_show_the_same_poles(served: Server, page: Page) -> None:
    open_fleet(served, page)
    expect(page.get_by_role("heading", name="5,000 poles")).to_be_visible()
    expect(page.locator("#map")).to_have_attribute("data-poles", "5000")
    counts = page.locator(".chip [data-count]").all_text_contents()[:7]
    assert sum(int(one.replace(",", "")) for one in counts) == COUNT
    expect(page.locator("#results tbody tr")).to_have_count(100)
    expect(page.locator("main").get_by_role("heading", name="Campaign report")).to_have_count(1)
    assert page.locator("body > section").count() == 0
    expect(page.locator("#results tbody tr").first).to_contain_text("16 %")


def test_a_filter_changes_list_and_map_without_a_reload(served: Server, page: Page) -> None:
    open_fleet(served, page)
    page.evaluate("() => (window.stayed = true)")
    page.get_by_role("checkbox", name="Ri1").check()
    expect(page.get_by_role("heading", name="150 poles")).to_be_visible()
    expect(page.locator("#map")).to_have_attribute("data-poles", "150")
    page.get_by_label("Sort by").select_option(label="code")
    expect(page.locator("#results tbody tr").first).to_contain_text("P-0000")
    assert page.evaluate("() => window.stayed")
    page.reload()
    expect(page.get_by_role("heading", name="150 poles")).to_be_visible()
    page.get_by_role("link", name="Show all").first.click()
    expect(page.get_by_role("heading", name="5,000 poles")).to_be_visible()


def test_more_poles_are_appended(served: Server, page: Page) -> None:
    open_fleet(served, page, "?sort=code")
    page.get_by_role("link", name="More poles").click()
    expect(page.locator("#results tbody tr")).to_have_count(200)
    expect(page.locator("#results tbody tr").last).to_contain_text("P-0199")


def test_the_list_can_follow_the_map(served: Server, page: Page) -> None:
    open_fleet(served, page, "?sort=code")
    page.get_by_role("button", name="Show P-0003 on the map").click()
    expect(page.locator("#map")).not_to_have_attribute("data-poles", "5000")
    page.get_by_label("only those on the map").check()
    expect(page.get_by_role("heading", name="5,000 poles")).to_be_hidden()
    expect(page.locator("#results")).to_contain_text("P-0003")


def test_what_got_clearly_worse(served: Server, page: Page) -> None:
    open_fleet(served, page)
    page.locator("#since input").fill("2000-01-01")
    page.locator("#since").get_by_role("button").click()
    expect(page.locator("#worse-list")).to_contain_text("No pole got clearly worse since 2000-01-01")
    page.locator("#since input").fill((NOW - timedelta(days=800)).date().isoformat())
    page.locator("#since").get_by_role("button").click()
    expect(page.locator("#worse-list tbody tr")).to_have_count(12)


def test_axe_finds_nothing_serious(served: Server, page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        open_fleet(served, page)
        expect(page.locator("#worse-list tbody tr")).to_have_count(12)
        assert serious(page) == []
    page.emulate_media(color_scheme="light")


def test_without_scripts_the_list_is_there(served: Server, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False, locale="zh-HK") as context:
        page = context.new_page()
        page.goto(f"{served.url}/sign-in")
        page.get_by_label("金鑰").fill(served.key)
        page.get_by_role("button", name="登入").click()
        page.get_by_role("checkbox", name="Ri4").check()
        page.get_by_role("button", name="顯示").first.click()
        expect(page.locator("#results tbody tr").first).to_contain_text("Ri4")
        page.get_by_role("link", name="更多燈柱").click()
        expect(page.locator("#results tbody tr").first).to_contain_text("Ri4")
