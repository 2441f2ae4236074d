"""Avro schemas as the hub reads them: one record per event, every field with class, label, doc and unit.

Attribute names in an `.avsc` field: `"class"`, `"label": {"vi", "en"}`, `"doc"`, and `"unit"` (UCUM, or
`VND`, `person` and the like) on every number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import fastavro

from schemas.errors import AvroInvalid

_GUID_SPACE = UUID("5f1e9f5e-7a3f-5c0d-9d39-6d0d2f3b6a11")


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    `kind` is what a value means: string, enum, uuid, int, double, boolean, decimal, date, instant,
    time-of-day (micros or millis since midnight), bytes, strings (an array of strings), json (any
    other array, map or record). `scale` and `precision` are a decimal's; `symbols` an enum's.
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
    canonical = json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return str(uuid5(_GUID_SPACE, canonical))


def parse_record_schema(text: str, place: str = "schema") -> RecordSchema:
    """The record schema in `text`; raises `AvroInvalid` naming the place."""
    try:
        document = json.loads(text)
        parsed = fastavro.parse_schema(document)
    except Exception as error:
        raise AvroInvalid(place, f"not an Avro schema: {error}") from error
    if not isinstance(document, dict) or document.get("type") != "record":
        raise AvroInvalid(place, "an event's schema is a record")
    fields = {one["name"]: _field(one) for one in document["fields"]}
    return RecordSchema(full_name=parsed["name"], text=text, fields=fields, parsed=parsed)


def _field(document: dict[str, Any]) -> Field:
    avro, nullable = _without_null(document["type"])
    label = document.get("label") or {}
    details = avro if isinstance(avro, dict) else {}
    return Field(
        name=document["name"],
        kind=_kind(avro),
        nullable=nullable,
        classification=document.get("class"),
        label_vi=label.get("vi", ""),
        label_en=label.get("en", ""),
        doc=document.get("doc", ""),
        unit=document.get("unit"),
        scale=details.get("scale", 0),
        precision=details.get("precision", 0),
        symbols=tuple(details.get("symbols", ())),
        avro=avro,
    )


def _without_null(avro: Any) -> tuple[Any, bool]:
    if not isinstance(avro, list):
        return avro, False
    others = [one for one in avro if one != "null"]
    return (others[0] if len(others) == 1 else others), "null" in avro


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


def _kind(avro: Any) -> str:
    if isinstance(avro, str):
        return _PRIMITIVE.get(avro, "json")
    if not isinstance(avro, dict):
        return "json"
    logical = _LOGICAL.get(avro.get("logicalType", ""))
    if logical is not None:
        return logical
    if avro["type"] == "enum":
        return "enum"
    if avro["type"] == "array" and avro["items"] == "string":
        return "strings"
    if isinstance(avro["type"], str) and avro["type"] in _PRIMITIVE:
        return _PRIMITIVE[avro["type"]]
    return "json"
