"""Rain: hourly sheets that grow during a day (one column an hour), and totals of the whole country.

A fact's identity is its key: a sheet that has grown tells only its new hours, and an hour that a later
sheet or run tells differently is a correction. The sheets do not say whether an hour begins or ends at
its label, nor the totals since when they count: `periodStart` stays null.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from producers.departments.kttv.gauges import CODE, NAME, GaugeBook, read_gauge_book
from producers.departments.packaged import choose_folder
from producers.errors import ValueRefused
from producers.feed import Fact, FeedContext, Finding, Flag, Origin, Refusal, Row
from producers.reading import read_rows
from producers.rules import Cell, decimal, instant
from producers.source import list_files
from schemas.times import format_instant, to_micros

TOTAL = "Tổng lượng mưa"
_TIMES = ("Dấu thời gian", "Thời gian cập nhập")
_HOUR = re.compile(r"\d{2}/\d{2}/\d{4} - \d{2}:\d{2}")
_read_depth = decimal({"scale": 1, "min": 0, "max": 2000})


def read_hourly_rain(context: FeedContext) -> Iterator[Finding]:
    """A reading for each gauge and hour, empty cells too (missing); options: hourly, zone.

    Sheets are read in the order of their names; where two tell one hour differently the later one stands.
    """
    context = choose_folder(context)
    readings: dict[str, Fact] = {}
    for path in list_files(context.data, context.options["hourly"]):
        rows = list(read_rows(context, path.relative_to(context.data or path).as_posix()))
        for one in _read_sheet(rows, context.options["zone"]):
            if not isinstance(one, Fact):
                yield one
                continue
            known = readings.get(one.key)
            if known is not None and known.fields != one.fields:
                yield Flag(one.origin, "depth", "hour-revised", f"{one.key} replaces what {known.origin} says")
            readings[one.key] = one
    yield from readings.values()


def _read_sheet(rows: list[Row], zone: str) -> Iterator[Finding]:
    read_hour = instant({"format": "DD/MM/YYYY - HH:mm", "zone": zone})
    labels = {name: row.origin for row in rows for name in row.values if _HOUR.fullmatch(name)}
    hours = sorted((read_hour(label, Cell(origin, label)), label) for label, origin in labels.items())
    for row in rows:
        for at, label in hours:
            yield from read_cell(row, label, key=_code_of(row), at=at, aggregation="HOURLY", quality="UNCHECKED")


def read_rain_totals(context: FeedContext) -> Iterator[Finding]:
    """A reading for each line of the two lists whose gauge is known; options: those of the gauges, zone."""
    book = read_gauge_book(context)
    zone = ZoneInfo(context.options["zone"])
    yield from (one for one in book.noticed if isinstance(one, Refusal))
    for row, key in [*book.former, *book.new]:
        yield from _total(row, key, book=book, zone=zone)


def _total(row: Row, key: str, *, book: GaugeBook, zone: ZoneInfo) -> Iterator[Finding]:
    label = next((one for one in _TIMES if one in row.values), _TIMES[0])
    try:
        at = instant({"format": "D/M/YYYY HH:mm", "zone": zone.key})(row.values.get(label), Cell(row.origin, label))
    except ValueRefused as refused:
        yield _refusal(row.origin, label, refused)
        return
    quality = "SUSPECT" if book.gauges[key].fields["kind"] == "AREA" else "UNCHECKED"
    yield from read_cell(row, TOTAL, key=key, at=at, aggregation="TOTAL", quality=quality)


def read_cell(row: Row, column: str, *, key: str, at: datetime, aggregation: str, quality: str) -> Iterator[Finding]:
    """The reading in one cell: empty is missing (null), `0` is no rain (0.0); what is no depth is refused."""
    cell = Cell(row.origin, column)
    try:
        depth: Decimal | None = None if row.values.get(column) is None else _read_depth(row.values[column], cell)
        if not key:
            raise ValueRefused("no-key", f"{row.values.get(NAME)!r} has no code", way_out="fill the code")
    except ValueRefused as refused:
        yield _refusal(row.origin, column, refused)
        return
    micros = to_micros(at)
    subject = f"{key}~{format_instant(micros)}"
    fields: dict[str, Any] = {
        "gaugeKey": key,
        "periodEnd": at,
        "depth": depth,
        "aggregation": aggregation,
        "quality": quality,
    }
    yield Fact("RainfallObserved", subject, fields, row.origin, identity=subject, happened_at=micros)


def _code_of(row: Row) -> str:
    return str(row.values.get(CODE, "")).strip()


def _refusal(origin: Origin, field: str, refused: ValueRefused) -> Refusal:
    return Refusal(origin, field, refused.code, str(refused), refused.way_out)
