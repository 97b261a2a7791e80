"""Reports as a reader has them: text and pictures of the PDF, numbers of the CSV, in both languages."""

import csv
import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from climber.service import typesetting
from climber.service.typesetting import CannotTypesetError
from climber.upload import HistoryClient, read_climb, send_climb
from tests.service.climbs import write_climb
from tests.service.servers import PATIENCE_S, Server, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """P-001 climbed twice and grown clearly, P-002 once, P-003 not graded."""
    folder = tmp_path_factory.mktemp("reports")
    with serving(folder / "data") as server:
        with HistoryClient(server.url, server.key) as sender:
            for code, day, fraction in (
                ("P-001", 0, 0.01),
                ("P-001", 200, 0.05),
                ("P-002", 200, 0.2),
                ("P-003", 210, None),
            ):
                write_climb(folder / f"{code} {day}", code, day, fraction)
                send_climb(sender, folder / f"{code} {day}", lambda _done, _total: None)
        yield server


@pytest.fixture(scope="module")
def client(served: Server) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


def pole(client: httpx.Client, code: str = "P-001") -> str:
    return next(str(one["id"]) for one in client.get("/v1/poles").json()["poles"] if one["code"] == code)


def text_of(answer: httpx.Response, folder: Path) -> str:
    """The text of a PDF, as another program reads it."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text[:500]
    if shutil.which("pdftotext") is None and os.environ.get("HIGHMAST_REQUIRE_ALL") != "1":
        pytest.skip("pdftotext (poppler-utils) is not installed")
    (folder / "report.pdf").write_bytes(answer.content)
    command = ["pdftotext", "-layout", str(folder / "report.pdf"), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_pole_report_says_what_the_pole_page_says(client: httpx.Client, tmp_path: Path) -> None:
    identity = pole(client)
    climb = client.get(f"/v1/poles/{identity}/latest").json()
    text = text_of(client.get(f"/v1/poles/{identity}/report.pdf?lang=en"), tmp_path)
    for said in (
        "P-001",
        "Ri3",
        "5.0 %",
        "3.5–7.0 %",
        "93 %",
        "2026-07-29",
        "Simulated climbs",
        "Next climb",
        "test 1",
    ):
        assert said in text, said
    for said in ("clearly grown", "not seen", "Signatures", "never say that a pole is safe", "highmast-scales 1"):
        assert said in text, said
    assert climb["assessment"]["model_sha256"] in text
    assert len(re.findall(r"\b[0-9a-f]{64}\b", text)) == 3


def test_a_pole_report_in_chinese(client: httpx.Client, tmp_path: Path) -> None:
    text = text_of(client.get(f"/v1/poles/{pole(client)}/report.pdf?lang=zh-Hant"), tmp_path)
    for said in ("燈柱狀況報告", "鏽蝕比例", "覆蓋率", "簽署", "模擬攀爬", "絕不表示燈柱安全", "下次攀爬"):
        assert said in text, said


def test_a_report_of_an_earlier_climb(client: httpx.Client, tmp_path: Path) -> None:
    identity = pole(client)
    first = client.get(f"/v1/poles/{identity}/history").json()["climbs"][1]["climb_id"]
    text = text_of(client.get(f"/v1/poles/{identity}/report.pdf?climb={first}&lang=en"), tmp_path)
    assert "1.0 %" in text
    assert "Next climb: 2028-01-10" in text


def rows_of(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_csv_has_the_numbers_of_the_assessment(client: httpx.Client) -> None:
    identity = pole(client)
    whole = client.get(f"/v1/poles/{identity}/latest").json()["assessment"]["whole"]
    first, *parts = rows_of(client.get(f"/v1/poles/{identity}/report.csv"))
    assert len(parts) == 14
    assert float(first["rusted_fraction"]) == whole["rusted_fraction"]
    assert float(first["low"]) == whole["interval"]["low"]
    assert (first["code"], first["iso_4628_3"], first["model"]) == ("P-001", "Ri3", "test 1")
    assert re.fullmatch("[0-9a-f]{64}", first["record_sha256"])


def test_a_campaign_counts_the_climbs_of_its_days(client: httpx.Client, tmp_path: Path) -> None:
    rows = rows_of(client.get("/v1/campaign.csv?since=2026-07-01&until=2026-07-31"))
    assert [row["code"] for row in rows] == ["P-001", "P-002"]
    assert [float(row["fraction_before"]) if row["fraction_before"] else None for row in rows] == [0.01, None]
    text = text_of(client.get("/v1/campaign.pdf?since=2026-07-01&until=2026-08-31&lang=en"), tmp_path)
    for said in (
        "3 climbs of 3 poles",
        "P-003",
        "not graded",
        "What got clearly worse",
        "1.0 % (2026-01-10)",
        "Signatures",
    ):
        assert said in text, said
    assert "5.0 % (2026-07-29)" in text
    assert "P-001" not in client.get("/v1/campaign.csv?since=2027-01-01").text


def test_a_campaign_tells_nothing_of_later_days(client: httpx.Client, tmp_path: Path) -> None:
    text = text_of(client.get("/v1/campaign.pdf?since=2026-01-15&until=2026-03-31&lang=en"), tmp_path)
    assert "0 climbs of 0 poles" in text
    assert "P-001" not in text


def test_a_campaign_says_the_next_climb_as_of_its_days(client: httpx.Client, tmp_path: Path) -> None:
    """P-001 had grown by its second climb: from then on the next one is due earlier than the first climb asked for."""
    days = "since=2026-01-01&until=2026-01-31"
    (first,) = rows_of(client.get(f"/v1/campaign.csv?{days}"))
    assert first["next_look_on"] == "2028-01-10"
    assert "2028-01-10" in text_of(client.get(f"/v1/campaign.pdf?{days}&lang=en"), tmp_path)
    later = rows_of(client.get("/v1/campaign.csv?since=2026-07-01"))
    assert [row["next_look_on"] for row in later] == ["2027-07-29", "2028-07-29", ""]


def test_an_ungraded_pole_has_no_report(client: httpx.Client) -> None:
    for form in ("pdf", "csv"):
        assert client.get(f"/v1/poles/{pole(client, 'P-003')}/report.{form}").status_code == 404
    assert client.get("/v1/campaign.csv?since=yesterday").status_code == 422


def test_a_campaign_that_ends_before_it_begins_is_refused(client: httpx.Client) -> None:
    answer = client.get("/v1/campaign.csv?since=2026-07-31&until=2026-07-01")
    assert (answer.status_code, "since 2026-07-31 lies after until 2026-07-01" in answer.text) == (400, True)


def test_a_machine_without_chinese_fonts_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "families", lambda: frozenset({"DejaVu Sans", "Libertinus Serif"}))
    assert typesetting.fonts("en") == ["DejaVu Sans", "Libertinus Serif"]
    with pytest.raises(CannotTypesetError, match="fonts-noto-cjk"):
        typesetting.fonts("zh-Hant")


def test_half_a_place_is_shown_as_none(served: Server, client: httpx.Client, tmp_path: Path) -> None:
    write_climb(tmp_path / "climb", "P-004")
    upload, files = read_climb(tmp_path / "climb")
    half = upload.start.model_copy(update={"pole": upload.start.pole.model_copy(update={"lat": None})})
    with HistoryClient(served.url, served.key) as sender:
        for sha256, path in files.items():
            sender.put_blob(sha256, path)
        assert sender.put_climb(upload.model_copy(update={"start": half}))["result"] == "created"
    identity = pole(client, "P-004")
    assert "Latitude, longitude" in text_of(client.get(f"/v1/poles/{identity}/report.pdf?lang=en"), tmp_path)
    with httpx.Client(base_url=served.url, timeout=PATIENCE_S) as browser:
        browser.post("/sign-in", data={"key": served.key})
        for page in ("/", f"/poles/{identity}"):
            answer = browser.get(page)
            assert (answer.status_code, "P-004" in answer.text, '"None"' in answer.text) == (200, True, False)
