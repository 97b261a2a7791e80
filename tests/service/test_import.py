"""`highmast import`: registers as people keep them, into a running service."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from climber.errors import InputError
from climber.inventory import read_inventory
from climber.upload import HistoryClient
from tests.service.servers import Server, highmast, serving

CSV = """ASSET_NO;Longitude;Latitude;Height;Road
IM-1;113.91;22.30;30;Airport Road
IM-2;113.92;22.31;;"Cheong Hong Road, north"
IM-3;213.92;22.31;25;out of the world
IM-4;113.93;22.31;tall;
IM-5;113.94;22.31;20;first
IM-5;113.95;22.31;20;second
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("import") / "data") as server:
        yield server


def run(service: Server, path: Path, *options: str) -> CompletedProcess[str]:
    return highmast("import", path, "--service", service.url, "--key-file", service.key_file, *options)


def poles(service: Server) -> dict[str, dict[str, object]]:
    with HistoryClient(service.url, service.key) as client:
        return {pole.code: pole.model_dump() for pole in client.poles()}


def test_a_register_is_shown_then_taken_and_errors_name_their_rows(service: Server, tmp_path: Path) -> None:
    path = tmp_path / "poles.csv"
    path.write_text(CSV, "utf-8-sig")
    shown = run(service, path, "--dry-run")
    assert (shown.returncode, "would be: 2 created" in shown.stdout) == (5, True)
    assert "code              <- ASSET_NO" in shown.stdout
    assert "kept as details   <- Road" in shown.stdout
    assert "IM-1" not in poles(service)
    done = run(service, path, "--yes")
    assert (done.returncode, "imported: 2 created" in done.stdout) == (5, True)
    errors = done.stderr.splitlines()
    assert "row 3: Longitude '213.92'" in errors[0]
    assert "row 4: Height 'tall'" in errors[1]
    assert errors[2:4] == ["row 5: code 'IM-5' comes 2 times", "row 6: code 'IM-5' comes 2 times"]
    stored = poles(service)
    assert stored["IM-2"]["inventory"] == {"Road": "Cheong Hong Road, north"}
    assert (stored["IM-1"]["lon"], stored["IM-1"]["height_m"], stored["IM-2"]["height_m"]) == (113.91, 30, None)
    assert "would be: 2 unchanged" in run(service, path, "--dry-run").stdout


def test_columns_may_be_named(service: Server, tmp_path: Path) -> None:
    path = tmp_path / "poles.csv"
    path.write_text("mast,east,north\nIM-10,113.9,22.3\n")
    assert "no column is known as the pole's code" in run(service, path, "--yes").stderr
    missing = run(service, path, "--yes", "--column", "code=nothing")
    assert (missing.returncode, "it has mast, east, north" in missing.stderr) == (2, True)
    named = ("--column", "code=mast", "--column", "lon=east", "--column", "lat=north")
    assert run(service, path, "--yes", *named).returncode == 0
    assert poles(service)["IM-10"]["lon"] == 113.9


@pytest.mark.parametrize(
    ("text", "details"),
    [
        ('code,note,lon,lat\nA-1,"by ""Gate 5"", north",114.1,22.3\n', {"note": 'by "Gate 5", north'}),
        ('"code";"note; long";"lon";"lat"\n"A-1";"say ""a; b"" now";114.1;22.3\n', {"note; long": 'say "a; b" now'}),
        ('code,note,lon,lat\r\nA-1,"two\nlines",114.1,22.3\r\n', {"note": "two\nlines"}),
        ("code,note,lon,lat\nA-1,ab\vcd\u2028ef,114.1,22.3\n", {"note": "ab\vcd\u2028ef"}),
    ],
)
def test_a_cell_may_hold_quotes_separators_and_line_ends(tmp_path: Path, text: str, details: dict[str, str]) -> None:
    (tmp_path / "poles.csv").write_bytes(text.encode())
    inventory = read_inventory(tmp_path / "poles.csv", {})
    assert not inventory.wrong
    assert [(one.code, one.lon, one.lat, one.details) for one in inventory.poles] == [("A-1", 114.1, 22.3, details)]


