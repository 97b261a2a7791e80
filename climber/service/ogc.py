"""OGC API - Features (Core, GeoJSON, OpenAPI 3.0, CQL2 text) under /ogc, so that a GIS can add the poles as a layer.

Where the standard and this service's own API differ, the standard holds here: a bad or unknown parameter is answered
with 400, and a limit beyond the largest is lowered to it.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response

from climber.service import cql, features, ogc_documents
from climber.service.answers import Reader, box, found, json_answer, may_read
from climber.service.context import Service, service_of
from climber.service.features import COLLECTIONS, Collection, Wanted, moment
from climber.service.queries import BadCursorError, cursor, place
from climber.service.tables import stamp

router = APIRouter(prefix="/ogc", include_in_schema=False, dependencies=[Depends(may_read)])
GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
MOST = 10_000
USUAL = 100
COUNTED_S = 10.0
"""How long a count is shown again: clients ask for every page, and the count costs more than a page."""
ITEMS_PARAMETERS = ("bbox", "datetime", "limit", "code", "filter", "filter-lang", "filter-crs", "cursor")
Name = Annotated[str, Path(pattern=r"^[\w-]{1,40}$")]


class Counts:
    """Counts of the last few seconds."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._known: dict[tuple[str, str, Wanted], tuple[float, int]] = {}

    async def of(self, service: Service, collection: Collection, org_id: str, wanted: Wanted) -> int:
        """Return how many features are wanted, as of at most COUNTED_S ago."""
        asked = (collection.name, org_id, wanted)
        known = self._known.get(asked)
        if known and known[0] > self._clock_s():
            return known[1]
        if len(self._known) > 1000:
            self._known.clear()
        count = await service.database.read(features.number, collection, org_id, wanted)
        self._known[asked] = (self._clock_s() + COUNTED_S, count)
        return count


counts = Counts()


@router.get("")
@router.get("/")
async def landing(request: Request) -> Response:
    """Show where everything is."""
    _only(request)
    return json_answer(request, json.dumps(ogc_documents.landing(_root(request))))


@router.get("/conformance")
async def conformance(request: Request) -> Response:
    """Name the parts of the standard that hold here."""
    _only(request)
    return json_answer(request, json.dumps({"conformsTo": list(ogc_documents.CONFORMS)}))


@router.get("/api")
async def api(request: Request) -> Response:
    """Describe these paths in OpenAPI 3.0."""
    _only(request)
    return json_answer(request, json.dumps(ogc_documents.openapi(_root(request))), OPENAPI)


@router.get("/collections")
async def collections(request: Request) -> Response:
    """List the collections."""
    _only(request)
    return json_answer(request, json.dumps(ogc_documents.collections(_root(request))))


@router.get("/collections/{collection}")
async def collection_document(request: Request, collection: Name) -> Response:
    """Describe one collection."""
    _only(request)
    return json_answer(request, json.dumps(ogc_documents.collection(_root(request), _collection(collection))))


@router.get("/collections/{collection}/queryables")
async def queryables(request: Request, collection: Name) -> Response:
    """Describe what a filter may name, as a JSON schema."""
    _only(request)
    document = ogc_documents.queryables(_root(request), _collection(collection))
    return json_answer(request, json.dumps(document), SCHEMA)


@router.get("/collections/{collection}/items")
async def items(request: Request, who: Reader, collection: Name) -> Response:
    """Send a page of features."""
    of = _collection(collection)
    given = _only(request, *ITEMS_PARAMETERS)
    limit, wanted = _limit(given.get("limit")), _wanted(given, of)
    service = service_of(request)
    matched = await counts.of(service, of, who.org_id, replace(wanted, after=None))
    rows = await service.database.read(features.page, of, who.org_id, wanted, limit + 1)
    here = f"{_root(request)}/collections/{of.name}/items"
    links = [{"rel": "self", "type": GEOJSON, "href": str(request.url)}]
    links.append({"rel": "collection", "type": "application/json", "href": here.removesuffix("/items")})
    if len(rows) > limit:
        following = urlencode({**given, "limit": limit, "cursor": cursor(rows[limit - 1].feature_key)})
        links.append({"rel": "next", "type": GEOJSON, "href": f"{here}?{following}"})
    shown = [features.feature(of, row) for row in rows[:limit]]
    answer: dict[str, Any] = {"type": "FeatureCollection", "links": links}
    answer |= {"timeStamp": _now(), "numberMatched": matched, "numberReturned": len(shown), "features": shown}
    return Response(json.dumps(answer), media_type=GEOJSON)


