"""A small city for tests: two departments, one registry with every operation, and events told straight to a log.

The registry `places` is written by `culture` (it decides), and by `tourism`, whose word decides for
`PlaceListed` alone; whatever else it says is a claim.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import fastavro
from sqlalchemy import create_engine

from hub.control.state import ControlState
from hub.control.store import ControlStore
from hub.log.interface import Log, NewRecord
from schemas.event import Envelope, organisation_of, to_headers
from schemas.times import OPEN
from schemas.wire import frame

CULTURE = "urn:hue:H57.15:places"
TOURISM = "urn:hue:H57.16:lists"
_WRITERS = {"H57.15": "culture", "H57.16": "tourism"}
SPACE = "vn.hue.test"
DAY = 86_400_000_000
EPOCH = 1_735_689_600_000_000  # 2025-01-01T00:00:00Z


def _field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    described = {"class": "open", "label": {"vi": name, "en": name}, "doc": f"The {name} of the place."}
    optional = {"default": None} if isinstance(kind, list) else {}
    return {"name": name, "type": kind, **described, **optional, **more}


def _schema(name: str, fields: Sequence[dict[str, Any]]) -> str:
    document = {"type": "record", "name": name, "namespace": SPACE, "doc": f"{name} of a test.", "fields": fields}
    return json.dumps(document, ensure_ascii=False)


_STRINGS = {"type": "array", "items": "string"}
_KIND = {"type": "enum", "name": "PlaceKind", "symbols": ["OTHER", "TEMPLE", "HOUSE"], "default": "OTHER"}
_FEE = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
_EDGE = {
    "type": "record",
    "name": "Edge",
    "fields": [{"name": "from", "type": "string"}, {"name": "to", "type": ["null", "string"], "default": None}],
}
_CODE = _field("code", "string")
_BODY = [
    _field("name", "string"),
    _field("kind", _KIND),
    _field("seats", ["null", "int"], unit="person"),
    _field("fee", ["null", _FEE], unit="VND"),
    _field("opened", ["null", {"type": "int", "logicalType": "date"}]),
    _field("seen", ["null", {"type": "long", "logicalType": "timestamp-micros"}]),
    _field("tags", ["null", _STRINGS]),
    _field("covered", ["null", "boolean"]),
]
_PATCHED = [
    _field("name", ["null", "string"]),
    _field("seats", ["null", "int"], unit="person"),
    _field("tags", ["null", _STRINGS]),
]

SCHEMAS = {
    "PlaceRegistered": _schema("PlaceRegistered", [_CODE, *_BODY]),
    "PlaceListed": _schema("PlaceListed", [_CODE, _BODY[0], _BODY[2]]),
    "PlaceChanged": _schema("PlaceChanged", [_CODE, _field("changed", _STRINGS), *_PATCHED]),
    "PlaceClosed": _schema("PlaceClosed", [_CODE, _field("successors", ["null", _STRINGS])]),
    "PlacesFoundSame": _schema("PlacesFoundSame", [_field("kept", "string"), _field("absorbed", _STRINGS)]),
    "PlacesFoundApart": _schema("PlacesFoundApart", [_field("kept", "string"), _field("absorbed", _STRINGS)]),
    "PlaceDivided": _schema("PlaceDivided", [_CODE, _field("parts", _STRINGS)]),
    "PlacesReorganised": _schema(
        "PlacesReorganised", [_field("act", "string"), _field("edges", {"type": "array", "items": _EDGE})]
    ),
}

_DEFINITION = """
registry: {registry}
version: {version}
title: {{vi: Địa điểm, en: Places}}
description: {{vi: Địa điểm thử, en: Places of a test}}
custodian: culture
licence: CC-BY-4.0
attribution: Test
cadence: P1D
limit: P7D
writers: [culture, tourism]
partitions: {partitions}
title_field: name
sortable: [name, seats]
search: [name]
indexes: [name]
signatures: {signatures}
events:
  PlaceRegistered: {{operation: put, key: code}}
  PlaceListed: {{operation: append, key: code}}
  PlaceChanged: {{operation: patch, key: code}}
  PlaceClosed: {{operation: retire, key: code, successors: successors}}
  PlacesFoundSame: {{operation: merge, key: kept, survivor: kept, absorbed: absorbed}}
  PlacesFoundApart: {{operation: separate, key: kept, survivor: kept, absorbed: absorbed}}
  PlaceDivided: {{operation: split, key: code, successors: parts}}
  PlacesReorganised: {{operation: reorganise, key: act, edges: edges}}
