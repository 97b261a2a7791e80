"""Exports of all poles or climbs: CSV and GeoJSON as they are read, GeoPackage and GeoParquet through a file."""

import csv
import json
import os
import secrets
import struct
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any, BinaryIO, Literal

import anyio
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import StreamingResponse

from climber.service import features, schemas
from climber.service.answers import Manager
from climber.service.audit import note
from climber.service.context import Service, service_of
from climber.service.features import COLLECTIONS, Collection

router = APIRouter(prefix="/v1/exports", tags=["exports"])
Form = Literal["csv", "geojson", "gpkg", "parquet"]
MEDIA: dict[Form, str] = {
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "parquet": "application/vnd.apache.parquet",
}
CHUNK_BYTES = 1 << 20
ONE_AT_A_TIME = anyio.CapacityLimiter(1)


@router.get(
    "/{collection}.{form}",
    response_class=Response,
    responses={200: {"content": {kind.split(";")[0]: {} for kind in MEDIA.values()}}, **schemas.refusals(404)},
)
async def export(request: Request, who: Manager, collection: Literal["poles", "climbs"], form: Form) -> Response:
    """Send all poles or all climbs of the organisation as one file."""
    service, of = service_of(request), COLLECTIONS[collection]
    await service.database.write(note, who, "export", f"{collection} as {form}")
    headers = {"Content-Disposition": f'attachment; filename="{collection}.{form}"'}
    if form in ("csv", "geojson"):
        rows = service.database.pages(features.every, of, who.org_id)
        text = _csv(of, rows) if form == "csv" else _geojson(of, rows)
        return StreamingResponse(text, media_type=MEDIA[form], headers=headers)
    try:
        path = await anyio.to_thread.run_sync(_file, service, of, who.org_id, form, limiter=ONE_AT_A_TIME)
    except ImportError as error:
        raise HTTPException(404, "Install the extra `geo` (pip install 'highmast[geo]') for this form.") from error
    content, size_bytes = _opened(path)
    return StreamingResponse(
        _chunks(content), media_type=MEDIA[form], headers={**headers, "Content-Length": str(size_bytes)}
    )


def _opened(path: Path) -> tuple[BinaryIO, int]:
    """Open a file and take its name away, so that nothing is left however the answer ends."""
    content = path.open("rb")
    path.unlink()
    return content, os.fstat(content.fileno()).st_size


def _chunks(content: BinaryIO) -> Iterator[bytes]:
    with content:
        while chunk := content.read(CHUNK_BYTES):
            yield chunk


def _csv(of: Collection, pages: Iterator[list[Any]]) -> Iterator[str]:
    yield _lines([["id", "lon", "lat", *(column.name for column in of.columns)]])
    for rows in pages:
        yield _lines([row.feature_id, row.lon, row.lat, *map(plain, row[4:])] for row in rows)


def _lines(rows: Any) -> str:
    out = StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def plain(value: object) -> object:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _geojson(of: Collection, pages: Iterator[list[Any]]) -> Iterator[str]:
    yield '{"type":"FeatureCollection","features":['
    between = ""
    for rows in pages:
        yield between + ",".join(json.dumps(features.feature(of, row)) for row in rows)
        between = ","
    yield "]}"


def _file(service: Service, of: Collection, org_id: str, form: Form) -> Path:
    """Write a GeoPackage or GeoParquet file and return it."""
    import pyarrow as pa

    schema = _schema(of)
    pages = service.database.pages(features.every, of, org_id)
    batches = (pa.RecordBatch.from_pylist([_arrow_row(of, row) for row in rows], schema) for rows in pages)
    path = service.settings.data / f"export-{secrets.token_hex(8)}.{form}"
    try:
        _write(form, path, schema, batches, of.name)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _write(form: Form, path: Path, schema: Any, batches: Iterator[Any], layer: str) -> None:
    if form == "parquet":
        import pyarrow.parquet as pq

        with pq.ParquetWriter(path, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        return
    import pyarrow as pa
    import pyogrio

    reader = pa.RecordBatchReader.from_batches(schema, batches)
    pyogrio.write_arrow(
        reader, path, layer=layer, driver="GPKG", geometry_name="geometry", geometry_type="Point", crs="EPSG:4326"
    )


def _schema(of: Collection) -> Any:
    import pyarrow as pa
    from sqlalchemy import Boolean, Float, Integer

    kinds = {Boolean: pa.bool_(), Float: pa.float64(), Integer: pa.int64()}

    def kind(column: object) -> Any:
        return next((arrow for cls, arrow in kinds.items() if isinstance(column, cls)), pa.string())

    fields = [("geometry", pa.binary()), ("id", pa.string()), *((one.name, kind(one.type)) for one in of.columns)]
    about = {"version": "1.1.0", "primary_column": "geometry"}
    about["columns"] = {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}}  # type: ignore[assignment]
    return pa.schema(fields, metadata={"geo": json.dumps(about)})


def _arrow_row(of: Collection, row: Any) -> dict[str, Any]:
    known = row.lon is not None and row.lat is not None
    point = struct.pack("<BIdd", 1, 1, row.lon, row.lat) if known else None
    return {"geometry": point, "id": row.feature_id, **features.properties(of, row)}
