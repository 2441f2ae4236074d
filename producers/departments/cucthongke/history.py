"""The register's history 2003-2025 (folder 01): every change of a unit with its day and its instruments.

Rules that are ours: the list of step 1 holds provinces alone, under codes of an older scheme, and is
replaced by step 2, so it is imported to end there (`provisional-code`); steps 1 and 2 are the baseline.
Facts come in the order of their effective days, which is not always that of the steps. When a district
moves to another province, its communes' province follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from producers.departments.cucthongke.instruments import Instruments, find_basis, read_instruments
from producers.departments.cucthongke.units import Calendar, Unit, calendar_of, clean, find_kind, flag_cleaned, unit_key
from producers.feed import Fact, FeedContext, Finding, Flag, Refusal, Row
from producers.reading import compose_rows, read_rows

EVENTS_FILE = "01-vn-admin-history/events.ndjson.gz"
INSTRUMENTS_FILE = "01-vn-admin-history/instruments.csv"
_LEVEL = {1: "PROVINCE", 2: "DISTRICT", 3: "COMMUNE"}


def read_history(context: FeedContext) -> Iterator[Finding]:
    """The facts of the register, in order of effective day."""
    rows = read_changes(context)
    replay = HistoryReplay(calendar_of(context), read_instruments(context, INSTRUMENTS_FILE), _step_days(rows))
    for row in rows:
        yield from replay.apply(row)


def units_at_end(context: FeedContext) -> dict[str, Unit]:
    """The units in force after the last change, by key; the register is another feed's, so nothing is told of it."""
    rows = read_changes(replace(context, take=compose_rows))
    replay = HistoryReplay(calendar_of(context), {}, _step_days(rows))
    for row in rows:
        for _ in replay.apply(row):
            pass
    return replay.units


def read_changes(context: FeedContext) -> list[Row]:
    """The rows of the history by effective day, those of one day as the register has them."""
    rows = read_rows(context, EVENTS_FILE)
    return sorted(rows, key=lambda row: (str(row.values["effective_date"]), int(row.values["seq"])))


def _step_days(rows: list[Row]) -> dict[int, str]:
    return {int(row.values["step"]): str(row.values["effective_date"]) for row in rows}


@dataclass(slots=True)
class HistoryReplay:
    """Replays the register; `units` is what is in force after the rows applied so far."""

    calendar: Calendar
    instruments: Instruments
    days: Mapping[int, str]
    units: dict[str, Unit] = field(default_factory=dict)

    def apply(self, row: Row) -> Iterator[Finding]:
        """What one row says."""
        values = row.values
        key = unit_key(_LEVEL[int(values["level"])], str(values["code"]))
        if values.get("after") is None:
            yield from self._end(row, key)
            return
        unit, findings = self._unit(row)
        yield from findings
        if unit is None:
            return
        before = self.units.get(key)
        if values["ops"] == ["created"]:
            self.units[key] = unit
            yield self._begin(row, unit)
        elif before is not None:
            self.units[key] = unit
            yield from self._change(row, before, unit)
        else:
            yield Refusal(row.origin, "code", "unknown-unit", f"{key} changes without having been created")

    def _unit(self, row: Row) -> tuple[Unit | None, list[Finding]]:
        level, after = _LEVEL[int(row.values["level"])], row.values["after"]
        name, rules = clean(after["name"])
        findings: list[Finding] = [*flag_cleaned(row.origin, "name", rules, name)]
        kind = find_kind(str(after["type"]))
        if kind is None:
            message = f"{after['type']!r} is no kind of unit"
            return None, [*findings, Refusal(row.origin, "type", "unknown-kind", message)]
        if find_kind(name) != kind:
            findings.append(
                Flag(row.origin, "type", "kind-disagrees-with-name", f"{name!r} is said to be {kind}; kept as {kind}")
            )
        parent = unit_key(_LEVEL[int(row.values["level"]) - 1], after["parent"]) if after["parent"] else None
        unit = Unit(level, str(row.values["code"]), name, kind, parent, self._province(parent))
        if parent is not None and parent not in self.units:
            findings.append(
                Flag(row.origin, "parent", "parent-not-in-force", f"{parent} is not in force that day; kept as stated")
            )
        return unit, findings

    def _province(self, parent: str | None) -> str | None:
        if parent is None or parent.startswith("province-"):
            return parent
        district = self.units.get(parent)
        return district.parent if district else None

    def _begin(self, row: Row, unit: Unit) -> Finding:
        if not row.values["baseline"]:
            return self._fact(row, "AdminUnitEstablished", unit.key, unit.fields(), basis=self._basis(row, unit))
        fact = self._fact(row, "AdminUnitImported", unit.key, unit.fields())
        if int(row.values["step"]) > 1:
            return fact
        return replace(fact, valid_to=self.calendar.instant(self.days[2]))

    def _end(self, row: Row, key: str) -> Iterator[Finding]:
        unit = self.units.pop(key, None)
        if unit is None:
            yield Refusal(row.origin, "code", "unknown-unit", f"{key} ends without having been created")
        elif row.values["baseline"]:
            yield Flag(
                row.origin,
                "code",
                "provisional-code",
                f"{key} stood in the first list only; it ends where step 2 replaced it",
            )
        else:
            fields = {"unitKey": key, "successorKeys": []}
            yield self._fact(row, "AdminUnitAbolished", key, fields, basis=self._basis(row, unit))

    def _change(self, row: Row, before: Unit, after: Unit) -> Iterator[Finding]:
        changed = _differences(before, after)
        if not changed:
            yield Flag(row.origin, "ops", "nothing-changed", f"{after.key} is as it was; no event")
            return
        yield self._fact(row, "AdminUnitChanged", after.key, changed, basis=self._basis(row, before, after))
        if after.level == "DISTRICT" and after.parent != before.parent:
            yield from self._follow(row, after)

    def _follow(self, row: Row, district: Unit) -> Iterator[Finding]:
        """The communes of a district that moved lie in its new province."""
        for commune in [one for one in self.units.values() if one.parent == district.key]:
            moved = replace(commune, province=district.parent)
            self.units[commune.key] = moved
            fact = self._fact(row, "AdminUnitChanged", moved.key, _differences(commune, moved))
            basis = self._basis(row, commune, moved)
            yield replace(fact, identity=f"{fact.identity}>{moved.key}", legal_basis=basis)

    def _basis(self, row: Row, *states: Unit) -> str | None:
        keys = {state.province or state.key for state in states}
        names = [self.units[key].name for key in sorted(keys) if key in self.units] + [
            state.name for state in states if state.level == "PROVINCE"
        ]
        return find_basis(self.instruments.get(str(row.values["commit"]), []), names)

    def _fact(self, row: Row, event: str, key: str, fields: Mapping[str, Any], *, basis: str | None = None) -> Fact:
        moment = self.calendar.instant(str(row.values["effective_date"]))
        identity = f"{row.values['commit']}:{key}"
        return Fact(event, key, fields, row.origin, identity, moment, moment, legal_basis=basis)


def _differences(before: Unit, after: Unit) -> dict[str, Any]:
    """The fields of a change: the key, the names of what changed, and the new values; empty where nothing did."""
    old, new = before.fields(), after.fields()
    changed = [name for name in new if new[name] != old[name]]
    return {"unitKey": after.key, "changed": changed, **{name: new[name] for name in changed}} if changed else {}