def test_geojson_and_geopackage(service: Server, tmp_path: Path) -> None:
    import pyogrio

    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [113.9 + n / 100, 22.3]},
            "properties": {"code": f"IM-2{n}", "height_m": 20 + n, "owner": None},
        }
        for n in range(3)
    ]
    source = tmp_path / "poles.geojson"
    source.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert run(service, source, "--yes").returncode == 0
    before = poles(service)
    assert (before["IM-22"]["lon"], before["IM-22"]["height_m"]) == (113.92, 22)
    about, table = pyogrio.read_arrow(source)
    copy = tmp_path / "poles.gpkg"
    pyogrio.write_arrow(
        table,
        copy,
        driver="GPKG",
        geometry_name=about["geometry_name"] or "wkb_geometry",
        geometry_type="Point",
        crs="EPSG:4326",
        layer="poles",
    )
    done = run(service, copy, "--yes")
    assert done.returncode == 0, done.stderr
    assert poles(service)["IM-22"]["lon"] == 113.92


@pytest.mark.parametrize("coordinates", [[], [113.9], ["here", "there"], [None, None], None, "113.9,22.3"])
def test_a_point_without_a_place_is_refused_with_its_row(tmp_path: Path, coordinates: object) -> None:
    source = collection(tmp_path, [point("A-1", [113.9, 22.3]), point("A-2", coordinates)])
    inventory = read_inventory(source, {})
    assert [one.code for one in inventory.poles] == ["A-1"]
    (wrong,) = inventory.wrong
    assert wrong.row == 2
    assert wrong.why.startswith(f"longitude {json.dumps(coordinates)!r}: Input should be a valid number")


@pytest.mark.parametrize("kind", ["geojson", "gpkg"])
def test_a_set_of_one_point_is_a_place_and_one_of_two_is_none(tmp_path: Path, kind: str) -> None:
    features = [point("A-1", [[113.9, 22.3]], "MultiPoint"), point("A-2", [[113.9, 22.3], [114, 22]], "MultiPoint")]
    source = collection(tmp_path, features)
    if kind == "gpkg":
        import pyogrio

        about, table = pyogrio.read_arrow(source)
        source = source.with_suffix(".gpkg")
        shape = about["geometry_name"] or "wkb_geometry"
        pyogrio.write_arrow(table, source, "GPKG", geometry_name=shape, geometry_type="MultiPoint", crs="EPSG:4326")
    inventory = read_inventory(source, {})
    assert [(one.code, one.lon, one.lat) for one in inventory.poles] == [("A-1", 113.9, 22.3)]
    assert [one.row for one in inventory.wrong] == [2]


@pytest.mark.parametrize("feature", [3, {"properties": [1]}])
def test_what_is_no_feature_is_named(tmp_path: Path, feature: object) -> None:
    source = collection(tmp_path, [point("A-1", [113.9, 22.3]), feature])
    with pytest.raises(InputError, match=re.escape(f"feature 2 is no GeoJSON feature: {json.dumps(feature)}")):
        read_inventory(source, {})


def point(code: str, coordinates: object, kind: str = "Point") -> dict[str, object]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": {"code": code}}


def collection(folder: Path, features: Sequence[object]) -> Path:
    path = folder / "poles.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("poles.xlsx", b"PK", "a .csv, .geojson or .gpkg file"),
        ("poles.geojson", b"{", "cannot be read"),
        ("poles.geojson", b"[]", "no GeoJSON feature collection"),
        ("poles.gpkg", b"nothing", "not recognized"),
        ("poles.csv", b"code,lon\n", "no rows"),
        ("poles.csv", b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_explained(
    service: Server, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    done = run(service, tmp_path / name, "--yes")
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
