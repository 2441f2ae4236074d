"""Schemas in a line or two."""

from __future__ import annotations

import json
from typing import Any

from schemas.avro import RecordSchema, parse_record_schema


def field(name: str, avro: Any, **attributes: Any) -> dict[str, Any]:
    """A field with everything lint asks for; attributes given as `...` are left out."""
    whole = {
        "name": name,
        "type": avro,
        "class": "open",
        "label": {"vi": "Tên", "en": "Name"},
        "doc": "What it says.",
    } | attributes
    return {key: value for key, value in whole.items() if value is not ...}


def record(*fields: dict[str, Any], name: str = "PlaceNamed", **attributes: Any) -> RecordSchema:
    """The schema of an event with these fields."""
    document = {"type": "record", "name": name, "namespace": "test.places", "doc": "A place was named.", **attributes}
    return parse_record_schema(json.dumps(document | {"fields": list(fields)}))


def one_field(avro: Any, **attributes: Any) -> RecordSchema:
    """The schema of an event with the single field `value`."""
    return record(field("value", avro, **attributes))
