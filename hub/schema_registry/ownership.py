"""Who answers for a managed subject, as Confluent `metadata` that is shown with every version.

Properties: registry, owner (organisation of the custodian), ownerName, contact, deprecated.until. Tags: the class of
each field, at the full name of its record and its own name. All of it follows from the registry's definition, the
department, the deprecation and the schema's `class` attributes; it is no part of what a version is, of its GUID or id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.control.governance import Deprecation
from hub.control.state import ControlState, Department, SchemaVersion
from hub.schema_registry.config import json_text
from schemas.avro import RecordSchema, record_type
from schemas.definition import Definition
from schemas.model import Array, AvroType, Map, Record, Union

CLASS_TAG = "class:"
_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class _Grounds:
    """What the metadata of a version follow from."""

    definition: Definition
    department: Department | None
    deprecation: Deprecation | None

    def same(self, other: _Grounds) -> bool:
        """Whether nothing was changed since; the control state keeps what an event does not replace."""
        return (
            self.definition is other.definition
            and self.department is other.department
            and self.deprecation is other.deprecation
        )


class Ownership:
    """Describes versions by the newest control state; remembers what it told."""

    def __init__(self, control: Callable[[], ControlState]) -> None:
        self._control = control
        self._told: dict[int, tuple[_Grounds, str]] = {}

    def metadata_of(self, schema_id: int, subject: str | None = None) -> str:
        """JSON of the metadata of a schema of the default context; empty where no registry names its subject.

        `subject` is the one it was asked for under: a free subject with the same content has none.
        """
        state = self._control()
        version = state.schemas.get(schema_id)
        if version is None or subject not in (None, version.subject):
            return ""
        grounds = _find_grounds(state, version)
        if grounds is None:
            return ""
        known = self._told.get(schema_id)
        if known is None or not known[0].same(grounds):
            if len(self._told) >= _KEPT:
                self._told.clear()
            known = self._told[schema_id] = (grounds, json_text(_metadata(grounds, version.schema)))
        return known[1]

    def stamp(self) -> tuple[Any, ...]:
        """Something else as soon as any metadata are."""
        state = self._control()
        grounds = (state.definitions, state.departments, state.deprecations)
        return len(state.schemas), *(tuple(one.values()) for one in grounds)


def _find_grounds(state: ControlState, version: SchemaVersion) -> _Grounds | None:
    definition = next((one for one in state.definitions.values() if version.subject in one.schemas), None)
    if definition is None:
        return None
    department = state.departments.get(definition.custodian)
    return _Grounds(definition, department, state.deprecations.get((version.subject, version.version)))


def _metadata(grounds: _Grounds, schema: RecordSchema) -> Mapping[str, Any]:
    department, deprecation = grounds.department, grounds.deprecation
    properties = {
        "registry": grounds.definition.registry,
        "owner": department.organisation if department else "",
        "ownerName": department.name_vi if department else "",
        "contact": department.contact if department else "",
        "deprecated.until": deprecation.until if deprecation else "",
    }
    tags = {place: [CLASS_TAG + name] for place, name in _classes(record_type(schema), set())}
    return {"properties": properties, "tags": tags}


def _classes(avro: AvroType, seen: set[str]) -> Iterator[tuple[str, str]]:
    """Full name of the record with the field's own, and the class, of every field that has one."""
    match avro:
        case Record() if avro.name not in seen:
            seen.add(avro.name)
            for one in avro.fields:
                if isinstance(one.document.get("class"), str):
                    yield f"{avro.name}.{one.name}", one.document["class"]
                yield from _classes(one.type, seen)
        case Array():
            yield from _classes(avro.items, seen)
        case Map():
            yield from _classes(avro.values, seen)
        case Union():
            for branch in avro.branches:
                yield from _classes(branch, seen)
