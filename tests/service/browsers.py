"""Chromium, where there is one."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]


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
