"""A small registry of places, as its control state: what the producers' tests publish to."""

from __future__ import annotations

import json
from typing import Any

from hub.control.state import ControlState, Department, SchemaVersion
from schemas.avro import parse_record_schema
from schemas.definition import parse_definition

SOURCE = "urn:hue:H57.15:register"
TOPIC = "culture.places.v1"

DEFINITION = """
registry: places
version: 1
title: {vi: "Địa điểm", en: "Places"}
description: {vi: "Địa điểm", en: "Places"}
custodian: culture
licence: "open"
attribution: "Culture"
cadence: P30D
limit: P90D
writers: [culture]
events:
  PlaceListed: {operation: put, key: code}
  PlaceChanged: {operation: patch, key: code}
  PlaceRetired: {operation: retire, key: code}
title_field: name
sortable: [name]
search: [name]
indexes: [name]
"""


def _field(name: str, avro: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": avro, "class": "open", "label": {"vi": name, "en": name}, "doc": name, **more}


def _optional(name: str, avro: Any, **more: Any) -> dict[str, Any]:
    return _field(name, ["null", avro], default=None, **more)


def _record(name: str, fields: list[dict[str, Any]]) -> str:
    return json.dumps({"type": "record", "name": name, "namespace": "test.places", "doc": name, "fields": fields})


_DETAILS = [
    _optional("price", "long", unit="VND"),
    _optional("since", {"type": "int", "logicalType": "date"}),
    _optional("area", {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}, unit="ha"),
]
SCHEMAS = (
    _record("PlaceListed", [_field("code", "string"), _field("name", "string"), *_DETAILS]),
    _record(
        "PlaceChanged",
        [
            _field("code", "string"),
            _field("changed", {"type": "array", "items": "string"}),
            _optional("name", "string"),
            *_DETAILS,
        ],
    ),
    _record("PlaceRetired", [_field("code", "string"), _optional("reason", "string")]),
)


def places_state() -> ControlState:
    """The control state with the registry `places` and the departments culture (H57.15) and health (H57.20)."""
    state = ControlState()
    for number, text in enumerate(SCHEMAS, start=1):
        schema = parse_record_schema(text)
        version = SchemaVersion(schema.full_name, 1, number, schema.guid, schema)
        state.schemas[number] = version
        state.schema_ids[schema.guid] = number
        state.subjects[schema.full_name] = [version]
    schemas = {version.subject: version.schema for version in state.schemas.values()}
    state.definitions["places"] = parse_definition(DEFINITION, schemas)
    for code, organisation in (("culture", "H57.15"), ("health", "H57.20")):
        state.departments[code] = Department(code, organisation, code, code, "x@example.org")
    return state
