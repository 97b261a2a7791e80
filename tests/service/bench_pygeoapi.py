"""pygeoapi on the tables of the service, asked the same questions; in processes of its own environment."""

import json
import subprocess
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import psycopg
from sqlalchemy import make_url

from tests.service import bench_fill
from tests.service.servers import free_port

if TYPE_CHECKING:
    from tests.service.bench import Bench

PATHS = 500
GEOMETRY = """
CREATE EXTENSION IF NOT EXISTS postgis;
ALTER TABLE pole ADD COLUMN IF NOT EXISTS geom geometry(Point, 4326);
UPDATE pole SET geom = ST_SetSRID(ST_Point(lon, lat), 4326) WHERE geom IS NULL;
CREATE INDEX IF NOT EXISTS pole_geom ON pole USING gist (geom);
CREATE OR REPLACE VIEW graded AS SELECT climb.id, climb.pole_id, climb.climbed_at, climb.outcome,
  assessment.rusted_fraction, assessment.document, pole.geom
  FROM climb JOIN assessment ON assessment.id = climb.assessment_id JOIN pole ON pole.id = climb.pole_id;
ANALYZE;
"""


def measure(bench: "Bench", python: str, database: str) -> None:
    """Ask pygeoapi for one pole, a pole's graded climbs, and the worst poles of a box."""
    from tests.service.bench import process

    place = make_url(database)
    host = parse_qs(urlsplit(database).query)["host"][0]
    with psycopg.connect(host=host, user=place.username, dbname=place.database, autocommit=True) as connection:
        connection.execute(GEOMETRY)
        ids = [row[0] for row in connection.execute("SELECT id FROM pole WHERE code LIKE 'B-%'")]
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config, openapi = bench.folder / "pygeoapi.json", bench.folder / "openapi.yml"
    config.write_text(json.dumps(_config(url, host, str(place.username), str(place.database))))
    program = Path(python).with_name("pygeoapi")
    environment = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(openapi)}
    subprocess.run([program, "openapi", "generate", config, "--output-file", openapi], check=True, capture_output=True)
    command = (python, "-m", "uvicorn", "pygeoapi.starlette_app:APP", "--port", port, "--log-level", "warning")
    log = bench.folder / "pygeoapi.log"
    with process(*command, "--no-access-log", url=url, log=log, **environment):
        chosen = Random(3).choices(ids, k=PATHS)
        items = "/collections/{}/items"
        latest = [f"{items.format('pole')}/{one}?f=json" for one in chosen]
        history = [f"{items.format('graded')}?f=json&pole_id={one}&sortby=-climbed_at&limit=20" for one in chosen]
        worst = [
            f"{items.format('pole')}?f=json&bbox={box}&sortby=-latest_rusted_fraction&limit=100"
            for box in bench_fill.boxes(PATHS)
        ]
        for what, paths in (("latest", latest), ("history", history), ("worst", worst)):
            bench.load("pygeoapi", what, url, paths, "")


def _config(url: str, host: str, user: str, name: str) -> dict[str, object]:
    words = {"en": ["none"]}
    nobody = {"name": "bench", "url": url}
    contact = {"position": "", "address": "", "city": "", "stateorprovince": "", "postalcode": "", "country": ""}
    contact |= {"phone": "", "fax": "", "email": "bench@example.invalid", "url": url, "hours": "", "instructions": ""}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": 1},
            "url": url,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en-US"],
            "limits": {"default_items": 100, "max_items": 10_000},
            "map": {"url": "https://example.invalid/{z}/{x}/{y}.png", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": "bench",
                "description": "bench",
                "keywords": words,
                "keywords_type": "theme",
                "terms_of_service": url,
                "url": url,
            },
            "license": nobody,
            "provider": nobody,
            "contact": nobody | contact | {"role": "pointOfContact"},
        },
        "resources": {
            "pole": _collection(url, host, user, name, "pole"),
            "graded": _collection(url, host, user, name, "graded"),
        },
    }


def _collection(url: str, host: str, user: str, name: str, table: str) -> dict[str, object]:
    place = {"id_field": "id", "table": table, "geom_field": "geom"}
    data = {"host": host, "port": 5432, "dbname": name, "user": user, "password": "none", "search_path": ["public"]}
    return {
        "type": "collection",
        "title": table,
        "description": table,
        "keywords": ["pole"],
        "links": [{"type": "text/html", "rel": "canonical", "title": "", "href": url, "hreflang": "en"}],
        "extents": {
            "spatial": {
                "bbox": [-180, -90, 180, 90],
                "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
            }
        },
        "providers": [{"type": "feature", "name": "PostgreSQL", "data": data, **place}],
    }
