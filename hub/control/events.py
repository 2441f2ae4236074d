"""Control events as bytes: Avro single-object encoding with schemas packaged here.

Single-object encoding: C3 01, the CRC-64-AVRO fingerprint of the writer's schema (8 bytes, little
endian), the body (Avro specification 1.12, "Single-object encoding").
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

from hub.control.errors import ControlUnreadable

CONTROL_TOPIC = "hub.control"
_MARKER = b"\xc3\x01"
_NEWEST = "control-event.v3.avsc"
_HEAD_BYTES = 10


@dataclass(frozen=True, slots=True)
class ControlEvent:
    """One change: `kind` is the name of its record, `facts` its fields. `at` in microseconds UTC."""

    number: int
    id: str
    at: int
    actor: str
    kind: str
    facts: dict[str, Any]


def encode(event: ControlEvent) -> bytes:
    """The bytes that stand in the log."""
    mark, schema = _schemas()[_NEWEST]
    buffer = io.BytesIO()
    buffer.write(_MARKER + mark)
    document = {
        "number": event.number,
        "id": event.id,
        "at": event.at,
        "actor": event.actor,
        "change": (f"hub.control.{event.kind}", event.facts),
    }
    fastavro.schemaless_writer(buffer, schema, document, strict=True)
    return buffer.getvalue()


def decode(data: bytes) -> ControlEvent:
    """The event in `data`; raises `ControlUnreadable`."""
    schema = next((schema for mark, schema in _schemas().values() if data[:_HEAD_BYTES] == _MARKER + mark), None)
    if schema is None:
        raise ControlUnreadable(
            "a record of hub.control has a schema this version of the hub does not know: update the hub"
        )
    document: Any = fastavro.schemaless_reader(io.BytesIO(data[_HEAD_BYTES:]), schema, None, return_record_name=True)
    kind, facts = document["change"]
    return ControlEvent(
        number=document["number"],
        id=document["id"],
        at=document["at"],
        actor=document["actor"],
        kind=kind.rsplit(".", 1)[-1],
        facts=facts,
    )


@cache
def _schemas() -> dict[str, tuple[bytes, Any]]:
    """Every packaged version of the schema with its fingerprint, by file name."""
    found = {}
    for file in sorted((files("hub.control") / "avsc").iterdir(), key=lambda one: one.name):
        document = json.loads(file.read_text(encoding="utf-8"))
        mark = bytes.fromhex(fingerprint(to_parsing_canonical_form(document), "CRC-64-AVRO"))
        found[file.name] = (mark, fastavro.parse_schema(_without_logical(document)))
    return found


def _without_logical(document: Any) -> Any:
    """The schema without logical types: times stay whole microseconds."""
    if isinstance(document, dict):
        return {name: _without_logical(value) for name, value in document.items() if name != "logicalType"}
    if isinstance(document, list):
        return [_without_logical(one) for one in document]
    return document
