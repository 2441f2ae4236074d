"""The reform of 2025-07-01 as events: which units ended, into what, and the state of those that stand.

One reorganisation for the provinces and one for the communes and districts of each new province. The
table decides; from the register (folder 01) comes what was in force the day before, so that units the
table omits and all districts end without successor, flagged (five districts became special zones). A
unit that keeps its code goes on under its key. Which province a district lay in is the register's word.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from producers.departments.cucthongke.conversion_table import (
    NEW_NAME,
    NOTE,
    OLD_CODE,
    OLD_NAME,
    OLD_PROVINCE,
    TABLE_FILE,
    Conversion,
    Place,
    read_table,
)
from producers.departments.cucthongke.history import units_at_end
from producers.departments.cucthongke.spelling import same_name
from producers.departments.cucthongke.units import Unit, calendar_of, find_kind, unit_key
from producers.feed import Fact, FeedContext, Finding, Flag, Origin, Refusal

ONGOING, NEW, REORGANISED = "AdminUnitChangedBecauseOfReorganisation", "AdminUnitEstablished", "AdminUnitsReorganised"
Edge = dict[str, Any]


def read_reform(context: FeedContext) -> Iterator[Finding]:
    """The facts of the reform: the provinces first, then each province's communes."""
    conversions: list[Conversion] = []
    for one in read_table(context):
        if isinstance(one, Conversion):
            conversions.append(one)
        else:
            yield one
    reform = Reform(units_at_end(context), conversions)
    yield from reform.findings()
    yield from ReformEvents(context, reform).facts()


class Reform:
    """The table's mappings beside the units `before` it, by key."""

    def __init__(self, before: Mapping[str, Unit], conversions: Sequence[Conversion]) -> None:
        self.before = before
        self.conversions = conversions
        self.by_from: dict[str, list[Conversion]] = defaultdict(list)
        self.by_to: dict[str, list[Conversion]] = defaultdict(list)
        for one in conversions:
            self.by_from[one.from_key].append(one)
            self.by_to[one.to_key].append(one)
        self.new_provinces = {unit_key("PROVINCE", one.new_province.code): one.new_province for one in conversions}
        self.province_edges = dict.fromkeys(
            (self.old_province_of(one), unit_key("PROVINCE", one.new_province.code)) for one in conversions
        )
        self.goes_to = dict(self.province_edges)

    def old_province_of(self, conversion: Conversion) -> str:
        """The province the district lay in by the register, else by the table."""
        district = self.before.get(unit_key("DISTRICT", conversion.old_district.code))
        return (district.parent if district else None) or unit_key("PROVINCE", conversion.old_province.code)

    def flag_of(self, one: Conversion) -> str | None:
        """Why the edge of this mapping wants a second look."""
        if self._names_another(one):
            return "NAME_DISAGREES"
        if one.extent in ("WHOLE", "UNCHANGED") and len(self.by_from[one.from_key]) > 1:
            return "EXTENT_DISAGREES"
        return "FREE_TEXT_NOTE" if one.note is not None else None

    def _names_another(self, one: Conversion) -> bool:
        """Whether the table gives the code to two names and this is not the register's."""
        known = self.before.get(one.from_key)
        if known is None or one.old is None or same_name(one.old.name, known.name):
            return False
        return any(other.old and same_name(other.old.name, known.name) for other in self.by_from[one.from_key])

    def findings(self) -> Iterator[Flag]:
        """What does not fit, row by row."""
        for one in self.conversions:
            flag = self.flag_of(one)
            if flag == "NAME_DISAGREES":
                yield Flag(
                    one.origin,
                    OLD_NAME,
                    "name-disagrees",
                    f"{one.from_key} stands here under two names; the edge is kept with that flag",
                )
            if flag == "EXTENT_DISAGREES":
                yield Flag(
                    one.origin,
                    NOTE,
                    "extent-disagrees",
                    f"all of {one.from_key}, which also goes elsewhere; the edge is kept with that flag",
                )
            if one.from_key not in self.before:
                yield Flag(
                    one.origin,
                    OLD_NAME,
                    "not-in-register",
                    f"{one.from_key} was not in force the day before; the row is taken all the same",
                )
            if unit_key("PROVINCE", one.old_province.code) != self.old_province_of(one):
                message = (
                    f"the register has district {one.old_district.code} in {self.old_province_of(one)}, which is taken"
                )
                yield Flag(one.origin, OLD_PROVINCE, "province-disagrees", message)

    def ended(self, province: str) -> Iterator[Unit]:
        """The districts and communes that lay in what is now `province` and that the table sends nowhere."""
        old = {start for start, end in self.province_edges if end == province}
        for key, unit in self.before.items():
            if unit.level != "PROVINCE" and unit.province in old and key not in self.by_from:
                yield unit


