"""CQL2 text filters of the feature service, parsed by the library `cql2` and turned into conditions of SQL.

Offered: Basic CQL2 (and, or, not, comparisons, is null), advanced comparisons (like, between, in), and S_INTERSECTS
with a point or a box. Names and literals become columns and bound values; nothing of a filter's text reaches SQL.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Literal

import cql2
from sqlalchemy import Boolean, ColumnElement, Float, Integer, and_, literal, not_, or_

from climber.service.queries import is_box, within
from climber.service.tables import pole, stamp

Kind = Literal["text", "number", "boolean", "time"]
LONGEST = 1000
"""Characters. The parser recurses without a bound of its own and would end the process at some 2000 brackets."""
DEEPEST = 30
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


class BadFilterError(ValueError):
    """The filter is not CQL2, or asks for what is not offered; the message says which."""


@dataclass(frozen=True, slots=True)
class _Value:
    kind: Kind
    sql: Any


def condition(text: str, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
    """Return the SQL condition of a filter over `columns` by their names; raises BadFilterError."""
    if len(text) > LONGEST:
        raise BadFilterError(f"a filter has at most {LONGEST} characters")
    try:
        tree = cql2.parse_text(text).to_json()
    except Exception as error:  # the library raises bare ones too, as for POINT EMPTY
        raise BadFilterError(f"this is not CQL2 text: {' '.join(str(error).split())[:200]}") from error
    if _depth(tree) > DEEPEST:
        raise BadFilterError(f"a filter has at most {DEEPEST} conditions one inside the other")
    return _Filter(columns).predicate(tree)


def _depth(node: Any) -> int:
    inner = node.get("args", ()) if isinstance(node, dict) else ()
    return 1 + max(map(_depth, inner), default=0)


def kind_of(column: ColumnElement[Any], name: str) -> Kind:
    """Return what a column holds; times are texts that sort, told by their names."""
    if isinstance(column.type, Boolean):
        return "boolean"
    if isinstance(column.type, Float | Integer):
        return "number"
    return "time" if name.endswith("_at") else "text"


class _Filter:
    def __init__(self, columns: Mapping[str, ColumnElement[Any]]) -> None:
        self._columns = columns

    def predicate(self, node: Any) -> ColumnElement[bool]:
        """Turn a node that is true or false."""
        if not isinstance(node, dict) or "op" not in node:
            return self._truth(node)
        op, arguments = node["op"], node["args"]
        if op in ("and", "or"):
            return (and_ if op == "and" else or_)(*map(self.predicate, arguments))
        if op == "not":
            return not_(self.predicate(arguments[0]))
        if op == "s_intersects":
            return _intersects(*arguments)
        return self._comparison(op, arguments)

    def _truth(self, node: Any) -> ColumnElement[bool]:
        value = self._value(node)
        if value.kind != "boolean":
            raise BadFilterError("a condition is missing: something to compare with")
        sql: ColumnElement[bool] = value.sql
        return sql

    def _comparison(self, op: str, arguments: list[Any]) -> ColumnElement[bool]:
        if op == "isNull":
            return self._value(arguments[0]).sql.is_(None)  # type: ignore[no-any-return]
        if op == "in":
            first, *others = self._alike(arguments[0], *arguments[1])
            return first.in_(others)  # type: ignore[no-any-return]
        if op == "between":
            value, low, high = self._alike(*arguments)
            return value.between(low, high)  # type: ignore[no-any-return]
        if op == "like":
            value, pattern = self._alike(arguments[0], _pattern(arguments[1]), kind="text")
            return value.like(pattern, escape="\\")  # type: ignore[no-any-return]
        if op not in COMPARISONS:
            raise BadFilterError(f"{op} is not offered here")
        left, right = self._alike(*arguments)
        return COMPARISONS[op](left, right)  # type: ignore[no-any-return]

    def _alike(self, *nodes: Any, kind: Kind | None = None) -> list[Any]:
        """Return the values of nodes that must be of one kind."""
        values = [self._value(node) for node in nodes]
        kinds = {value.kind for value in values} | ({kind} if kind else set())
        if len(kinds) > 1:
            raise BadFilterError(f"{' and '.join(sorted(kinds))} cannot be compared")
        return [value.sql for value in values]

    def _value(self, node: Any) -> _Value:
        match node:
            case {"property": str(name)}:
                return self._property(name)
            case {"timestamp": str(text)} | {"date": str(text)}:
                return _Value("time", literal(_time(text)))
            case bool():
                return _Value("boolean", literal(node))
            case int() | float():
                return _Value("number", literal(float(node)))
            case str() if "\0" not in node:
                return _Value("text", literal(node))
        raise BadFilterError(f"{str(node)[:80]} is not offered here")

    def _property(self, name: str) -> _Value:
        column = self._columns.get(name)
        if column is None:
            raise BadFilterError(f"there is no property {name[:80]!r}; see queryables")
        return _Value(kind_of(column, name), column)


def _pattern(node: Any) -> Any:
    """Return the pattern of LIKE; on PostgreSQL one that ends within an escape is an error, on SQLite finds nothing."""
    if not isinstance(node, str):
        raise BadFilterError("LIKE takes a pattern in quotes")
    if (len(node) - len(node.rstrip("\\"))) % 2:
        raise BadFilterError("the pattern of LIKE ends in a lone '\\'; write two for a backslash")
    return node


def _time(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        usable = "DATE('2026-02-28') or TIMESTAMP('2026-02-28T02:30:00Z')"
        raise BadFilterError(f"{text!r} is no time; give one such as {usable}") from error


def _intersects(*arguments: Any) -> ColumnElement[bool]:
    """Where a pole stands in a box of west, south, east, north, or at a point; degrees."""
    match arguments:
        case ({"property": "geometry"}, {"bbox": [west, south, east, north] | [west, south, _, east, north, _]}):
            if not is_box(west, south, east, north):
                raise BadFilterError("a BBOX lies in -180..180 and -90..90 degrees, south first")
            return within((west, south, east, north))
        case ({"property": "geometry"}, {"type": "Point", "coordinates": [lon, lat, *_]}):
            return and_(pole.c.lon == lon, pole.c.lat == lat)
    raise BadFilterError("S_INTERSECTS takes geometry and a POINT or a BBOX")
