"""Avro schemas as the hub reads them: one record per event, every field with class, label, doc and unit.

Attribute names in an `.avsc` field: `"class"`, `"label": {"vi", "en"}`, `"doc"`, and `"unit"` (UCUM, or
`VND`, `person` and the like) on every number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import fastavro

from schemas.canonical import full_form
from schemas.defaults import check_defaults
from schemas.errors import AvroInvalid
from schemas.model import Array, AvroType, Enum, Fixed, Primitive, Record, RecordField, Union, parse_type
from schemas.plain import check_plain
from schemas.ranks import class_of

_GUID_SPACE = UUID("5f1e9f5e-7a3f-5c0d-9d39-6d0d2f3b6a11")


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    `kind` is what a value means: string, enum, uuid, int, double, boolean, decimal, date, instant,
    time-of-day (micros or millis since midnight), bytes, strings (an array of strings), json (any
    other array, map or record). `classification` is the strictest of the field and of what it holds.
    `scale` and `precision` are a decimal's; `symbols` an enum's.
    """

    name: str
    kind: str
    nullable: bool
    classification: str | None
    label_vi: str
    label_en: str
    doc: str
    unit: str | None = None
    scale: int = 0
    precision: int = 0
    symbols: tuple[str, ...] = ()
    avro: Any = None


@dataclass(frozen=True, slots=True)
class RecordSchema:
    """A parsed Avro record schema; `text` is its exact JSON, `guid` names its full content."""

    full_name: str
    text: str
    fields: Mapping[str, Field]
    parsed: Any

    @property
    def name(self) -> str:
        return self.full_name.rsplit(".", 1)[-1]

    @property
    def guid(self) -> str:
        return schema_guid(self.text)


def schema_guid(text: str) -> str:
    """A name for the full content of a schema (attributes and logical types included)."""
    return str(uuid5(_GUID_SPACE, full_form(text)))


def parse_record_schema(text: str, place: str = "schema") -> RecordSchema:
    """The record schema in `text`; raises `AvroInvalid` naming the place."""
    document = _read_json(text, place)
    if not isinstance(document, dict) or document.get("type") != "record":
        raise AvroInvalid(place, "an event's schema is a record")
    record = _check(document, place)
    with _placed(place):
        check_plain(document)
    try:
        parsed = fastavro.parse_schema(document)
    except Exception as error:
        raise AvroInvalid(place, f"not an Avro schema: {error}") from error
    fields = {one.name: _field(one, f"{place}/fields/{index}") for index, one in enumerate(record.fields)}
    return RecordSchema(full_name=record.name, text=text, fields=fields, parsed=parsed)


def record_type(schema: RecordSchema) -> Record:
    """The record `schema` declares, as a type with every name resolved."""
    return _check(json.loads(schema.text), schema.full_name)


def _read_json(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise AvroInvalid(place, f"not JSON: {error}") from error
    except RecursionError as error:
        raise AvroInvalid(place, "the schema is nested too deeply") from error


def _check(document: dict[str, Any], place: str) -> Record:
    """The record in `document`, which is sound in itself."""
    with _placed(place):
        avro = parse_type(document)
        check_defaults(avro)
    if not isinstance(avro, Record):
        raise AvroInvalid(place, "an event's schema is a record")
    return avro


@contextmanager
def _placed(place: str) -> Iterator[None]:
    """Says of what is refused within that it stands in `place`."""
    try:
        yield
    except AvroInvalid as error:
        raise AvroInvalid(f"{place}{error.place.rstrip('/')}", error.message) from error
    except RecursionError as error:
        raise AvroInvalid(place, "the schema is nested too deeply") from error


def _field(field: RecordField, place: str) -> Field:
    document = field.document
    label = document.get("label") or {}
    if not isinstance(label, dict):
        raise AvroInvalid(f"{place}/label", 'a label is {"vi": …, "en": …}')
    one, nullable = without_null(field.type)
    decimal = one.logical if kind_of(one) == "decimal" and isinstance(one, Primitive | Fixed) else None
    return Field(
        name=field.name,
        kind=kind_of(one),
        nullable=nullable,
        classification=class_of(field),
        label_vi=label.get("vi", ""),
        label_en=label.get("en", ""),
        doc=document.get("doc", ""),
        unit=document.get("unit"),
        scale=decimal.scale if decimal else 0,
        precision=decimal.precision if decimal else 0,
        symbols=one.symbols if isinstance(one, Enum) else (),
        avro=_json_without_null(document["type"]),
    )


def without_null(avro: AvroType) -> tuple[AvroType, bool]:
    """A field's type and whether null stands beside it; a union of several others stays a union."""
    if not isinstance(avro, Union):
        return avro, False
    others = [one for one in avro.branches if not (isinstance(one, Primitive) and one.type == "null")]
    nullable = len(others) < len(avro.branches)
    return (others[0] if len(others) == 1 else avro), nullable


def _json_without_null(avro: Any) -> Any:
    if not isinstance(avro, list):
        return avro
    others = [one for one in avro if one != "null"]
    return others[0] if len(others) == 1 else others


_LOGICAL = {
    "decimal": "decimal",
    "uuid": "uuid",
    "date": "date",
    "timestamp-micros": "instant",
    "timestamp-millis": "instant",
    "time-micros": "time-of-day",
    "time-millis": "time-of-day",
}
_PRIMITIVE = {
    "string": "string",
    "int": "int",
    "long": "int",
    "float": "double",
    "double": "double",
    "boolean": "boolean",
    "bytes": "bytes",
}


def kind_of(avro: AvroType) -> str:
    """What a value of the type means, in the words of `Field.kind`."""
    match avro:
        case Enum():
            return "enum"
        case Fixed():
            return "decimal" if avro.logical is not None and avro.logical.name == "decimal" else "bytes"
        case Array(items=Primitive(type="string", logical=None)):
            return "strings"
        case Primitive():
            logical = _LOGICAL.get(avro.logical.name) if avro.logical is not None else None
            return logical or _PRIMITIVE.get(avro.type, "json")
    return "json"