@dataclass(frozen=True, slots=True)
class ReformEvents:
    """Tells the reform as facts of one day."""

    context: FeedContext
    reform: Reform

    def facts(self) -> Iterator[Finding]:
        for province in self.reform.new_provinces.values():
            yield from self._stand("PROVINCE", province, [self._first_row(province)], province=None)
        yield self._reorganised("province", list(self._province_edges()), Origin(TABLE_FILE, 1), basis="provinces")
        for key, province in sorted(self.reform.new_provinces.items()):
            yield from self._communes(key, province)

    def _first_row(self, province: Place) -> Conversion:
        return next(one for one in self.reform.conversions if one.new_province.code == province.code)

    def _communes(self, key: str, province: Place) -> Iterator[Finding]:
        rows = [one for one in self.reform.conversions if one.new_province.code == province.code]
        for to_key in dict.fromkeys(one.to_key for one in rows):
            told = self.reform.by_to[to_key]
            yield from self._stand("COMMUNE", told[0].new, told, province=key)
        ended = list(self.reform.ended(key))
        for unit in ended:
            rule = "district-level-ended" if unit.level == "DISTRICT" else "omitted-by-table"
            yield Flag(rows[0].origin, OLD_CODE, rule, f"{unit.key} {unit.name} ends without successor")
        edges = [self._told(one) for one in rows] + [ending_edge(unit) for unit in ended]
        yield self._reorganised(f"commune-{province.code}", edges, rows[0].origin, basis=province.code)

    def _stand(
        self, level: str, place: Place, rows: Sequence[Conversion], *, province: str | None
    ) -> Iterator[Finding]:
        """The whole state of a unit that stands from the day on."""
        for one in rows:
            if level == "COMMUNE" and one.new.name != place.name:
                rule = "spelling-varies" if same_name(one.new.name, place.name) else "name-varies"
                yield Flag(one.origin, NEW_NAME, rule, f"{one.new.name!r} is {place.name!r} in the row that is taken")
        kind = find_kind(place.name)
        if kind is None:
            yield Refusal(rows[0].origin, NEW_NAME, "unknown-kind", f"{place.name!r} begins with no kind of unit")
            return
        unit = Unit(level, place.code, place.name, kind, province, province)
        event = ONGOING if unit.key in self.reform.before else NEW
        yield self._fact(event, unit.key, unit.fields(), rows[0].origin, basis=province_code(province) or "provinces")

    def _province_edges(self) -> Iterator[Edge]:
        parts = Counter(end for _, end in self.reform.province_edges)
        for start, end in sorted(self.reform.province_edges):
            extent = "UNCHANGED" if start == end and parts[end] == 1 else "WHOLE"
            yield make_edge(start, end, extent, population="WHOLE")

    def _told(self, one: Conversion) -> Edge:
        edge = make_edge(one.from_key, one.to_key, one.extent, population=one.population_extent)
        return edge | {"note": one.note, "flag": self.reform.flag_of(one)}

    def _reorganised(self, name: str, edges: Iterable[Edge], origin: Origin, *, basis: str) -> Fact:
        key = f"reorganisation-{self.context.options['reform_date']}-{name}"
        return self._fact(REORGANISED, key, {"reorganisation": key, "edges": edges}, origin, basis=basis)

    def _fact(self, event: str, key: str, fields: Mapping[str, Any], origin: Origin, *, basis: str) -> Fact:
        day = str(self.context.options["reform_date"])
        moment = calendar_of(self.context).instant(day)
        act = self.context.options.get("legal_basis", {}).get(basis)
        return Fact(event, key, fields, origin, f"{day}:{key}", moment, moment, legal_basis=act)


def province_code(key: str | None) -> str | None:
    """`46` of `province-46`."""
    return key.rsplit("-", 1)[-1] if key else None


def make_edge(start: str, end: str | None, extent: str, *, population: str | None = None) -> Edge:
    """One edge as the event has it."""
    return {"from": start, "to": end, "extent": extent, "populationExtent": population, "note": None, "flag": None}


def ending_edge(unit: Unit) -> Edge:
    """The edge of a unit that ends without successor."""
    flag = "DISTRICT_LEVEL_ENDED" if unit.level == "DISTRICT" else "OMITTED_BY_TABLE"
    return make_edge(unit.key, None, "UNSTATED") | {"flag": flag}
