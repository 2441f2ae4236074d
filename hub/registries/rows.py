"""Rows of a registry: an event's values as canonical public JSON, typed columns, sort keys and search text.

A *payload* is the part of a version that an event makes: `(body, search, *typed columns)`, in the order of
the table's columns. It is compiled per definition, so that the work of one event is straight.
"""

from __future__ import annotations

import base64
import struct
import unicodedata
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from hub.registries.tables import column_type, field_column, sort_column
from hub.registries.vietnamese import search_text, sort_key
from schemas.avro import Field
from schemas.definition import Definition
from schemas.event import Headers
from schemas.times import format_instant

Payload = tuple[Any, ...]
Fields = Mapping[str, Any]
_MEMBER = "\x1f"
_EXACT_DIGITS = 15
_INT64 = 2**63
_EPOCH_DAY = date(1970, 1, 1).toordinal()

# headers

_KNOWN_NAMES = (
    "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "content-type", "ce_dataschema",
    "ce_sequence", "ce_validfrom", "ce_validto", "ce_correction", "ce_corrects", "ce_causationid",
    "ce_correlationid", "traceparent", "tracestate", "ce_legalbasis", "ce_keyid", "ce_signature",
)  # fmt: skip
_CODE_OF = {name: bytes([code]) for code, name in enumerate(_KNOWN_NAMES, 1)}
_OTHER_NAME = 0


def pack_headers(headers: Headers) -> bytes:
    """`headers` as bytes: their names (one byte for a known one), the lengths of the values, the values."""
    values = [value for _, value in headers]
    return (
        _names_of(tuple([name for name, _ in headers]))
        + _lengths(len(values)).pack(*map(len, values))
        + b"".join(values)
    )


def unpack_headers(packed: bytes) -> Headers:
    """The headers that `pack_headers` packed."""
    count = int.from_bytes(packed[:2], "big")
    names, at = _read_names(packed, count)
    lengths = _lengths(count)
    sizes = lengths.unpack_from(packed, at)
    at += lengths.size
    pairs = []
    for name, size in zip(names, sizes, strict=True):
        pairs.append((name, packed[at : at + size]))
        at += size
    return tuple(pairs)


@lru_cache(maxsize=1024)
def _names_of(names: tuple[str, ...]) -> bytes:
    return len(names).to_bytes(2, "big") + b"".join(_CODE_OF.get(name) or _spell(name) for name in names)


def _spell(name: str) -> bytes:
    data = name.encode()
    return bytes([_OTHER_NAME]) + len(data).to_bytes(4, "big") + data


def _read_names(packed: bytes, count: int) -> tuple[list[str], int]:
    names, at = [], 2
    for _ in range(count):
        code = packed[at]
        at += 1
        if code != _OTHER_NAME:
            names.append(_KNOWN_NAMES[code - 1])
            continue
        size = int.from_bytes(packed[at : at + 4], "big")
        names.append(packed[at + 4 : at + 4 + size].decode())
        at += 4 + size
    return names, at


@lru_cache(maxsize=256)
def _lengths(count: int) -> struct.Struct:
    return struct.Struct(f">{count}I")


# values as JSON


def json_converter(field: Field) -> Callable[[Any], Any] | None:
    """What makes the public JSON value of a decoded value that is not None; None where it is that already."""
    if field.kind == "decimal":
        return _decimal_converter(field.scale)
    if field.kind in _PUBLIC:
        return _PUBLIC[field.kind]
    return _nested_converter(field.avro) if field.kind == "json" else None


def _decimal_converter(scale: int) -> Callable[[int], Any]:
    """Up to 15 digits are exact as a JSON number; more are told as text."""
    divisor, limit = 10**scale, 10**_EXACT_DIGITS

    def convert(unscaled: int) -> Any:
        if -limit < unscaled < limit:
            return unscaled / divisor if scale else unscaled
        sign, digits = "-" if unscaled < 0 else "", str(abs(unscaled)).rjust(scale + 1, "0")
        return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else f"{sign}{digits}"

    return convert


