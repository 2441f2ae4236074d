"""Random Avro types with values for them, and what a decoder must make of each value."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Sample:
    """An Avro type as JSON, a value for it, what fastavro reads, and what our decoder gives."""

    avro: Any
    value: Any
    read: Any
    raw: Any


def _same(avro: Any, values: st.SearchStrategy[Any]) -> Callable[[Draw, Any], Sample]:
    def build(draw: Draw, names: Any) -> Sample:
        value = draw(values)
        return Sample(avro, value, value, value)

    return build


def _text(draw: Draw, names: Any) -> Sample:
    value = draw(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12))
    normal = unicodedata.normalize("NFC", value)
    return Sample("string", value, normal, normal)


def _uuid(draw: Draw, names: Any) -> Sample:
    value = draw(st.uuids())
    return Sample({"type": "string", "logicalType": "uuid"}, value, value, str(value))


def _date(draw: Draw, names: Any) -> Sample:
    value = draw(st.dates())
    return Sample({"type": "int", "logicalType": "date"}, value, value, (value - date(1970, 1, 1)).days)


def _instant(draw: Draw, names: Any) -> Sample:
    micros = draw(st.integers(-2_000_000_000_000_000, 7_000_000_000_000_000))
    value = _EPOCH + timedelta(microseconds=micros)
    return Sample({"type": "long", "logicalType": "timestamp-micros"}, value, value, micros)


def _instant_in_millis(draw: Draw, names: Any) -> Sample:
    millis = draw(st.integers(-2_000_000_000_000, 7_000_000_000_000))
    value = _EPOCH + timedelta(milliseconds=millis)
    return Sample({"type": "long", "logicalType": "timestamp-millis"}, value, value, millis * 1000)


def _time_of_day(draw: Draw, names: Any) -> Sample:
    value = draw(st.times())
    spent = ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
    return Sample({"type": "long", "logicalType": "time-micros"}, value, value, spent)


def _time_in_millis(draw: Draw, names: Any) -> Sample:
    hour, minute = draw(st.integers(0, 23)), draw(st.integers(0, 59))
    avro = {"type": "int", "logicalType": "time-millis"}
    return Sample(avro, time(hour, minute), time(hour, minute), (hour * 60 + minute) * 60_000_000)


def _decimal(draw: Draw, names: Any) -> Sample:
    precision = draw(st.integers(1, 18))
    scale = draw(st.integers(0, precision))
    unscaled = draw(st.integers(-(10**precision) + 1, 10**precision - 1))
    avro = {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}
    value = Decimal(unscaled).scaleb(-scale)
    return Sample(avro, value, value, unscaled)


def _enum(draw: Draw, names: Any) -> Sample:
    symbols = draw(st.lists(st.sampled_from(["A", "B", "C", "D"]), min_size=1, unique=True))
    value = draw(st.sampled_from(symbols))
    return Sample({"type": "enum", "name": f"E{next(names)}", "symbols": symbols}, value, value, value)


def _fixed(draw: Draw, names: Any) -> Sample:
    size = draw(st.integers(1, 9))
    value = draw(st.binary(min_size=size, max_size=size))
    return Sample({"type": "fixed", "name": f"F{next(names)}", "size": size}, value, value, value)


_SIMPLE = (
    _same("boolean", st.booleans()),
    _same("int", st.integers(-(2**31), 2**31 - 1)),
    _same("long", st.integers(-(2**63), 2**63 - 1)),
    _same("float", st.floats(allow_nan=False, allow_infinity=False, width=32)),
    _same("double", st.floats(allow_nan=False, allow_infinity=False)),
    _same("bytes", st.binary(max_size=200)),
    *(_text, _uuid, _date, _instant, _instant_in_millis, _time_of_day, _time_in_millis, _decimal, _enum, _fixed),
)


def _nullable(draw: Draw, names: Any, depth: int) -> Sample:
    one = _any(draw, names, depth - 1, nullable=False)
    avro = ["null", one.avro] if draw(st.booleans()) else [one.avro, "null"]
    return Sample(avro, None, None, None) if draw(st.booleans()) else Sample(avro, one.value, one.read, one.raw)


def _array(draw: Draw, names: Any, depth: int) -> Sample:
    one = _any(draw, names, depth - 1)
    times = draw(st.integers(0, 3))
    return Sample({"type": "array", "items": one.avro}, [one.value] * times, [one.read] * times, [one.raw] * times)


def _map(draw: Draw, names: Any, depth: int) -> Sample:
    one = _any(draw, names, depth - 1)
    keys = draw(st.lists(st.sampled_from(["a", "b", "Huế"]), unique=True))
    values = [dict.fromkeys(keys, each) for each in (one.value, one.read, one.raw)]
    return Sample({"type": "map", "values": one.avro}, *values)


def _record(draw: Draw, names: Any, depth: int) -> Sample:
    parts = [_any(draw, names, depth - 1) for _ in range(draw(st.integers(1, 4)))]
    fields = [{"name": f"f{index}", "type": one.avro} for index, one in enumerate(parts)]
    avro = {"type": "record", "name": f"R{next(names)}", "fields": fields}
    return Sample(
        avro,
        {f"f{index}": one.value for index, one in enumerate(parts)},
        {f"f{index}": one.read for index, one in enumerate(parts)},
        {f"f{index}": one.raw for index, one in enumerate(parts)},
    )


def _any(draw: Draw, names: Any, depth: int, *, nullable: bool = True) -> Sample:
    nested = [_array, _map, _record, *([_nullable, _nullable] if nullable else [])]
    if depth > 0 and draw(st.booleans()):
        found: Sample = draw(st.sampled_from(nested))(draw, names, depth)
        return found
    simple: Sample = draw(st.sampled_from(_SIMPLE))(draw, names)
    return simple


@st.composite
def records(draw: Draw) -> Sample:
    """A record of up to four fields, nested up to four deep, with a value."""
    return _record(draw, count(), 4)
