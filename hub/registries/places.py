"""Where records lie: bounding boxes and polygons, asked in plain SQL of both databases.

A point lies within when a ray from it crosses the boundary an odd number of times; of points exactly on
the boundary some count and some do not.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape as geojson_shape
from sqlalchemy import ColumnElement, Double, Table, and_, bindparam, case

from hub.registries.errors import QueryInvalid
from hub.registries.tables import field_column

MAX_EDGES = 1000
_EDGE = ("low", "high", "slope", "shift")


@dataclass(frozen=True, slots=True)
class Area:
    """A box, and the edges of a polygon in it, each as (low, high, slope, shift): lon = slope · lat + shift."""

    west: float
    south: float
    east: float
    north: float
    edges: tuple[tuple[float, float, float, float], ...] = ()

    @property
    def shape(self) -> int:
        """What its SQL depends on."""
        return len(self.edges)


def parse_box(text: str) -> Area:
    """The box in `west,south,east,north`; raises `QueryInvalid`."""
    try:
        west, south, east, north = (float(one) for one in text.split(","))
    except ValueError as error:
        raise QueryInvalid("bbox", f"{text!r} is not west,south,east,north in degrees") from error
    within_globe = -180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90
    if not within_globe or west > east:
        raise QueryInvalid("bbox", f"{text!r} must be west ≤ east and south ≤ north, in degrees")
    return Area(west, south, east, north)


def parse_area(text: str) -> Area:
    """The polygon or multipolygon in WKT or GeoJSON; raises `QueryInvalid` naming what is wrong."""
    polygon = _parse_polygon(text.strip())
    if polygon.geom_type not in ("Polygon", "MultiPolygon") or polygon.is_empty:
        raise QueryInvalid("within", f"a {polygon.geom_type} was given; a Polygon or MultiPolygon is needed")
    if not polygon.is_valid:
        raise QueryInvalid("within", f"the polygon is not valid: {shapely.is_valid_reason(polygon)}")
    edges = tuple(_edges(polygon))
    if len(edges) > MAX_EDGES:
        raise QueryInvalid("within", f"the polygon has {len(edges)} edges; up to {MAX_EDGES} are taken: simplify it")
    west, south, east, north = polygon.bounds
    return Area(west, south, east, north, edges)


def _parse_polygon(text: str) -> Any:
    try:
        return geojson_shape(json.loads(text)) if text.startswith("{") else shapely.from_wkt(text)
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise QueryInvalid("within", f"neither WKT nor GeoJSON of a polygon: {str(error)[:200]}") from error


def _edges(polygon: Any) -> list[tuple[float, float, float, float]]:
    edges = []
    for part in getattr(polygon, "geoms", [polygon]):
        for ring in (part.exterior, *part.interiors):
            points = [(x, y) for x, y, *_ in ring.coords]
            if not all(math.isfinite(number) for point in points for number in point):
                raise QueryInvalid("within", "a coordinate is not finite")
            edges += [edge for edge in map(_edge, points, points[1:]) if edge is not None]
    return edges


def _edge(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float, float, float] | None:
    (x1, y1), (x2, y2) = sorted((one, other), key=lambda point: point[1])
    if y1 == y2:
        return None
    slope = (x2 - x1) / (y2 - y1)
    return (y1, y2, slope, x1 - slope * y1)


def area_clause(area: Area, table: Table, geometry: tuple[str, str], *, prefix: str) -> ColumnElement[bool]:
    """The SQL of lying in `area`, over bound parameters that begin with `prefix`."""
    lon, lat = (table.c[field_column(one)] for one in geometry)
    mark = _marks(prefix)
    inside = and_(lon >= mark("west"), lon <= mark("east"), lat >= mark("south"), lat <= mark("north"))
    if not area.edges:
        return inside
    crossed = [
        case(
            (
                and_(
                    lat >= mark(f"low{index}"),
                    lat < mark(f"high{index}"),
                    lon < lat * mark(f"slope{index}") + mark(f"shift{index}"),
                ),
                1,
            ),
            else_=0,
        )
        for index in range(len(area.edges))
    ]
    return and_(inside, _sum(crossed) % 2 == 1)


def _marks(prefix: str) -> Any:
    return lambda name: bindparam(f"{prefix}_{name}", type_=Double())


def _sum(terms: list[Any]) -> Any:
    """The sum as a balanced tree: SQLite limits how deep an expression may be."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return (_sum(terms[:half]) + _sum(terms[half:])).self_group()


def area_parameters(area: Area, prefix: str) -> dict[str, float]:
    """The values of the parameters that `area_clause` binds."""
    named = {f"{prefix}_{side}": getattr(area, side) for side in ("west", "south", "east", "north")}
    for index, edge in enumerate(area.edges):
        named |= {f"{prefix}_{name}{index}": number for name, number in zip(_EDGE, edge, strict=True)}
    return named
