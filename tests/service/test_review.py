"""Review of what the model marked: the queue, decisions with name and time, corrected masks as labels."""

import base64
import json
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pycocotools import mask as reference

from climber.service.coco import run_lengths
from climber.service.odd_colours import is_odd, odd_share
from climber.service.tiles import cut
from climber.upload import HistoryClient, read_climb, send_climb
from tests.service import browsers
from tests.service.browsers import in_both_schemes
from tests.service.climbs import BEGAN, assessment, write_climb
from tests.service.servers import PATIENCE_S, Server, highmast, serving, start, stop

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools itself
SIZE_HW = (48, 64)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """R-1, whose interval allows Ri3, R-2, whose does not, and R-3 like R-2, but with blue marked as rust."""
    folder = tmp_path_factory.mktemp("review")
    with serving(folder / "data") as server:
        with HistoryClient(server.url, server.key) as sender:
            for code, fraction in (("R-1", 0.007), ("R-2", 0.05), ("R-3", 0.05)):
                write_climb(folder / code, code, 0, fraction)
                if code == "R-3":
                    _blue(folder / code / "surface.png")
                _with_window(folder / code / "grade.json")
                send_climb(sender, folder / code, lambda _done, _total: None)
        yield server


def _blue(surface: Path) -> None:
    with Image.open(surface) as picture:
        Image.fromarray(np.asarray(picture)[..., ::-1]).save(surface)


def _with_window(path: Path) -> None:
    """Add a worst window at the place of the second photograph."""
    grade = json.loads(path.read_text())
    window = grade["parts"][0] | {"part": "window", "name": "worst 0.25 m2", "bottom_m": 1.8, "top_m": 2.2}
    grade["parts"].append(window | {"azimuth_from_deg": 60.0, "azimuth_to_deg": 120.0})
    path.write_text(json.dumps(grade))


@pytest.fixture(scope="module")
def client(served: Server) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


def climb_of(client: httpx.Client, code: str) -> str:
    found = client.get("/v1/poles").json()["poles"]
    return next(str(one["latest"]["climb_id"]) for one in found if one["code"] == code)


def png(mask_hw: npt.NDArray[np.bool_]) -> str:
    out = BytesIO()
    Image.fromarray(mask_hw.astype(np.uint8) * 200).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def decision(client: httpx.Client, **changed: object) -> dict[str, object]:
    mask = np.zeros(SIZE_HW, bool)
    mask[10:20, 5:9] = True
    return {
        "climb_id": climb_of(client, "R-2"),
        "frame_seq": 0,
        "verdict": "corrected",
        "reviewer": "L. Chan",
        "note": "a stain",
        "mask": png(mask),
    } | changed