authority:
  - {{source: "urn:hue:H57.15:places"}}
  - {{source: "urn:hue:H57.16:lists", events: [PlaceListed]}}
claims:
  - {{source: "urn:hue:H57.16:lists", title: {{vi: Danh sách, en: List}}}}
"""


def definition_text(
    registry: str = "places", *, partitions: int = 2, version: int = 1, signatures: bool = False
) -> str:
    """The YAML of the registry of places under the name `registry`."""
    return _DEFINITION.format(
        registry=registry, partitions=partitions, version=version, signatures=str(signatures).lower()
    )


@dataclass(frozen=True, slots=True)
class Told:
    """One event as a test tells it; `fields` hold Python values, times are microseconds UTC."""

    id: str
    type: str
    key: str
    fields: Mapping[str, Any]
    valid_from: int
    source: str = CULTURE
    valid_to: int = OPEN
    correction: str = "changed"
    corrects: str | None = None
    sequence: int = 0
    happened_at: int = EPOCH


@dataclass(slots=True)
class City:
    """A log with the control plane of the small city in it, and the way to tell events."""

    log: Log
    store: ControlStore
    registry: str
    _sequences: dict[str, int] = field(default_factory=dict)

    @property
    def state(self) -> ControlState:
        return self.store.state

    def tell(self, events: Iterable[Told]) -> None:
        """Append `events` in order, each to its source's topic; a sequence of 0 becomes the next of its source."""
        self.log.append(self.records(events))

    def records(self, events: Iterable[Told]) -> list[NewRecord]:
        """`events` as records of their source's topics."""
        state = self.state
        return [self._record(self._numbered(event), state) for event in events]

    def _numbered(self, event: Told) -> Told:
        if event.sequence:
            return event
        self._sequences[event.source] = self._sequences.get(event.source, 0) + 1
        return replace(event, sequence=self._sequences[event.source])

    def _record(self, event: Told, state: ControlState) -> NewRecord:
        version = state.subjects[f"{SPACE}.{event.type}"][-1]
        buffer = io.BytesIO()
        fastavro.schemaless_writer(buffer, version.schema.parsed, dict(event.fields))
        envelope = Envelope(
            id=event.id,
            source=event.source,
            type=event.type,
            subject=event.key,
            happened_at=event.happened_at,
            sequence=event.sequence,
            dataschema=f"https://hub.example/schemas/{version.guid}",
            valid_from=event.valid_from,
            valid_to=event.valid_to,
            correction=event.correction,
            corrects=event.corrects,
        )
        topic = f"{_WRITERS[organisation_of(event.source)]}.{self.registry}.v1"
        return NewRecord(topic, event.key.encode(), frame(version.id, buffer.getvalue()), to_headers(envelope))


def found_city(log: Log, folder: Path, *, registry: str = "places", partitions: int = 2) -> City:
    """The small city on `log`, its control table in a SQLite file of its own in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{folder / f'control-{registry}.sqlite'}")
    store = ControlStore(engine, log, now=lambda: EPOCH)
    for code, organisation in (("culture", "H57.15"), ("tourism", "H57.16")):
        contact = f"{code}@hue.example"
        store.add_department(code=code, organisation=organisation, name_vi=code, name_en=code, contact=contact)
    store.define_registry(definition_text(registry, partitions=partitions), list(SCHEMAS.values()))
    return City(log, store, registry)


def registered(number: int, key: str, *, valid_from: int = EPOCH, name: str = "", source: str = CULTURE) -> Told:
    """A plain `PlaceRegistered` with the id `event-<number>`."""
    fields = {
        "code": key,
        "name": name or f"Địa điểm {number}",
        "kind": "TEMPLE" if number % 2 else "HOUSE",
        "seats": number % 500,
        "fee": None,
        "opened": None,
        "seen": None,
        "tags": ["Huế", f"t{number % 7}"],
        "covered": number % 3 == 0,
    }
    return Told(f"event-{number}", "PlaceRegistered", key, fields, valid_from, source)


def changed(number: int, key: str, *, valid_from: int, name: str, source: str = CULTURE) -> Told:
    """A `PlaceChanged` that renames `key`."""
    fields = {"code": key, "changed": ["name"], "name": name, "seats": None, "tags": None}
    return Told(f"event-{number}", "PlaceChanged", key, fields, valid_from, source)
