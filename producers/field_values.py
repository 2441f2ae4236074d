"""A field's value as JSON and back: what a snapshot keeps, what the API shows, what the intake is sent.

JSON of a value: instants RFC 3339 in UTC, dates ISO, times of day `HH:MM:SS`, decimals as exact text,
bytes base64. From JSON, a decimal may also be a number.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from producers.errors import EventInvalid
from schemas.avro import RecordSchema
from schemas.times import format_instant, from_micros, parse_instant, to_micros

Fields = Mapping[str, Any]
_PLAIN = frozenset({str, int, float, bool, type(None)})  # JSON has these as they are; most values are


def to_json_fields(fields: Fields) -> dict[str, Any]:
    """`fields` as JSON values; nulls, empty texts and empty lists are left out, for they say the same."""
    return {name: to_json(value) for name, value in fields.items() if value is not None and value not in ("", [])}


def to_json(value: Any) -> Any:
    """One value as JSON."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Mapping):
        return {name: to_json(one) for name, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    for kind, convert in _TO_JSON:
        if isinstance(value, kind):
            return convert(value)
    return value


def key_text(value: Any) -> str:
    """A value as it stands in a key: as in JSON, numbers in decimal."""
    return str(to_json(value))


_TO_JSON: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (datetime, lambda value: format_instant(to_micros(value))),
    (date, lambda value: value.isoformat()),
    (time, lambda value: value.strftime("%H:%M:%S")),
    (Decimal, lambda value: _decimal_text(value)),
    (bytes, lambda value: base64.b64encode(value).decode("ascii")),
    (UUID, str),
)


def _decimal_text(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def from_json_fields(schema: RecordSchema, document: Fields) -> dict[str, Any]:
    """The values of `document` (JSON) as the encoder of `schema` takes them; `EventInvalid` names the field."""
    values = {}
    for name, value in document.items():
        field = schema.fields.get(name)
        if field is None:
            raise EventInvalid(f"is no field of {schema.name}; those are {', '.join(schema.fields)}", field=name)
        values[name] = _converted(field.avro, value, name)
    return values


def _converted(avro: Any, value: Any, place: str) -> Any:
    try:
        return from_json(avro, value)
    except (ValueError, InvalidOperation, binascii.Error) as error:
        raise EventInvalid(str(error) or "cannot be read", field=place) from error


def from_json(avro: Any, value: Any) -> Any:
    """`value` (JSON) as a value of the Avro type `avro`; what is not text of a logical type passes."""
    if value is None:
        return None
    if isinstance(avro, list):
        others = [one for one in avro if one != "null"]
        return from_json(others[0], value) if len(others) == 1 else value
    if not isinstance(avro, dict):
        return _bytes(value) if avro == "bytes" else value
    reader = _LOGICAL.get(avro.get("logicalType", ""))
    return reader(value) if reader is not None else _from_nested(avro, value)


def _from_nested(avro: Mapping[str, Any], value: Any) -> Any:
    if avro["type"] == "array" and isinstance(value, list):
        return [from_json(avro["items"], one) for one in value]
    if avro["type"] == "map" and isinstance(value, dict):
        return {name: from_json(avro["values"], one) for name, one in value.items()}
    if avro["type"] == "record" and isinstance(value, dict):
        kinds = {one["name"]: one["type"] for one in avro["fields"]}
        return {name: from_json(kinds.get(name), one) for name, one in value.items()}
    return from_json(avro["type"], value) if avro["type"] != "enum" else value


def _bytes(value: Any) -> Any:
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


def _decimal(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    return Decimal(str(value))


def _text(read: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda value: read(value) if isinstance(value, str) else value


_LOGICAL: Mapping[str, Callable[[Any], Any]] = {
    "decimal": _decimal,
    "date": _text(date.fromisoformat),
    "time-micros": _text(time.fromisoformat),
    "time-millis": _text(time.fromisoformat),
    "timestamp-micros": _text(lambda text: from_micros(parse_instant(text))),
    "timestamp-millis": _text(lambda text: from_micros(parse_instant(text))),
    "uuid": lambda value: value,
}
