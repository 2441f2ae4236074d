"""Lists of a stated day: what each contains, as claims beside the register.

A unit that stands alike in successive lists is told once, for the whole time. A list holds until the
next one of its series, the last of a series until the day its feed's option `until` names, else without end;
the option `ends` names the day for each list, where changes are known to lie between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from producers.departments.cucthongke.conversion_table import NEW_PROVINCE, OLD_NAME, Conversion, read_table
from producers.departments.cucthongke.spelling import same_name
from producers.departments.cucthongke.units import Unit, calendar_of, clean, find_kind, flag_cleaned, unit_key
from producers.feed import Fact, FeedContext, Finding, Flag, Origin, Refusal, Row
from producers.reading import compose_rows, read_rows

LISTED = "AdminUnitListed"
GSO_LIST = "02-vn-admin-2025-reform/gso-wards-pre-reform-2025-01-04.csv"
NSO_LIST = "02-vn-admin-2025-reform/nso-divisions-{day}.json.gz"
_ABBREVIATED = re.compile(r"\AT\.?[Pp]\.?\s+")


@dataclass(slots=True)
class UnitList:
    """The units of one list with the row each was read in; `findings` is what did not fit."""

    day: str
    units: dict[str, tuple[Unit, Origin]]
    findings: list[Finding] = field(default_factory=list)
    variants: set[tuple[str, str]] = field(default_factory=set)

    def add(
        self, origin: Origin, level: str, *, code: str, name: object, column: str, above: Sequence[str] = ()
    ) -> None:
        """Takes in one unit; `above` are the keys of its province and, below a district, of that."""
        text, rules = spell_out(name)
        self.findings += flag_cleaned(origin, column, rules, text)
        known = self.units.get(unit_key(level, code))
        if known is not None:
            self._compare(origin, known[0], text, column=column)
            return
        kind = find_kind(text)
        if kind is None:
            self.findings.append(
                Flag(origin, column, "no-kind-in-name", f"{text!r} begins with no kind of unit; the kind is left null")
            )
        unit = Unit(level, code, text, kind, above[-1] if above else None, above[0] if above else None)
        self.units[unit.key] = (unit, origin)

    def _compare(self, origin: Origin, known: Unit, name: str, *, column: str) -> None:
        if known.name != name and (known.key, name) not in self.variants:
            self.variants.add((known.key, name))
            rule = "spelling-varies" if same_name(known.name, name) else "one-code-two-names"
            message = f"{known.key} is {known.name!r} in an earlier row, which stands; {name!r} here"
            self.findings.append(Flag(origin, column, rule, message))


def spell_out(name: object) -> tuple[str, list[str]]:
    """The name cleaned, with `Tp` in front written out, and the names of the rules that changed it."""
    text, rules = clean(name)
    full = _ABBREVIATED.sub("Thành phố ", text)
    return full, [*rules, "kind-abbreviated"] if full != text else rules


def read_conversion_before(context: FeedContext) -> Iterator[Finding]:
    """The units before the reform as the conversion table names them, on the last day of theirs."""
    listed = UnitList(str(context.options["day"]), {})
    for one in read_table(context):
        if isinstance(one, Conversion):
            _add_before(listed, one)
    yield from tell([listed], context)


def _add_before(listed: UnitList, one: Conversion) -> None:
    province = unit_key("PROVINCE", one.old_province.code)
    district = unit_key("DISTRICT", one.old_district.code)
    top = one.old_province
    listed.add(one.origin, "PROVINCE", code=top.code, name=top.name, column="Tỉnh cũ")
    old = one.old_district
    listed.add(one.origin, "DISTRICT", code=old.code, name=old.name, column="Quận/huyện", above=[province])
    if one.old is not None:
        above = [province, district]
        listed.add(one.origin, "COMMUNE", code=one.old.code, name=one.old.name, column=OLD_NAME, above=above)


def read_list_of_january(context: FeedContext) -> Iterator[Finding]:
    """The statistics office's list of 2025-01-04, which holds until the option `until`."""
    listed = UnitList(str(context.options["day"]), {})
    for row in read_rows(context, GSO_LIST, delimiter=","):
        _add_row(listed, row)
    yield from tell([listed], context)


def _add_row(listed: UnitList, row: Row) -> None:
    values = row.values
    above: list[str] = []
    columns = (
        ("PROVINCE", "Tỉnh Thành Phố", "Mã TP"),
        ("DISTRICT", "Quận Huyện", "Mã QH"),
        ("COMMUNE", "Phường Xã", "Mã PX"),
    )
    for level, name, code in columns:
        if values.get(code):
            listed.add(row.origin, level, code=values[code], name=values.get(name), column=name, above=above)
            above.append(unit_key(level, values[code]))


def read_lists_after(context: FeedContext) -> Iterator[Finding]:
    """The statistics office's lists after the reform, of the days in the option `days`."""
    provinces = _provinces(context)
    lists = [_list_after(context, str(day), provinces) for day in context.options["days"]]
    yield from tell(lists, context)


def _provinces(context: FeedContext) -> dict[str, str]:
    """Code by name of the provinces since the reform; the lists name them without code."""
    rows = (one for one in read_table(replace(context, take=compose_rows)) if isinstance(one, Conversion))
    return {one.new_province.name: one.new_province.code for one in rows}


def _list_after(context: FeedContext, day: str, provinces: Mapping[str, str]) -> UnitList:
    listed = UnitList(day, {})
    for row in read_rows(context, NSO_LIST.format(day=day)):
        name, _ = spell_out(row.values["province_name"])
        code = next((code for known, code in provinces.items() if same_name(known, name)), None)
        if code is None:
            message = f"{name!r} is no province of the conversion table"
            listed.findings.append(Refusal(row.origin, NEW_PROVINCE, "unknown-province", message))
            continue
        above = [unit_key("PROVINCE", code)]
        listed.add(row.origin, "PROVINCE", code=code, name=row.values["province_name"], column="province_name")
        # the lists write codes as numbers; a commune's has 5 digits
        commune = f"{int(row.values['code']):05d}"
        listed.add(row.origin, "COMMUNE", code=commune, name=row.values["name"], column="name", above=above)
    return listed


def tell(lists: Sequence[UnitList], context: FeedContext) -> Iterator[Finding]:
    """The lists of one series as facts, one for each time a unit stood alike, after their findings."""
    for listed in lists:
        yield from listed.findings
    calendar = calendar_of(context)
    days = [listed.day for listed in lists]
    ends: list[Any] = context.options.get("ends") or [*days[1:], context.options.get("until")]
    for key in dict.fromkeys(key for listed in lists for key in listed.units):
        for start, end, unit, origin in _spans(lists, ends, key):
            moment = calendar.instant(start)
            valid_to = calendar.instant(end) if end else None
            yield Fact(LISTED, key, unit.fields(), origin, f"{start}:{key}", moment, moment, valid_to)


def _spans(lists: Sequence[UnitList], ends: Sequence[Any], key: str) -> list[tuple[str, Any, Unit, Origin]]:
    """From when, until when, what: for each run of neighbouring lists in which `key` stands alike."""
    spans: list[tuple[str, Any, Unit, Origin]] = []
    for listed, end in zip(lists, ends, strict=True):
        found = listed.units.get(key)
        if found is None:
            continue
        if spans and spans[-1][1] == listed.day and spans[-1][2] == found[0]:
            spans[-1] = (spans[-1][0], end, *spans[-1][2:])
        else:
            spans.append((listed.day, end, *found))
    return spans
