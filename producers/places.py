"""Coordinates: sentinels, swapped axes, and what lies outside the place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from producers.errors import DeclarationError, ValueRefused
from producers.feed import Fact, Flag
from producers.rules import Apply, Cell


class Box(NamedTuple):
    """A bounding box in degrees."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        return self.west <= lon <= self.east and self.south <= lat <= self.north


NOWHERE = ((-1.0, -1.0), (0.0, 0.0))


def read_point(lon: Any, lat: Any, box: Box, cell: Cell) -> tuple[float, float] | None:
    """Longitude and latitude of the texts `lon` and `lat`.

    `-1, -1` and `0, 0` are null, flagged `sentinel-point`. A point outside `box` that lies in it with
    its axes exchanged is taken so, flagged `swapped-axes`; any other outside it is null, flagged
    `outside-box`. What is no number, or one axis without the other, is refused.
    """
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        raise ValueRefused("half-a-point", "one coordinate stands without the other")
    point = _degrees(lon), _degrees(lat)
    if point in NOWHERE:
        cell.flag("sentinel-point", f"{lon}, {lat} stands for no place and is null")
        return None
    return _placed(point, box, cell)


def _placed(point: tuple[float, float], box: Box, cell: Cell) -> tuple[float, float] | None:
    lon, lat = point
    if box.holds(lon, lat):
        return point
    if box.holds(lat, lon):
        cell.flag("swapped-axes", f"{lon}, {lat} lies in the box with its axes exchanged, and is taken so")
        return lat, lon
    cell.flag("outside-box", f"{lon}, {lat} lies outside {tuple(box)} and is null")
    return None


def _degrees(value: Any) -> float:
    try:
        return float(str(value).strip().replace(",", "."))
    except ValueError as error:
        raise ValueRefused("not-a-coordinate", f"{value!r} is not degrees", way_out="write decimal degrees") from error


def lonlat(arguments: Any) -> Apply:
    """The rule of a field with two `columns`: `{box: [west, south, east, north], order: lon-lat | lat-lon}`."""
    options = arguments or {}
    if len(options.get("box", ())) != 4:
        raise DeclarationError("rule lonlat", "needs box: [west, south, east, north]")
    box = Box(*options["box"])
    swapped = options.get("order", "lon-lat") == "lat-lon"

    def apply(value: Sequence[Any], cell: Cell) -> tuple[float, float] | None:
        lon, lat = reversed(value) if swapped else value
        return read_point(lon, lat, box, cell)

    return apply


def flag_default_points(facts: Iterable[Fact], *, lon: str, lat: str, at_least: int) -> list[Flag]:
    """A flag `default-point` for each fact whose point `at_least` facts share: likely a default, kept as it is."""
    listed = [fact for fact in facts if fact.fields.get(lon) is not None]
    counts = Counter((fact.fields[lon], fact.fields.get(lat)) for fact in listed)
    return [
        Flag(fact.origin, lon, "default-point", f"{count} records share this point, likely a default; kept as it is")
        for fact in listed
        if (count := counts[fact.fields[lon], fact.fields.get(lat)]) >= at_least
    ]
