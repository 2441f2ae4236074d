"""Rain gauges: two lists of the same instruments, one with the provinces of before 2025-07-01, one with the new.

Neither list has codes. A gauge's key is the code that an hourly sheet has for it, else province and name
of the list it stands in first, with a digest, since names may differ in their marks alone. A line of the
new list is the gauge of the same province and name; else the one of that name in a province that became
its province, where there is exactly one; where there are several it is refused, not guessed.

The list with the former provinces has many gauges twice, under the old and under the new name of their
province, and thousands of lines that bear a commune's name and 0.0: those are of kind AREA.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from producers.departments.packaged import choose_folder
from producers.feed import Fact, FeedContext, Finding, Flag, Refusal, Row
from producers.reading import read_rows
from producers.rules_communes import find_new_commune, find_province, short_province
from producers.rules_names import make_key
from schemas.times import parse_instant

PROVINCE, NAME, COMMUNE, CODE = "Tỉnh/Thành phố", "Tên trạm", "Huyện", "Mã trạm"
_COMMUNE_NAME = re.compile(r"(?:phường|xã|thị trấn|đặc khu)\s+\S")


@dataclass(slots=True)
class GaugeBook:
    """The gauges by key, the key of each line of the lists (a refused line has none), and what was noticed."""

    gauges: dict[str, Fact] = field(default_factory=dict)
    former: list[tuple[Row, str]] = field(default_factory=list)
    new: list[tuple[Row, str]] = field(default_factory=list)
    noticed: list[Finding] = field(default_factory=list)


def read_gauges(context: FeedContext) -> Iterator[Finding]:
    """A gauge for each instrument; options: former, new, hourly, hourly_province, network, taken, packaged."""
    book = read_gauge_book(context)
    yield from book.noticed
    yield from book.gauges.values()


def read_gauge_book(context: FeedContext) -> GaugeBook:
    """What the lists and the hourly sheets say of gauges."""
    context = choose_folder(context)
    options, book = context.options, GaugeBook()
    codes = _read_codes(list(read_rows(context, options["hourly"])) if options.get("hourly") else [])
    by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in read_rows(context, options["former"]):
        _take_former(row, book, codes=codes, by_name=by_name, options=options)
    new = list(read_rows(context, options["new"]))
    lines = Counter((row.values.get(PROVINCE), row.values.get(NAME)) for row in new)
    for row in new:
        alone = lines[(row.values.get(PROVINCE), row.values.get(NAME))] == 1
        _take_new(row, book, alone=alone, by_name=by_name, options=options)
    for (_, name), (code, row) in codes.items():
        if code not in book.gauges:
            place = short_province(options["hourly_province"])
            book.gauges[code] = _gauge(row, code, name, options=options, code=code, province=place)
    return book


def gauge_key(*parts: str) -> str:
    """The key of a gauge without a code: its province and name, and a digest of them with their marks."""
    exact = unicodedata.normalize("NFC", "~".join(parts)).casefold()
    return f"{make_key(*parts)}-{sha256(exact.encode()).hexdigest()[:4]}"


def _read_codes(rows: list[Row]) -> dict[tuple[str, str], tuple[str, Row]]:
    """Code and first row of the gauges in the hourly sheets, by code and name."""
    found: dict[tuple[str, str], tuple[str, Row]] = {}
    for row in rows:
        code, name = str(row.values.get(CODE, "")).strip(), str(row.values.get(NAME, "")).strip()
        if code and name:
            found.setdefault((code, name), (code, row))
    return found


def _take_former(
    row: Row,
    book: GaugeBook,
    *,
    codes: dict[tuple[str, str], tuple[str, Row]],
    by_name: dict[tuple[str, str], list[str]],
    options: Any,
) -> None:
    named = _named(row, book)
    if named is None:
        return
    stated, name = named
    province = find_province(stated)
    code = (
        next((found for found, other in codes if other == name), None) if stated == options["hourly_province"] else None
    )
    key = code or gauge_key(stated, name)
    if province is None:
        message = f"{stated!r} is no province of before 2025-07-01; the province since is left null"
        book.noticed.append(Flag(row.origin, PROVINCE, "province-unknown", message))
    book.gauges[key] = _gauge(row, key, name, options=options, code=code, province=province, formerProvince=stated)
    book.former.append((row, key))
    others = by_name[(province or "", name)]
    if others:
        message = f"{name!r} stands also as {', '.join(others)}: perhaps one gauge under two provinces; kept as two"
        book.noticed.append(Flag(row.origin, NAME, "province-twice", message))
    others.append(key)


def _take_new(
    row: Row, book: GaugeBook, *, alone: bool, by_name: dict[tuple[str, str], list[str]], options: Any
) -> None:
    named = _named(row, book)
    if named is None:
        return
    stated, name = named
    province = short_province(stated)
    keys = by_name.get((province or "", name), [])
    same = gauge_key(stated, name)
    keys = [same] if same in keys else keys
    if not alone or len(keys) > 1:
        message = f"{name!r} in {stated} stands for several gauges, and nothing tells which"
        way_out = "give the code of the gauge"
        book.noticed.append(Refusal(row.origin, NAME, "gauge-ambiguous", message, way_out))
        return
    told = _told_of_new(row, book, stated=stated, province=province)
    key = keys[0] if keys else gauge_key(stated, str(told["commune"] or ""), name)
    if keys:
        known = book.gauges[key]
        book.gauges[key] = replace(known, fields={**known.fields, **told})
        book.noticed.append(Flag(row.origin, NAME, "same-gauge", f"is the gauge of {known.origin}, and joined with it"))
    else:
        book.noticed.append(
            Flag(
                row.origin,
                NAME,
                "gauge-only-here",
                f"the list with former provinces has no {name!r}; taken from here alone",
            )
        )
        book.gauges[key] = _gauge(row, key, name, options=options, code=None, **told)
    book.new.append((row, key))


def _told_of_new(row: Row, book: GaugeBook, *, stated: str, province: str | None) -> dict[str, Any]:
    """What the new list alone tells of a gauge: the province and the commune since 2025-07-01."""
    commune = row.values.get(COMMUNE)
    code = find_new_commune(str(commune or ""), stated)
    if code is None:
        message = f"{commune!r} is no one commune of {stated}; its code is left null"
        book.noticed.append(Flag(row.origin, COMMUNE, "commune-not-named", message))
    return {"province": province, "commune": commune, "adminCode": code}


def _named(row: Row, book: GaugeBook) -> tuple[str, str] | None:
    province, name = (str(row.values.get(one, "")).strip() for one in (PROVINCE, NAME))
    if province and name:
        return province, name
    book.noticed.append(Refusal(row.origin, NAME, "no-name", "the line names no gauge", "fill province and name"))
    return None


def _gauge(row: Row, key: str, name: str, *, options: Any, code: str | None, **told: Any) -> Fact:
    is_area = _COMMUNE_NAME.match(name) is not None
    fields = {
        "gaugeKey": key,
        "stationCode": code,
        "nameVi": name,
        "kind": "AREA" if is_area else "GAUGE",
        "network": options["network"],
        "adminCode": find_new_commune(name, str(told.get("province") or "")) if is_area else None,
        **told,
    }
    return Fact("GaugeListed", key, fields, row.origin, happened_at=parse_instant(options["taken"]))
