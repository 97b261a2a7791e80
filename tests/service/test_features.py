"""The feature service and the exports, judged by outside programs: GDAL and pyogrio read what they are sent."""

import base64
import csv
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest

from climber.upload import HistoryClient, send_climb
from tests.service.climbs import write_climb
from tests.service.conftest import DATABASES
from tests.service.servers import PATIENCE_S, Server, serving


@pytest.fixture(scope="module", params=DATABASES)
def layer(
    request: pytest.FixtureRequest,
    fresh_database: Callable[[str], str | None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """Seven poles with one climb each; the last was not graded."""
    folder = tmp_path_factory.mktemp("features")
    url = fresh_database(request.param)
    with serving(folder / "data", *(["--database", url] if url else [])) as server:
        with HistoryClient(server.url, server.key) as sender:
            for number in range(7):
                place = folder / str(number)
                fraction = 0.01 * number if number < 6 else None
                write_climb(place, f"F-{number}", number, fraction, frames=1, lon=114 + number / 10)
                send_climb(sender, place, lambda _done, _total: None)
        yield server


def test_pages_hold_every_feature_once(layer: Server) -> None:
    seen, path = [], "/ogc/collections/poles/items?limit=3"
    with layer.client() as client:
        while path:
            page = client.get(path)
            assert page.headers["content-type"] == "application/geo+json"
            document = page.json()
            assert (document["numberMatched"], document["numberReturned"]) == (7, len(document["features"]))
            seen += [one["properties"]["code"] for one in document["features"]]
            path = next((link["href"] for link in document["links"] if link["rel"] == "next"), None)
    assert seen == [f"F-{number}" for number in range(7)]


def test_box_time_and_code_choose(layer: Server) -> None:
    def codes(query: str, collection: str = "poles") -> list[str]:
        with layer.client() as client:
            features = client.get(f"/ogc/collections/{collection}/items?{query}").json()["features"]
        return sorted(one["properties"]["code"] for one in features)

    assert codes("bbox=114.05,22,114.25,23") == ["F-1", "F-2"]
    assert codes("bbox=114.05,22,0,114.25,23,99") == ["F-1", "F-2"]
    assert codes("datetime=2026-01-14T00:00:00Z/..") == ["F-4", "F-5", "F-6"]
    assert codes("datetime=../2026-01-11T00:00:00Z", "climbs") == ["F-0"]
    assert codes("code=F-3", "climbs") == ["F-3"]


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=x", "limit=-1", "limit=1&limit=2", "bbox=1,2,3", "bbox=1,2,3,4,5", "unknown=1"),
        *("datetime=yesterday", "datetime=..", "datetime=2026-01-02T00:00:00Z/2026-01-01T00:00:00Z", "cursor=%00"),
        f"cursor={base64.b64encode(b'[' * 30_000).decode()}",
    ],
)
def test_bad_parameters_are_answered_with_400(layer: Server, query: str) -> None:
    with layer.client() as client:
        assert client.get(f"/ogc/collections/poles/items?{query}").status_code == 400


def test_a_limit_that_is_too_large_is_lowered(layer: Server) -> None:
    with layer.client() as client:
        for limit in ("20000", "9" * 30):
            assert client.get(f"/ogc/collections/poles/items?limit={limit}").status_code == 200


def test_a_key_may_come_as_a_password(layer: Server) -> None:
    with layer.client("none") as client:
        assert client.get("/ogc/collections", headers={"Authorization": "Basic !"}).status_code == 401
        client.headers.pop("Authorization")
        assert client.get("/ogc/collections", auth=("anyone", layer.key)).status_code == 200


def gdal(program: str, *arguments: object, key: str) -> str:
    if shutil.which(program) is None and os.environ.get("HIGHMAST_REQUIRE_ALL") != "1":
        pytest.skip("GDAL's programs are not installed")
    done = subprocess.run(
        [program, *map(str, arguments)],
        env=os.environ | {"GDAL_HTTP_HEADERS": f"Authorization: Bearer {key}", "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_gdal_copies_the_layer(layer: Server, tmp_path: Path) -> None:
    copy = tmp_path / "copy.gpkg"
    gdal("ogr2ogr", "-oo", "PAGE_SIZE=3", copy, f"OAPIF:{layer.url}/ogc", "poles", key=layer.key)
    told = gdal("ogrinfo", "-al", "-so", copy, "poles", key=layer.key)
    assert "Feature Count: 7" in told
    assert "latest_rusted_fraction: Real" in told


@pytest.mark.parametrize("form", ["gpkg", "parquet", "geojson"])
def test_exports_are_read_by_gdal(layer: Server, tmp_path: Path, form: str) -> None:
    import pyarrow.parquet as pq
    import pyogrio

    with layer.client() as client:
        answer = client.get(f"/v1/exports/climbs.{form}")
    path = tmp_path / f"climbs.{form}"
    path.write_bytes(answer.content)
    if form == "parquet":
        table = pq.read_table(path)
        about = json.loads(table.schema.metadata[b"geo"])
        assert (table.num_rows, about["primary_column"]) == (7, "geometry")
        assert table["iso_4628_3"].to_pylist()[0] is not None
    else:
        told = pyogrio.read_info(path)
        assert (told["features"], told["geometry_type"]) == (7, "Point")
    assert not list(layer.data.glob("export-*"))


def test_csv_is_for_spreadsheets(layer: Server) -> None:
    with layer.client() as client:
        answer = client.get("/v1/exports/poles.csv")
    rows = list(csv.DictReader(StringIO(answer.text)))
    assert [row["code"] for row in rows] == [f"F-{number}" for number in range(7)]
    assert rows[6]["latest_rusted_fraction"] == ""
    assert answer.headers["content-disposition"] == 'attachment; filename="poles.csv"'
