"""The pages in a real browser: what a person sees, in both languages, without internet."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from climber.ids import uuid7
from climber.recording import MASKS
from climber.upload import HistoryClient, send_climb
from tests.service import browsers
from tests.service.browsers import serious
from tests.service.climbs import write_climb
from tests.service.servers import Server, serving
from vision.geometry_view import surface_to_frame
from vision.types import Camera, PoleShape, View

pytestmark = pytest.mark.browser
OLD = 0
"""The day of a climb whose record is from before masks were kept."""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Three graded climbs of one pole and one that was not graded."""
    folder = tmp_path_factory.mktemp("pages")
    with serving(folder / "data") as server:
        with HistoryClient(server.url, server.key) as client:
            for day, fraction in ((0, 0.004), (180, 0.011), (350, 0.03), (360, None)):
                write_climb(folder / str(day), "P-001", day=day, rusted_fraction=fraction)
                if day == OLD:
                    shutil.rmtree(folder / str(day) / MASKS)
                send_climb(client, folder / str(day), lambda _done, _total: None)
        yield server


@pytest.fixture(scope="module")
def signed_in(history: Server, browser: Browser) -> Iterator[Page]:
    with browsers.signed_in(browser, history) as page:
        yield page


def test_list_shows_the_pole_with_interval_and_coverage(history: Server, signed_in: Page) -> None:
    signed_in.goto(history.url)
    row = signed_in.get_by_role("row", name="P-001")
    for text in ("Ri3", "3.0 %", "2.1–4.2 %", "93 %", "simulated"):
        expect(row).to_contain_text(text)


def open_pole(history: Server, page: Page) -> None:
    """Open the pole's page and wait until the surface can be used."""
    page.goto(history.url)
    page.get_by_role("link", name="P-001").click()
    expect(page.locator("#map")).to_have_attribute("data-ready", "yes")


def test_pole_page_shows_grades_chart_and_profile(history: Server, signed_in: Page) -> None:
    open_pole(history, signed_in)
    expect(signed_in.locator("#chart")).to_have_attribute("data-drawn", "3")
    signed_in.wait_for_function("document.querySelectorAll('#chart svg path').length > 5")
    expect(signed_in.locator("#profile")).to_have_attribute("data-drawn", "12")
    expect(signed_in.locator(".figures")).to_contain_text("2.1–4.2 % (90 % interval)")
    expect(signed_in.locator(".marks .height").first).to_contain_text(" m")
    signed_in.locator("#chart-part").select_option(label="lower")
    expect(signed_in.locator("#chart svg")).to_contain_text("Ri3")
    signed_in.screenshot(path=_shots(history) / "pole.png", full_page=True)


def test_advice_gives_a_day_and_its_published_rule(history: Server, signed_in: Page) -> None:
    open_pole(history, signed_in)
    advice = signed_in.get_by_role("region", name="Next climb")
    expect(advice.locator(".due")).to_contain_text(re.compile(r"20\d\d-\d\d-\d\d"))
    expect(advice).to_contain_text("Ri3 is the worst grade that the intervals allow (whole shaft): 24 months")
    expect(advice).to_contain_text("clearly grown since the climb before: 12 months")
    advice.get_by_role("link", name="The rule").click()
    expect(signed_in.get_by_role("heading", name="rule next-look/1")).to_be_visible()


def test_layers_can_be_switched_off(history: Server, signed_in: Page) -> None:
    open_pole(history, signed_in)
    signed_in.get_by_role("button", name="Whole pole").click()
    expect(signed_in.locator("#map")).to_have_attribute("data-loaded", "yes")
    before = signed_in.locator("#map canvas").screenshot()
    signed_in.get_by_label("Not seen well enough").uncheck()
    expect_change(signed_in, before)


def expect_change(page: Page, before: bytes) -> None:
    """Wait until the surface looks different."""
    for _ in range(600):
        if page.locator("#map canvas").screenshot() != before:
            return
        page.wait_for_timeout(100)
    raise AssertionError("the surface still looks the same")


def test_swiping_lays_an_earlier_climb_over_the_left(history: Server, signed_in: Page) -> None:
    open_pole(history, signed_in)
    signed_in.get_by_label("Swipe to").select_option(label="2026-01-10")
    expect(signed_in.locator("#map")).to_have_attribute("data-compared", re.compile("."))
    expect(signed_in.locator("#map")).to_have_attribute("data-loaded", "yes")
    before = signed_in.locator("#map canvas").screenshot()
    signed_in.get_by_label("Swipe between 2026-01-10 and").press("End")
    expect_change(signed_in, before)


