"""Where a publisher finds the schema of an event: the hub's control state, or what was cached of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.log.errors import LogError
from producers.outbox import CachedSchema, Outbox
from schemas.avro import RecordSchema, parse_record_schema
from schemas.definition import Definition


@dataclass(frozen=True, slots=True)
class FoundSchema:
    """The schema of an event type: its id on the wire, its GUID, and the fields that make the key."""

    schema_id: int
    guid: str
    schema: RecordSchema
    key: tuple[str, ...] = ()


class SchemaCatalogue(Protocol):
    """Finds schemas."""

    def find(self, registry: str, event: str) -> FoundSchema | None:
        """The newest schema of the event type `event` of `registry`, or None where the hub knows none."""
        ...


class AcceptedSchema(Protocol):
    """One accepted schema, as `hub.control.state.SchemaVersion` has it."""

    @property
    def id(self) -> int: ...

    @property
    def guid(self) -> str: ...

    @property
    def schema(self) -> RecordSchema: ...


class SchemaState(Protocol):
    """What is read of a control state; `hub.control.state.ControlState` is one."""

    @property
    def subjects(self) -> Mapping[str, Sequence[AcceptedSchema]]: ...

    @property
    def definitions(self) -> Mapping[str, Definition]: ...


class ControlCatalogue:
    """Schemas of a control state; `read` gives the newest one."""

    def __init__(self, read: Callable[[], SchemaState]) -> None:
        self._read = read

    def find(self, registry: str, event: str) -> FoundSchema | None:
        """The newest schema accepted for the event."""
        state = self._read()
        definition = state.definitions.get(registry)
        rule = definition.events.get(event) if definition is not None else None
        versions = state.subjects.get(rule.schema) if rule is not None else None
        if rule is None or not versions:
            return None
        newest = versions[-1]
        return FoundSchema(
            newest.id, newest.guid, newest.schema, rule.key or ((rule.survivor,) if rule.survivor else ())
        )


class CachedCatalogue:
    """Another catalogue, remembered in an outbox: a system goes on publishing while the hub is away."""

    def __init__(self, outbox: Outbox, inner: SchemaCatalogue | None = None) -> None:
        self._outbox = outbox
        self._inner = inner

    def find(self, registry: str, event: str) -> FoundSchema | None:
        """What the hub says; where it cannot be asked, what it said last."""
        try:
            found = self._inner.find(registry, event) if self._inner is not None else None
        except LogError as error:
            if not error.retriable:
                raise
            found = None
        if found is None:
            return self._find_cached(registry, event)
        cached = CachedSchema(found.schema.full_name, found.schema_id, found.guid, found.key, found.schema.text)
        if self._outbox.find_schema(registry, event) != cached:
            self._outbox.keep_schema(registry, event, cached)
        return found

    def _find_cached(self, registry: str, event: str) -> FoundSchema | None:
        cached = self._outbox.find_schema(registry, event)
        if cached is None:
            return None
        return FoundSchema(cached.schema_id, cached.guid, parse_record_schema(cached.text, cached.subject), cached.key)
