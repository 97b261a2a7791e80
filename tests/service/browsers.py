"""Chromium, where there is one."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.service.servers import Server

CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync", "--enable-unsafe-swiftshader", "--use-angle=swiftshader"]
AXE = Path(__file__).parent / "axe" / "axe.min.js"
PATIENCE_MS = 60_000
"""A busy machine redraws late. What a page will show is waited for, never looked at once."""
expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Open a browser, or skip where Chromium is not installed."""
    if CHROMIUM is None and os.environ.get("HIGHMAST_REQUIRE_ALL") != "1":
        pytest.skip("Chromium is not installed")
    assert CHROMIUM, "HIGHMAST_REQUIRE_ALL is set, but Chromium is not installed"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


def in_both_schemes(page: Page) -> list[str]:
    """Run axe-core on the page as it is, light and dark; leaves it light."""
    found: list[str] = []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        found += serious(page)
    return found


@contextmanager
def signed_in(browser: Browser, server: Server) -> Iterator[Page]:
    """A browser that followed the printed link; any console error or request elsewhere fails at its end."""
    problems: list[str] = []
    page = browser.new_page(viewport={"width": 1366, "height": 900}, locale="en-GB")
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    here = (server.url, "blob:", "data:")
    page.on("request", lambda sent: None if sent.url.startswith(here) else problems.append(sent.url))
    page.goto(server.sign_in)
    yield page
    page.close()
    assert problems == []


def serious(page: Page) -> list[str]:
    """Run axe-core on the page as it is; returns each serious or critical finding with where it is."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