def test_decisions_are_added_and_the_last_is_the_label(client: httpx.Client) -> None:
    first = client.post("/v1/reviews", json=decision(client, verdict="confirmed", mask=png(np.ones(SIZE_HW, bool))))
    second = client.post("/v1/reviews", json=decision(client))
    assert (first.status_code, second.status_code) == (201, 201)
    kept = [one for one in client.get("/v1/reviews").json()["reviews"] if one["frame_seq"] == 0]
    assert [(one["verdict"], one["reviewer"]) for one in kept] == [("confirmed", "L. Chan"), ("corrected", "L. Chan")]
    stored = Image.open(BytesIO(client.get(f"/v1/blobs/{second.json()['mask_sha256']}").content))
    assert set(np.unique(np.asarray(stored))) == {0, 255}
    found = client.get("/v1/reviews/coco.json").json()
    (image,) = (one for one in found["images"] if one["file_name"])
    (label,) = found["annotations"]
    assert (label["verdict"], label["area"], label["bbox"]) == ("corrected", 40, [5, 10, 4, 10])
    assert client.get(image["coco_url"]).status_code == 200
    lengths = reference.frPyObjects(label["segmentation"], *SIZE_HW)
    assert np.array_equal(reference.decode(lengths), np.asarray(stored) // 255)


def test_a_rejected_photograph_is_no_label(client: httpx.Client) -> None:
    before = client.get("/v1/reviews/coco.json").json()
    given = decision(client, frame_seq=1, verdict="rejected", mask=None)
    assert client.post("/v1/reviews", json=given).status_code == 201
    assert client.get("/v1/reviews/coco.json").json() == before


def queue_with(server: Server, code: str) -> str:
    """The page of what needs a person, when it names a pole: climbs are looked at in the background."""
    with httpx.Client(base_url=server.url, timeout=PATIENCE_S) as browser:
        browser.post("/sign-in", data={"key": server.key})
        for _ in range(600):
            listed = browser.get("/review?lang=en").text
            if code in listed:
                break
            time.sleep(0.1)
    return listed


def test_marked_on_a_colour_that_rust_seldom_has_is_a_reason_to_look(served: Server) -> None:
    listed = queue_with(served, "R-3")
    assert "odd colour 100 %" in listed
    assert "R-2" not in listed


def test_a_climb_that_nobody_looked_at_before_a_kill_is_looked_at_after_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    server = start(tmp_path / "data")
    for code in ("R-4", "R-5"):
        write_climb(tmp_path / code, code, 0, 0.05)
        _blue(tmp_path / code / "surface.png")
        with HistoryClient(server.url, server.key) as sender:
            send_climb(sender, tmp_path / code, lambda _done, _total: None)
    stop(server, signal.SIGKILL)
    with closing(sqlite3.connect(tmp_path / "data" / "history.sqlite")) as database:
        (lost,) = database.execute("SELECT surface_sha256 FROM assessment ORDER BY id").fetchone()
        database.execute("UPDATE assessment SET odd_share = NULL")  # however far it had come
        database.commit()
    shutil.rmtree(tmp_path / "data" / "previews", ignore_errors=True)
    (tmp_path / "data" / "blobs" / lost[:2] / lost).unlink()  # one that cannot be looked at does not stop the others
    with serving(tmp_path / "data") as server:
        codes = [code for code in ("R-4", "R-5") if code in queue_with(server, "odd colour 100 %")]
    assert len(codes) == 1


def test_a_grading_without_pictures_keeps_what_was_seen_in_them(served: Server, tmp_path: Path) -> None:
    climb_id = write_climb(tmp_path / "climb", "R-7", 0, 0.05)
    _blue(tmp_path / "climb" / "surface.png")
    upload, _ = read_climb(tmp_path / "climb")
    with HistoryClient(served.url, served.key) as sender:
        send_climb(sender, tmp_path / "climb", lambda _done, _total: None)
        queue_with(served, "R-7")
        later = assessment(climb_id, BEGAN + timedelta(days=60), 0.05)
        again = upload.model_copy(update={"assessments": (later,), "pictures": {}, "masks": {}})
        assert sender.put_climb(again)["assessments_added"] == 1
    assert "R-7" in queue_with(served, "R-3")


def test_nothing_marked_has_no_odd_colour(tmp_path: Path) -> None:
    write_climb(tmp_path / "climb", "R-6", 0, 0.0)
    surface = cut(tmp_path, tmp_path / "climb" / "surface.png", "surface")
    rust = cut(tmp_path, tmp_path / "climb" / "rust.png", "rust")
    assert odd_share(surface, rust, (200, 2400)) == 0


def test_odd_colours() -> None:
    rust = [(150, 80, 30), (110, 60, 45), (180, 120, 60)]
    others = [(128, 128, 128), (30, 80, 150), (60, 140, 60), (140, 60, 120)]
    assert is_odd(np.array([*rust, *others], np.uint8)).tolist() == [False] * len(rust) + [True] * len(others)


@pytest.mark.parametrize("seed", range(6))
def test_run_lengths_are_those_of_pycocotools(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((rng.integers(1, 9), rng.integers(1, 9))) < seed / 5
    lengths = reference.frPyObjects({"size": list(mask.shape), "counts": run_lengths(mask)}, *mask.shape)
    assert np.array_equal(reference.decode(lengths), mask)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"mask": None}, 422),
        ({"verdict": "rejected"}, 422),
        ({"mask": "bm8gcG5n"}, 422),
        ({"mask": png(np.ones((3, 3), bool))}, 422),
        ({"reviewer": ""}, 422),
        ({"frame_seq": 77}, 404),
        ({"climb_id": "0" * 8 + "-0000-7000-8000-" + "0" * 12}, 404),
    ],
)
def test_what_makes_no_sense_is_refused(client: httpx.Client, changed: dict[str, object], status: int) -> None:
    assert client.post("/v1/reviews", json=decision(client, **changed)).status_code == status