@router.get("/collections/{collection}/items/{feature_id}")
async def item(request: Request, who: Reader, collection: Name, feature_id: Name) -> Response:
    """Send one feature."""
    _only(request)
    of = _collection(collection)
    row = found(
        await service_of(request).database.read(features.one, of, who.org_id, feature_id), "feature", feature_id
    )
    here = f"{_root(request)}/collections/{of.name}"
    links = [
        {"rel": "self", "type": GEOJSON, "href": f"{here}/items/{feature_id}"},
        {"rel": "collection", "type": "application/json", "href": here},
    ]
    return json_answer(request, json.dumps({**features.feature(of, row), "links": links}), GEOJSON)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _root(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/ogc"


def _collection(name: str) -> Collection:
    return found(COLLECTIONS.get(name), "collection", name)


def _only(request: Request, *names: str) -> dict[str, str]:
    """Return the parameters, or answer 400 when there is one besides `names`, or one twice."""
    given = request.query_params.multi_items()
    unknown = [name for name, _ in given if name not in names]
    if unknown or len(dict(given)) != len(given):
        raise HTTPException(400, f"Unknown or repeated parameter. Known here: {', '.join(names) or 'none'}.")
    return dict(given)


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL
    if not (text.isascii() and text.isdigit() and int(text[:20]) >= 1):
        raise HTTPException(400, f"limit is a number from 1 to {MOST}.")
    return min(int(text[:20]), MOST)


def _wanted(given: dict[str, str], of: Collection) -> Wanted:
    since, until = _times(given.get("datetime"))
    code = given.get("code")
    if code is not None and (len(code) > 64 or "\0" in code):
        raise HTTPException(400, "code is a pole's code of at most 64 characters.")
    try:
        after = place(given["cursor"], 1)[0] if "cursor" in given else None
    except BadCursorError as error:
        raise HTTPException(400, "This cursor is not one that the service gave out.") from error
    return Wanted(_box(given.get("bbox")), since, until, code, _filter(given, of), after)


def _filter(given: dict[str, str], of: Collection) -> str | None:
    """Return the filter's text once it is known to make sense for the collection."""
    if given.get("filter-lang", "cql2-text") != "cql2-text":
        raise HTTPException(400, "filter-lang is cql2-text here.")
    if given.get("filter-crs", ogc_documents.CRS84) != ogc_documents.CRS84:
        raise HTTPException(400, f"filter-crs is {ogc_documents.CRS84} here.")
    text = given.get("filter")
    try:
        if text is not None:
            cql.condition(text, of.queryables)
    except cql.BadFilterError as error:
        raise HTTPException(400, f"filter: {error}.") from error
    return text


def _box(text: str | None) -> features.Box | None:
    """Read a box of four numbers, or of six of which the heights are left aside."""
    parts = (text or "").split(",")
    return box(",".join((*parts[:2], *parts[3:5])) if len(parts) == 6 else text)


def _times(text: str | None) -> tuple[str | None, str | None]:
    """Read `datetime`: a time, or an interval whose open end is `..` or empty."""
    if text is None:
        return None, None
    begin, slash, end = text.partition("/")
    try:
        since, until = (None if one in ("", "..") else stamp(moment(one)) for one in (begin, end if slash else begin))
    except (ValueError, OverflowError) as error:
        raise HTTPException(
            400, "datetime is a time of RFC 3339, or two with '/' between, '..' for an open end."
        ) from error
    if (slash == "" and since is None) or (since and until and since > until):
        raise HTTPException(400, f"datetime {text!r} begins after its end, or names no time.")
    return since, until
