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
from typing import Any, NamedTuple

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

from hub.control.errors import ControlUnreadable

CONTROL_TOPIC = "hub.control"
_MARKER = b"\xc3\x01"
_NEWEST = "control-event.v3.avsc"
_HEAD_BYTES = 10
_REGISTRATION = "hub.control.SubjectVersionRegistered"
_HEAD_FIELDS = ["number", "id", "at", "actor", "change"]
_FIRST_FIELDS = [("subject", "string"), ("version", "int"), ("id", "int"), ("guid", "string")]


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


class Registration(NamedTuple):
    """What a `SubjectVersionRegistered` tells that a registry is concerned with."""

    number: int
    subject: str
    version: int
    id: int
    guid: str


def find_registration(data: bytes) -> Registration | None:
    """What `data` tells of a new version of a free subject, None for every other event.

    There may be many of these; decoding the text and all else of each would take most of the time of a fold.
    """
    branch = _registration_branches().get(data[:_HEAD_BYTES])
    if branch is None:
        return None
    number, at = _read_whole(data, _HEAD_BYTES)
    at = _end_of_text(data, at)
    while data[at] > 127:
        at += 1
    at = _end_of_text(data, at + 1)
    chosen, at = _read_whole(data, at)
    if chosen != branch:
        return None
    subject, at = _read_text(data, at)
    version, at = _read_whole(data, at)
    schema_id, at = _read_whole(data, at)
    return Registration(number, subject, version, schema_id, _read_text(data, at)[0])


def _read_whole(data: bytes, at: int) -> tuple[int, int]:
    """An Avro int or long, and where it ends."""
    found = shift = 0
    while True:
        byte = data[at]
        at += 1
        found |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (found >> 1) ^ -(found & 1), at
        shift += 7


def _read_text(data: bytes, at: int) -> tuple[str, int]:
    size, at = _read_whole(data, at)
    return data[at : at + size].decode(), at + size


def _end_of_text(data: bytes, at: int) -> int:
    size, at = _read_whole(data, at)
    return at + size


@cache
def _registration_branches() -> dict[bytes, int]:
    """Which branch of `change` is a `SubjectVersionRegistered`, by what an event begins with, as far as its fields
    begin as they are read here."""
    found = {}
    for mark, schema in _schemas().values():
        fields = {one["name"]: one["type"] for one in schema["fields"]}
        for place, branch in enumerate(fields["change"]):
            if branch["name"] == _REGISTRATION and list(fields) == _HEAD_FIELDS:
                first = [(one["name"], one["type"]) for one in branch["fields"][: len(_FIRST_FIELDS)]]
                if first == _FIRST_FIELDS:
                    found[_MARKER + mark] = place
    return found


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