@lru_cache(maxsize=65536)
def _date_text(days: int) -> str:
    return date.fromordinal(_EPOCH_DAY + days).isoformat()


@lru_cache(maxsize=65536)
def _instant_text(micros: int) -> str:
    return format_instant(micros)


def _time_text(micros: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return moment.strftime("%H:%M:%S")


def _bytes_text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _text(value: str) -> str:
    return value if value.isascii() else unicodedata.normalize("NFC", value)


def _texts(values: list[str]) -> list[str]:
    return [_text(value) for value in values]


_PUBLIC: dict[str, Callable[[Any], Any]] = {
    "date": _date_text,
    "instant": _instant_text,
    "time-of-day": _time_text,
    "bytes": _bytes_text,
    "string": _text,
    "strings": _texts,
}
_LOGICAL: dict[str, Callable[[Any], Any]] = {
    "date": _date_text,
    "timestamp-micros": _instant_text,
    "timestamp-millis": _instant_text,
    "time-micros": _time_text,
    "time-millis": _time_text,
}


def _nested_converter(avro: Any) -> Callable[[Any], Any]:
    """What makes JSON of a nested value: by the Avro type where it is named in place, else by the value."""
    if isinstance(avro, list):
        return _union_converter([one for one in avro if one != "null"])
    if not isinstance(avro, dict):
        return _plain
    if avro.get("logicalType") in _LOGICAL:
        return _LOGICAL[avro["logicalType"]]
    if avro.get("logicalType") == "decimal":
        return _decimal_converter(avro.get("scale", 0))
    if avro["type"] == "array":
        item = _nullable(_nested_converter(avro["items"]))
        return lambda values: [item(value) for value in values]
    if avro["type"] == "map":
        item = _nullable(_nested_converter(avro["values"]))
        return lambda values: {name: item(value) for name, value in values.items()}
    if avro["type"] == "record":
        return _record_converter(avro)
    return _nested_converter(avro["type"]) if isinstance(avro["type"], dict | list) else _plain


def _record_converter(avro: dict[str, Any]) -> Callable[[Any], Any]:
    fields = {one["name"]: _nullable(_nested_converter(one["type"])) for one in avro["fields"]}
    return lambda value: {name: convert(value[name]) for name, convert in fields.items()}


def _union_converter(branches: list[Any]) -> Callable[[Any], Any]:
    return _nested_converter(branches[0]) if len(branches) == 1 else _plain


def _nullable(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bytes):
        return _bytes_text(value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return {name: _plain(one) for name, one in value.items()} if isinstance(value, dict) else value


# values as columns


def column_converter(field: Field) -> Callable[[Any], Any] | None:
    """What makes the typed column of a decoded value that is not None; None where it is that already."""
    if field.kind == "strings":
        return _members
    if field.kind == "string":
        return _text
    if field.kind == "boolean":
        return int
    return _int64 if field.kind == "decimal" else None


def _members(values: list[str]) -> str:
    return f"{_MEMBER}{_MEMBER.join(map(_text, values))}{_MEMBER}" if values else ""


def _int64(number: int) -> int | None:
    """A decimal of more than 18 digits has no column to be filtered by; its body has it."""
    return number if -_INT64 <= number < _INT64 else None


_cached_sort_key = lru_cache(maxsize=20_000)(sort_key)


@lru_cache(maxsize=20_000)
def _cached_search_text(texts: tuple[str | None, ...]) -> str:
    return search_text(texts)


class RowMaker:
    """Makes the payloads of one definition; the code is written for it once and compiled."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.names = tuple(definition.record)
        self.columns = payload_columns(definition)
        self._converters = {name: json_converter(field) for name, field in definition.record.items()}
        self._search = tuple(
            name
            for name in definition.search
            if definition.record[name].classification == "open" and definition.record[name].kind in _SEARCHABLE
        )
        self._slots = _payload_slots(definition)
        self._make = _compile_make(definition, self._search)

    def make(self, key: str, fields: Fields) -> Payload:
        """The payload of a record whose fields are `fields`; what they lack is null."""
        payload: Payload = self._make(key, fields.get)
        return payload

    def patch(self, payload: Payload, fields: Fields, changed: Collection[str]) -> Payload:
        """`payload` with the fields listed in `changed` as `fields` has them, empty where it has nothing."""
        names = [name for name in changed if name in self._converters]
        body = orjson.loads(payload[0])
        row = list(payload)
        for name in names:
            value = fields.get(name)
            convert = self._converters[name]
            body[name] = value if value is None or convert is None else convert(value)
            for slot, make in self._slots[name]:
                row[slot] = None if value is None else make(value)
        row[0] = orjson.dumps(body)
        if any(name in self._search for name in names):
            row[1] = _cached_search_text(tuple([search_value(body[one]) for one in self._search]))
        return tuple(row)

    def body_bytes(self, key: str, fields: Fields) -> bytes:
        """The record as canonical public JSON, all classes included."""
        body: bytes = self.make(key, fields)[0]
        return body


_SEARCHABLE = ("string", "enum", "strings")


def search_value(value: Any) -> str | None:
    """What of a field's JSON value is searched."""
    return " ".join(value) if isinstance(value, list) else value


def payload_columns(definition: Definition) -> tuple[str, ...]:
    """The columns of `versions` that a payload fills, in its order."""
    columns = ["body", "search"]
    for field in definition.record.values():
        if column_type(field) is not None:
            columns.append(field_column(field.name))
        if is_sorted_text(definition, field):
            columns.append(sort_column(field.name))
    return tuple(columns)


def is_sorted_text(definition: Definition, field: Field) -> bool:
    return field.name in definition.sortable and field.kind == "string"


def _payload_slots(definition: Definition) -> dict[str, list[tuple[int, Callable[[Any], Any]]]]:
    """Of each field: where its columns stand in a payload, and how they are made of a value."""
    columns = payload_columns(definition)
    slots: dict[str, list[tuple[int, Callable[[Any], Any]]]] = {}
    for name, field in definition.record.items():
        found = slots.setdefault(name, [])
        if field_column(name) in columns:
            found.append((columns.index(field_column(name)), column_converter(field) or _same))
        if is_sorted_text(definition, field):
            found.append((columns.index(sort_column(name)), _sort_value))
    return slots


def _same(value: Any) -> Any:
    return value


def _sort_value(value: str) -> str:
    return _cached_sort_key(value)


def _compile_make(definition: Definition, search: tuple[str, ...]) -> Callable[[str, Any], Payload]:
    """A function `(key, get) -> payload` without loops: one line a field. Names come from a checked definition."""
    scope: dict[str, Any] = {
        "dumps": orjson.dumps,
        "sort": _sort_value,
        "search": _cached_search_text,
        "asks": search_value,
    }
    lines, body, columns = ["def make(key, get):"], ['"key": key'], []
    for number, (name, field) in enumerate(definition.record.items()):
        value, shown = f"v{number}", f"j{number}"
        lines.append(f" {value} = get({name!r})")
        scope[f"to_json{number}"], scope[f"to_column{number}"] = json_converter(field), column_converter(field)
        converted = f"None if {value} is None else to_json{number}({value})" if json_converter(field) else value
        lines.append(f" {shown} = {converted}")
        body.append(f"{name!r}: {shown}")
        if column_type(field) is not None:
            columns.append(_column_code(field, value, shown, number))
        if is_sorted_text(definition, field):
            columns.append(f"None if {value} is None else sort({shown})")
    names = list(definition.record)
    texts = "".join(f"asks(j{names.index(name)})," for name in search)
    found = f"search(({texts}))" if search else "None"
    lines.append(f" return (dumps({{{', '.join(body)}}}), {found}, {', '.join(columns)})")
    exec(compile("\n".join(lines), f"<rows of {definition.registry}>", "exec"), scope)  # noqa: S102
    make: Callable[[str, Any], Payload] = scope["make"]
    return make


def _column_code(field: Field, value: str, shown: str, number: int) -> str:
    if field.kind == "string":
        return shown
    return f"None if {value} is None else to_column{number}({value})" if column_converter(field) else value
