"""Poles in groups for a map: one pass of the database over a grid, then neighbours that would overlap become one."""

from dataclasses import dataclass
from math import cos, radians

from sqlalchemy import ColumnElement, Connection, Float, Integer, cast, func, literal, select

from climber.service.fleet import Wanted, conditions
from climber.service.queries import within
from climber.service.tables import pole

CELL_PX = 64
APART_PX = 52
TILE_PX = 512
MOST = 2000
Box = tuple[float, float, float, float]
Cell = tuple[int, int]


@dataclass(slots=True)
class Cluster:
    """Poles that lie close together."""

    poles: int
    lon: float
    lat: float
    """Means."""
    worst: str | None
    """Grade."""
    due_on: str | None
    """Earliest next look."""
    id: str
    code: str
    """Of one of them."""

    def take(self, other: "Cluster") -> None:
        """Let another become part of this one."""
        total = self.poles + other.poles
        self.lon += (other.lon - self.lon) * other.poles / total
        self.lat += (other.lat - self.lat) * other.poles / total
        self.poles = total
        self.worst = max(filter(None, (self.worst, other.worst)), default=None)
        self.due_on = min(filter(None, (self.due_on, other.due_on)), default=None)


def clusters(connection: Connection, org_id: str, wanted: Wanted, box: Box, zoom: int) -> list[Cluster]:
    """Return the poles in a box as at most MOST clusters for a map at a zoom level, fullest first."""
    lon_deg = 360 / 2**zoom / TILE_PX * CELL_PX
    middle = round((box[1] + box[3]) / 2 / 10) * 10  # in steps, so that cells stay where they are when the map moves
    lat_deg = lon_deg * max(0.1, cos(radians(middle)))
    cells = _cell(connection, pole.c.lon + 180, lon_deg), _cell(connection, pole.c.lat + 90, lat_deg)
    query = select(
        func.count().label("poles"),
        func.avg(pole.c.lon),
        func.avg(pole.c.lat),
        func.max(pole.c.latest_iso_4628_3),
        func.min(pole.c.next_look_on),
        func.min(pole.c.id),
        func.min(pole.c.code),
    ).where(conditions(org_id, wanted), within(box))
    rows = connection.execute(query.group_by(*cells).order_by(func.count().desc()).limit(MOST))
    return _apart([Cluster(*row) for row in rows], lon_deg, lat_deg)


def _cell(connection: Connection, positive: ColumnElement[float], size_deg: float) -> ColumnElement[int]:
    """Number of the cell that a positive coordinate lies in; SQLite cuts where PostgreSQL rounds."""
    share = cast(positive, Float) / literal(size_deg)
    return cast(func.floor(share) if connection.dialect.name == "postgresql" else share, Integer)


def _apart(found: list[Cluster], lon_deg: float, lat_deg: float) -> list[Cluster]:
    """Join clusters nearer than APART_PX to a fuller one, so that no two circles lie on each other."""
    kept: dict[Cell, list[Cluster]] = {}
    for one in found:
        x, y = int((one.lon + 180) / lon_deg), int((one.lat + 90) / lat_deg)
        around = (near for i in (-1, 0, 1) for j in (-1, 0, 1) for near in kept.get((x + i, y + j), ()))
        close = next((near for near in around if _distance_px(near, one, lon_deg, lat_deg) < APART_PX), None)
        if close:
            close.take(one)
        else:
            kept.setdefault((x, y), []).append(one)
    return [one for group in kept.values() for one in group]


def _distance_px(one: Cluster, other: Cluster, lon_deg: float, lat_deg: float) -> float:
    across, up = (one.lon - other.lon) / lon_deg, (one.lat - other.lat) / lat_deg
    return float((across**2 + up**2) ** 0.5 * CELL_PX)