def test_who_may_decide(served: Server, client: httpx.Client) -> None:
    given = decision(client)
    for role, status in (("crew", 403), ("ml", 201), ("manager", 201)):
        key = highmast("keys", "--data", served.data, "issue", role, "--role", role).stdout.strip()
        with served.client(key) as other:
            assert other.post("/v1/reviews", json=given).status_code == status
    key = highmast("keys", "--data", served.data, "issue", "x", "--role", "admin", "--organisation", "y").stdout.strip()
    with served.client(key) as stranger:
        assert stranger.post("/v1/reviews", json=given).status_code == 404
        assert stranger.get("/v1/reviews").json() == {"reviews": []}


def test_another_site_cannot_decide_with_a_readers_cookie(served: Server, client: httpx.Client) -> None:
    with httpx.Client(base_url=served.url, timeout=PATIENCE_S) as browser:
        assert browser.post("/sign-in", data={"key": served.key}).status_code == 303
        assert browser.get("/review").status_code == 200
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            assert browser.post("/v1/reviews", json=decision(client), headers=headers).status_code == 401


@pytest.fixture(scope="module")
def page(served: Server, browser: Browser) -> Iterator[Page]:
    with browsers.signed_in(browser, served) as page:
        yield page


@pytest.mark.browser
def test_a_reviewer_corrects_with_brush_and_polygon(served: Server, client: httpx.Client, page: Page) -> None:
    page.goto(f"{served.url}/review")
    expect(page.get_by_role("row", name="R-1")).to_contain_text("0.70 %")
    assert in_both_schemes(page) == []
    page.get_by_role("link", name="Review R-1").click()
    expect(page.locator("#photograph")).to_have_attribute("data-open", "1")
    assert in_both_schemes(page) == []
    page.get_by_label("Your name").fill("M. Lee")
    expect(page.locator("#accept")).to_have_text("The mask is right")
    before = drawn(page)
    page.locator("#size").fill("4")
    box = page.locator("#photograph canvas").last.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.8, steps=4)
    page.mouse.up()
    after_brush = drawn(page)
    assert after_brush > before + 30
    expect(page.locator("#accept")).to_have_text("Save the correction")
    page.keyboard.press("p")
    for x, y in ((0.6, 0.1), (0.9, 0.1), (0.9, 0.4)):
        page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    page.keyboard.press("Enter")
    after_polygon = drawn(page)
    assert after_polygon > after_brush + 30
    page.keyboard.press("z")
    assert drawn(page) == after_brush
    page.locator("#accept").click()
    expect(page.get_by_role("status")).to_have_text("Kept.")
    expect(page.locator("#decided")).to_contain_text("Photograph 1 · corrected · M. Lee")
    kept = next(one for one in client.get("/v1/reviews").json()["reviews"] if one["reviewer"] == "M. Lee")
    mask = np.asarray(Image.open(BytesIO(client.get(f"/v1/blobs/{kept['mask_sha256']}").content)))
    assert mask.shape == SIZE_HW
    assert int((mask > 0).sum()) == after_brush
    page.goto(f"{served.url}/review")
    expect(page.get_by_role("row", name="R-1").locator(".number").last).to_have_text("1")


def drawn(page: Page) -> int:
    """Pixels of the mask as it would be saved."""
    found: int = page.evaluate(
        """() => {
          const canvas = document.querySelector("#photograph canvas");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.filter((value, at) => at % 4 === 3 && value > 127).length;
        }"""
    )
    return found
