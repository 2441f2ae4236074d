"""The Vietnamese Provinces Database (folder 03): a second opinion on names, and the only one in English.

Its lists are claims. English names and points for maps (the middle of a unit's bounding box) it alone
states, and there it decides. Its dates are those of its commits, not of any act.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from producers.departments.cucthongke.lists import UnitList, tell
from producers.departments.cucthongke.units import calendar_of, clean, unit_key
from producers.feed import Fact, FeedContext, Finding, Origin, Row
from producers.reading import read_rows

SNAPSHOT = "03-vn-provinces-db/snapshot-{day}.csv.gz"
BOXES = "03-vn-provinces-db/vn-ward-bboxes-2026-07-25.csv"
_LEVEL = {"1": "PROVINCE", "2": "DISTRICT", "3": "COMMUNE"}
_DECIMALS = 6


def read_snapshots(context: FeedContext) -> Iterator[Finding]:
    """The snapshots of the days in the option `days` as claims, then what they alone state."""
    days = [str(day) for day in context.options["days"]]
    lists, names = [], []
    for day in days:
        rows = list(read_rows(context, SNAPSHOT.format(day=day), delimiter=","))
        lists.append(_list(day, rows))
        names.append({_key(row): (clean(row.values.get("full_name_en"))[0], row.origin) for row in rows})
    yield from tell(lists, context)
    yield from _describe(context, days, names)


def _key(row: Row) -> str:
    return unit_key(_LEVEL[row.values["level"]], row.values["code"])


def _list(day: str, rows: list[Row]) -> UnitList:
    listed = UnitList(day, {})
    for row in rows:
        level, parent = _LEVEL[row.values["level"]], row.values.get("parent_code")
        above = [unit_key("PROVINCE", parent)] if parent else []
        name = row.values.get("full_name")
        listed.add(row.origin, level, code=row.values["code"], name=name, column="full_name", above=above)
    return listed


def _describe(context: FeedContext, days: list[str], names: list[dict[str, tuple[str, Origin]]]) -> Iterator[Fact]:
    """English name and point of each unit of the first snapshot, then the names later ones changed."""
    points = dict(_points(context))
    before: dict[str, str] = {}
    for day, named in zip(days, names, strict=True):
        for key, (name, origin) in named.items():
            fields: dict[str, Any] = {} if name == before.get(key, "") else {"nameEn": name or None}
            if key not in before:
                fields |= points.get(key, {})
            if fields:
                yield _fact(context, day, key, fields, origin=origin)
            before[key] = name


def _fact(context: FeedContext, day: str, key: str, fields: Mapping[str, Any], *, origin: Origin) -> Fact:
    moment = calendar_of(context).instant(day)
    told = {"unitKey": key, "changed": list(fields), **fields}
    return Fact("AdminUnitDescribed", key, told, origin, f"described:{day}:{key}", moment, moment)


def _points(context: FeedContext) -> Iterator[tuple[str, dict[str, float]]]:
    for row in read_rows(context, BOXES, delimiter=","):
        box = {name: float(row.values[name]) for name in ("min_lon", "max_lon", "min_lat", "max_lat")}
        longitude = round((box["min_lon"] + box["max_lon"]) / 2, _DECIMALS)
        latitude = round((box["min_lat"] + box["max_lat"]) / 2, _DECIMALS)
        yield unit_key("COMMUNE", row.values["ward_code"]), {"longitude": longitude, "latitude": latitude}