def test_a_place_shows_its_photographs_with_pose_model_and_rule(history: Server, signed_in: Page) -> None:
    open_pole(history, signed_in)
    signed_in.evaluate("() => document.querySelector('#map').surface.fit(0.9, 1.1, 80, 100)")
    signed_in.get_by_role("application").press("Enter")
    dialog = signed_in.get_by_role("dialog")
    expect(dialog.locator("canvas")).to_have_attribute("data-rust", re.compile(r"\d"))
    for text in ("Photographs at 1.00 m, 90°", "1.000 ± ", "90.0 ± ", "test 1", "highmast-scales 1"):
        expect(dialog).to_contain_text(text)
    signed_in.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_photograph_shows_its_own_mask_and_that_of_the_map_where_it_has_none(
    history: Server, signed_in: Page
) -> None:
    for day, own in (("2026-07-09", "true"), ("2026-01-10", "false")):
        open_pole(history, signed_in)
        signed_in.get_by_role("link", name=day).click()
        expect(signed_in).to_have_url(re.compile("climb="))  # the page before looks the same
        expect(signed_in.locator("#map")).to_have_attribute("data-ready", "yes")
        signed_in.evaluate("() => document.querySelector('#map').surface.fit(0.9, 1.1, 80, 100)")
        signed_in.get_by_role("application").press("Enter")
        canvas = signed_in.get_by_role("dialog").locator("canvas")
        expect(canvas).to_have_attribute("data-own", own)
        expect(canvas).to_have_attribute("data-rust", "768" if own == "true" else re.compile(r"\d"))
        signed_in.keyboard.press("Escape")


def test_photographs_are_projected_as_the_map_was_made(history: Server, signed_in: Page) -> None:
    """The browser's projection agrees with the one that laid the map, on round and on faceted shafts."""
    signed_in.goto(history.url)
    rng = np.random.default_rng(1)
    heights, azimuths = rng.uniform(4.7, 5.3, 200), rng.uniform(0, 360, 200)
    for sides in (0, 8):
        shape = PoleShape(12.0, 300, 150, sides)
        camera = Camera(640, 480, 800, 810, 319, 241, (-0.2, 0.05, 0.001, -0.002, 0.01))
        view = View(camera, 5.0, 200.0, 600, 3.0, -2.0)
        there = surface_to_frame(shape, view, heights, azimuths)
        pole = {"height_m": 12.0, "base_diameter_mm": 300, "top_diameter_mm": 150, "sides": sides}
        pose = {"height_m": 5.0, "azimuth_deg": 200.0, "standoff_mm": 600, "tilt_deg": 3.0, "roll_deg": -2.0}
        here = signed_in.evaluate(
            """async ([pole, camera, pose, places]) => {
              const { projector } = await import("/assets/projection.js");
              const project = projector(pole, camera, pose);
              return places.map(([height, azimuth]) => project(height, azimuth));
            }""",
            [pole, asdict(camera), pose, list(zip(heights.tolist(), azimuths.tolist(), strict=True))],
        )
        assert sum(there.inside) > 20
        assert [one["inside"] for one in here] == there.inside.tolist()
        for name, expected in (("u", there.u_px), ("v", there.v_px), ("cosine", there.cosine)):
            found = np.array([one[name] for one in here])[there.inside]
            np.testing.assert_allclose(found, expected[there.inside], atol=1e-6)


def test_an_earlier_climb_can_be_chosen(history: Server, signed_in: Page) -> None:
    signed_in.goto(history.url)
    signed_in.get_by_role("link", name="P-001").click()
    signed_in.get_by_role("link", name="2026-01-10").click()
    expect(signed_in.locator(".figures")).to_contain_text("0.40 %")


def test_checks_of_elements_stand_beside_the_climbs(history: Server, signed_in: Page) -> None:
    entry = uuid7(datetime.now(UTC))
    check = {"entry_id": entry, "pole_code": "P-001", "checked_at": "2026-03-01T02:00:00Z", "inspector": "K. Ho"}
    check |= {"element": "anchor rods", "state": "CS2", "quantity": 3, "note": "<b>pitting</b>"}
    again = check | {"entry_id": uuid7(datetime.now(UTC)), "state": "CS3", "supersedes": entry}
    with history.client() as client:
        for one in (check, again):
            assert client.post("/v1/elements:batch", json={"checks": [one]}).json()["results"][0]["result"] == "created"
    open_pole(history, signed_in)
    rows = signed_in.get_by_role("region", name="Checks of elements by people").get_by_role("row", name="anchor rods")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="CS2")).to_contain_text("corrected")
    expect(rows.filter(has_text="CS3")).to_contain_text("<b>pitting</b>")


def test_axe_finds_nothing_serious(history: Server, signed_in: Page) -> None:
    for scheme in ("light", "dark"):
        signed_in.emulate_media(color_scheme=scheme)
        signed_in.goto(history.url)
        assert serious(signed_in) == []
        open_pole(history, signed_in)
        assert serious(signed_in) == []
    signed_in.emulate_media(color_scheme="light")


def test_pages_speak_chinese(history: Server, signed_in: Page) -> None:
    signed_in.goto(history.url)
    signed_in.get_by_role("link", name="繁體中文").click()
    expect(signed_in.get_by_role("heading", name="燈柱", exact=True)).to_be_visible()
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
