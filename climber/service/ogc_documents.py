"""The descriptive documents of the feature service: what there is and how to ask for it."""

from typing import Any

from sqlalchemy import Boolean, Float, Integer

from climber import __version__
from climber.service.cql import LONGEST, kind_of
from climber.service.features import COLLECTIONS, Collection

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
SPEC = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
FILTERS = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"
CONFORMS = (
    *(f"{SPEC}/{part}" for part in ("core", "oas30", "geojson")),
    *(f"{FILTERS}/{part}" for part in ("queryables", "filter", "features-filter")),
    *(
        f"{CQL2}/{part}"
        for part in ("cql2-text", "basic-cql2", "advanced-comparison-operators", "basic-spatial-functions")
    ),
)
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
JSON = "application/json"
TITLE = "highmast: condition of high-mast lamp poles"


def link(rel: str, kind: str, href: str, title: str = "") -> dict[str, str]:
    """Return one link."""
    return {"rel": rel, "type": kind, "href": href} | ({"title": title} if title else {})


def landing(root: str) -> dict[str, Any]:
    """Return the landing page."""
    return {
        "title": TITLE,
        "description": "Poles and climbs with their grades of rust, coverage and intervals.",
        "links": [
            link("self", JSON, root, "This document"),
            link("service-desc", "application/vnd.oai.openapi+json;version=3.0", f"{root}/api", "OpenAPI document"),
            link("conformance", JSON, f"{root}/conformance", "What holds here"),
            link("data", JSON, f"{root}/collections", "Collections"),
        ],
    }


def collections(root: str) -> dict[str, Any]:
    """Return the list of collections."""
    return {
        "links": [link("self", JSON, f"{root}/collections")],
        "collections": [collection(root, one) for one in COLLECTIONS.values()],
    }


def collection(root: str, of: Collection) -> dict[str, Any]:
    """Return the description of a collection."""
    here = f"{root}/collections/{of.name}"
    return {
        "id": of.name,
        "title": of.title,
        "description": of.description,
        "itemType": "feature",
        "crs": [CRS84],
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]], "crs": CRS84},
            "temporal": {"interval": [[None, None]], "trs": GREGORIAN},
        },
        "links": [
            link("self", JSON, here),
            link("items", "application/geo+json", f"{here}/items", of.title),
            link(QUERYABLES, "application/schema+json", f"{here}/queryables", "What a filter may name"),
        ],
    }


def queryables(root: str, of: Collection) -> dict[str, Any]:
    """Return the JSON schema of what a filter may name."""
    kinds: dict[str, dict[str, str]] = {"time": {"type": "string", "format": "date-time"}, "text": {"type": "string"}}
    properties: dict[str, dict[str, str]] = {
        name: {"title": name, **kinds.get(kind, {"type": kind})}
        for name, kind in ((name, kind_of(column, name)) for name, column in of.queryables.items())
    }
    properties["geometry"] = {"title": "geometry", "format": "geometry-point"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{root}/collections/{of.name}/queryables",
        "title": of.title,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def openapi(root: str) -> dict[str, Any]:
    """Return the OpenAPI 3.0 document."""
    paths = {"/": _get("landing page"), "/conformance": _get("conformance classes"), "/api": _get("this document")}
    paths["/collections"] = _get("collections")
    for of in COLLECTIONS.values():
        here = f"/collections/{of.name}"
        paths[here] = _get(f"collection {of.name}", missing=True)
        paths[f"{here}/queryables"] = _get(f"what a filter of {of.name} may name", missing=True)
        paths[f"{here}/items"] = _get(f"{of.name} by page", _items_parameters(), _page_schema(of))
        feature_id = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
        paths[f"{here}/items/{{featureId}}"] = _get(
            f"one of {of.name}", [feature_id], _feature_schema(of), missing=True
        )
    return {
        "openapi": "3.0.3",
        "info": {"title": TITLE, "version": __version__},
        "servers": [{"url": root}],
        "security": [{"key": []}, {"basic": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic", "description": "any user name; the key as password"},
            }
        },
    }


def _get(
    summary: str,
    parameters: list[dict[str, Any]] | None = None,
    schema: dict[str, Any] | None = None,
    missing: bool = False,
) -> dict[str, Any]:
    kind = "application/geo+json" if schema else JSON
    content = {kind: {"schema": schema or {"type": "object"}}}
    answers: dict[str, Any] = {"200": {"description": summary, "content": content}}
    refusals = {"400": "Bad or unknown parameter", "401": "No valid key", "403": "Not for this role"}
    refusals |= {"404": "Not here"} if missing else {}
    answers |= {status: {"description": words} for status, words in refusals.items()}
    return {"get": {"summary": summary, "parameters": parameters or [], "responses": answers}}


def _items_parameters() -> list[dict[str, Any]]:
    number = {"type": "number"}
    box = {"type": "array", "minItems": 4, "maxItems": 6, "items": number}
    return [
        _parameter("bbox", box) | {"style": "form", "explode": False},
        _parameter("datetime", {"type": "string"}) | {"style": "form", "explode": False},
        _parameter("limit", {"type": "integer", "minimum": 1, "maximum": 10000, "default": 100})
        | {"style": "form", "explode": False},
        _parameter("code", {"type": "string", "maxLength": 64}),
        _parameter("filter", {"type": "string", "maxLength": LONGEST}),
        _parameter("filter-lang", {"type": "string", "enum": ["cql2-text"], "default": "cql2-text"}),
        _parameter("filter-crs", {"type": "string", "enum": [CRS84], "default": CRS84}),
        _parameter("cursor", {"type": "string"}),
    ]


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _page_schema(of: Collection) -> dict[str, Any]:
    count = {"type": "integer", "minimum": 0}
    return {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "numberMatched": count,
            "numberReturned": count,
            "timeStamp": {"type": "string", "format": "date-time"},
            "links": {"type": "array", "items": {"type": "object"}},
            "features": {"type": "array", "items": _feature_schema(of)},
        },
    }


def _feature_schema(of: Collection) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": {"type": "object", "nullable": True},
            "properties": {"type": "object", "properties": {one.name: _type(one.type) for one in of.columns}},
        },
    }


def _type(column: object) -> dict[str, Any]:
    kinds = {Boolean: "boolean", Float: "number", Integer: "integer"}
    kind = next((name for cls, name in kinds.items() if isinstance(column, cls)), "string")
    return {"type": kind, "nullable": True}
