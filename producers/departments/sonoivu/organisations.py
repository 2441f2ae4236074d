"""The small table of the city's organisations: facts of our own, beside this module.

A code is PUBLISHED where it was seen in published data, else WORKING: then only the form is real. `since`
is the first day the table speaks of, not the day of establishment; no act is stated where none is known.
`source_code` is what stands in the sources of a department that publishes under a shorter name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from producers.feed import Fact, FeedContext, Finding, Origin, Refusal, Row
from producers.reading import read_rows
from schemas.times import parse_instant

TABLE = "organisations.csv"
_CODE = re.compile(r"(?P<root>[A-Z][0-9]{2})(?:\.(?P<number>[0-9]{2}))?\Z")


def read_organisations(context: FeedContext) -> Iterator[Finding]:
    """The organisations in the packaged table, then their mergers, in order of their days."""
    packaged = replace(context, data=Path(__file__).parent)
    yield from tell_organisations(read_rows(packaged, TABLE, delimiter=","), context)


def tell_organisations(rows: Iterable[Row], context: FeedContext) -> Iterator[Finding]:
    """The facts in `rows`, by day; within a day organisations begin before they are merged into."""
    zone = ZoneInfo(str(context.options["zone"]))
    facts: list[Fact] = []
    mergers: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if not _CODE.match(str(row.values.get("code"))):
            message = f"{row.values.get('code')!r} is not of the form H57.xx"
            yield Refusal(row.origin, "code", "no-organisation-code", message)
            continue
        day = row.values["since"]
        facts.append(
            _fact("OrganisationEstablished", row.values["code"], _fields(row), origin=row.origin, day=day, zone=zone)
        )
        if row.values.get("merged_into"):
            mergers.setdefault((row.values["merged_on"], row.values["merged_into"]), []).append(row)
    for (day, survivor), merged in mergers.items():
        facts.append(
            _fact(
                "OrganisationsMerged", survivor, _merger(survivor, merged), origin=merged[0].origin, day=day, zone=zone
            )
        )
    yield from sorted(facts, key=lambda fact: (fact.valid_from or 0, fact.event != "OrganisationEstablished"))


def _fields(row: Row) -> dict[str, Any]:
    values = row.values
    return {
        "orgCode": values["code"],
        "nameVi": values["name_vi"],
        "nameEn": values.get("name_en"),
        "orgType": values["type"],
        "parentCode": values.get("parent"),
        "adminUnitKey": values.get("admin_unit"),
        "aliases": [one for one in (older_form(values["code"]), values.get("source_code")) if one],
        "codeStatus": values["code_status"],
        "legalDoc": None,
        "website": None,
    }


def older_form(code: str) -> str:
    """`000.00.14.H57` of `H57.14`; the city itself is `000.00.00.H57`."""
    match = _CODE.match(code)
    if match is None:
        raise ValueError(f"{code!r} is not of the form H57.xx")
    return f"000.00.{match['number'] or '00'}.{match['root']}"


def _merger(survivor: str, merged: list[Row]) -> dict[str, Any]:
    functions = [one.strip() for row in merged for one in row.values.get("functions", "").split(";") if one.strip()]
    return {"toCode": survivor, "fromCodes": [row.values["code"] for row in merged], "functionsTransferred": functions}


def _fact(event: str, key: str, fields: Mapping[str, Any], *, origin: Origin, day: str, zone: ZoneInfo) -> Fact:
    moment = parse_instant(day, zone)
    return Fact(event, key, fields, origin, f"{event}:{day}:{key}", moment, moment)
