"""The package vietnamadminunits (MIT) in place of folders 01 and 02 where those are absent.

It carries one list before the reform and one since, with points, areas and a conversion, but no days:
its first list is taken to hold from the option `since` (Huế is a city with two quận in it). Its data
files are read as they lie in the package; its code is not run.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from producers.departments.cucthongke.reform import NEW, ONGOING, REORGANISED, Edge, ending_edge, make_edge
from producers.departments.cucthongke.units import Unit, calendar_of, clean, find_kind, unit_key
from producers.errors import SourceError
from producers.feed import Fact, FeedContext, Finding, Origin, Row

PACKAGE = "vietnamadminunits"
BEFORE, SINCE = "admin_units_legacy", "admin_units"
CONVERTER = "converter_2025.json"
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class PackageRow:
    """One row of the package's tables: a commune with the units above it."""

    origin: Origin
    values: Mapping[str, Any]

    def old_place(self) -> str:
        """What the converter calls a place before the reform."""
        return "_".join(str(self.values[name] or "") for name in ("provinceKey", "districtKey", "wardKey"))

    def old_key(self) -> str:
        if self.values["wardCode"]:
            return unit_key("COMMUNE", self.values["wardCode"])
        return unit_key("DISTRICT", self.values["districtCode"])

    def unit(self, level: str) -> Unit:
        """The row's province, district or commune."""
        column = {"PROVINCE": "province", "DISTRICT": "district", "COMMUNE": "ward"}[level]
        name, _ = clean(self.values[column])
        province = unit_key("PROVINCE", self.values["provinceCode"])
        district = self.values.get("districtCode")
        parent = unit_key("DISTRICT", district) if district and level == "COMMUNE" else province
        above = level != "PROVINCE"
        area = self.values.get("wardAreaKm2") if level == "COMMUNE" else None
        return Unit(
            level=level,
            code=self.values[f"{column}Code"],
            name=name,
            kind=find_kind(name),
            parent=parent if above else None,
            province=province if above else None,
            area_km2=Decimal(str(area)).quantize(_CENT) if area is not None else None,
            longitude=self.values.get(f"{column}Lon"),
            latitude=self.values.get(f"{column}Lat"),
        )


def read_package(context: FeedContext) -> Iterator[Finding]:
    """The units before the reform, the reform, and the units since."""
    folder = package_data()
    before, since = (_read_table(context, folder, table) for table in (BEFORE, SINCE))
    old, new = list_units(before), list_units(since)
    for unit, origin in old.values():
        yield _fact(context, "AdminUnitImported", unit.key, unit.fields(), origin=origin, option="since")
    converter = json.loads((folder / CONVERTER).read_text(encoding="utf-8"))
    yield from _reorganised(
        context, Conversion(before, since, converter), {key: unit for key, (unit, _) in old.items()}
    )
    for unit, origin in new.values():
        event = ONGOING if unit.key in old else NEW
        yield _fact(context, event, unit.key, unit.fields(), origin=origin, option="reform_date")


def package_data() -> Path:
    """The folder of the package's data files; raises `SourceError` where it is not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise SourceError(PACKAGE, "the package is not installed")
    return Path(spec.origin).parent / "data"


def _read_table(context: FeedContext, folder: Path, table: str) -> list[PackageRow]:
    connection = sqlite3.connect(f"{(folder / 'dataset.db').as_uri()}?mode=ro", uri=True)
    try:
        connection.row_factory = sqlite3.Row
        found = connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()  # noqa: S608 - our constants
    finally:
        connection.close()
    file = f"{PACKAGE}/data/dataset.db"
    rows = (Row(dict(one), Origin(file, number, table)) for number, one in enumerate(found, 1))
    return [PackageRow(row.origin, row.values) for row in context.take(rows)]


def list_units(rows: Iterable[PackageRow]) -> dict[str, tuple[Unit, Origin]]:
    """Every unit the rows name, by key, provinces first."""
    found: dict[str, tuple[Unit, Origin]] = {}
    kept = list(rows)
    for level, code in (("PROVINCE", "provinceCode"), ("DISTRICT", "districtCode"), ("COMMUNE", "wardCode")):
        for row in kept:
            if row.values.get(code):
                unit = row.unit(level)
                found.setdefault(unit.key, (unit, row.origin))
    return found


class Conversion:
    """The package's conversion, with its names of places turned into keys; edges by province since the reform."""

    def __init__(self, before: Iterable[PackageRow], since: Iterable[PackageRow], converter: Mapping[str, Any]) -> None:
        old_rows, new_rows = list(before), list(since)
        self._converter = converter
        self._old = {row.old_place(): row.old_key() for row in old_rows}
        self._old_provinces = {row.values["provinceKey"]: row.unit("PROVINCE").key for row in old_rows}
        self._new = {(row.values["provinceKey"], row.values["wardKey"]): row.unit("COMMUNE").key for row in new_rows}
        self._provinces = {row.values["provinceKey"]: row.unit("PROVINCE").key for row in new_rows}

    def communes(self) -> dict[str, list[Edge]]:
        """An edge for each commune before (or district that became a special zone) and commune since."""
        edges: dict[str, list[Edge]] = {key: [] for key in self._provinces.values()}
        for province, places in self._converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
            for new, olds in places.items():
                edges[self._provinces[province]] += [self._edge(one, province, new, extent="WHOLE") for one in olds]
        for province, divided in self._converter["DICT_PROVINCE_WARD_DIVIDED"].items():
            for old, news in divided.items():
                edges[self._provinces[province]] += [
                    self._edge(old, province, one["newWardKey"], extent="PARTIAL") for one in news
                ]
        return edges

    def _edge(self, old: str, province: str, new: str, *, extent: str) -> Edge:
        return make_edge(self._old[old], self._new[province, new], extent)

    def provinces(self) -> list[Edge]:
        """An edge for each province before."""
        return [
            make_edge(self._old_provinces[part], self._provinces[new], "UNCHANGED" if len(parts) == 1 else "WHOLE")
            for new, parts in self._converter["DICT_PROVINCE"].items()
            for part in parts
        ]


def _reorganised(context: FeedContext, conversion: Conversion, old: Mapping[str, Unit]) -> Iterator[Finding]:
    """The reorganisations; districts and communes the conversion sends nowhere end without successor."""
    provinces, communes = conversion.provinces(), conversion.communes()
    became = {edge["from"]: edge["to"] for edge in provinces}
    sent = {edge["from"] for edges in communes.values() for edge in edges}
    for unit in old.values():
        if unit.level != "PROVINCE" and unit.key not in sent:
            communes[became[unit.province]].append(ending_edge(unit))
    for name, edges in [("province", provinces), *((f"commune-{key[-2:]}", communes[key]) for key in sorted(communes))]:
        key = f"reorganisation-{context.options['reform_date']}-{name}"
        fields = {"reorganisation": key, "edges": edges}
        origin = Origin(f"{PACKAGE}/data/{CONVERTER}", 1)
        yield _fact(context, REORGANISED, key, fields, origin=origin, option="reform_date")


def _fact(
    context: FeedContext, event: str, key: str, fields: Mapping[str, Any], *, origin: Origin, option: str
) -> Fact:
    day = str(context.options[option])
    moment = calendar_of(context).instant(day)
    return Fact(event, key, fields, origin, f"{day}:{key}", moment, moment)
