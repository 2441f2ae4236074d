"""Which fields a rehearsal's report may tell values of, and which become public by the candidate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from schemas.avro import RecordSchema, record_type
from schemas.classes import OPEN, class_changes, find_field_class, records_in
from schemas.definition import Definition, EventRule
from schemas.model import Record, RecordField

MASK = "***"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Published:
    """A field that anyone may read under the candidate and not before; `path` is dotted where it is nested."""

    path: str
    old: str | None
    new: str | None


class Openness:
    """The fields whose values may be told: those open in the live definition and in the candidate alike."""

    def __init__(self, live: Definition, candidate: Definition) -> None:
        self._open = _open_names(live) & _open_names(candidate)

    def allows(self, name: str) -> bool:
        """Whether values of the field `name` may be told."""
        return name in self._open

    def shown(self, name: str, value: Any) -> Any:
        """`value` of the field, cut where it is long, or the mask."""
        if not self.allows(name):
            return MASK
        told = value if isinstance(value, str) else str(value)
        if len(told) <= _LONGEST:
            return value
        return f"{told[:_LONGEST]}…"


def list_published(live: Definition, candidate: Definition) -> list[Published]:
    """The fields that become public: by their class, by that of a field around them, or by another name."""
    found: dict[str, Published] = {}
    for name, one in candidate.record.items():
        old = live.record[name].classification if name in live.record else OPEN
        if one.classification == OPEN != old:
            found[name] = Published(name, old, OPEN)
    for rule in candidate.events.values():
        new = candidate.schemas[rule.schema]
        for old_schema in _schemas_before(live, rule):
            for change in class_changes(new, old_schema):
                if change.new == OPEN and _is_public(candidate, new, change.path):
                    found.setdefault(change.path, Published(change.path, change.old, change.new))
    return [found[path] for path in sorted(found)]


def _schemas_before(live: Definition, rule: EventRule) -> Iterator[RecordSchema]:
    """What the event was written with, and what stood under the name of its schema."""
    before = live.events.get(rule.type)
    names = {rule.schema, before.schema if before is not None else rule.schema}
    yield from (live.schemas[name] for name in sorted(names) if name in live.schemas)


def _is_public(definition: Definition, schema: RecordSchema, path: str) -> bool:
    """Whether everything on the way to the field is open, for every event."""
    top = definition.record.get(path.split(".")[0])
    _, strictest = find_field_class(schema, path)
    return strictest == OPEN and (top is None or top.classification == OPEN)


def _open_names(definition: Definition) -> set[str]:
    """The names (aliases too) of fields that are open with all they hold, in every schema that has them."""
    names: dict[str, bool] = {}
    for schema in definition.schemas.values():
        for field in record_type(schema).fields:
            for name in (field.name, *field.aliases):
                names[name] = names.get(name, True) and _is_open(field)
    return {name for name, is_open in names.items() if is_open}


def _is_open(field: RecordField) -> bool:
    return field.document.get("class") == OPEN and all(
        one.document.get("class") in (None, OPEN) for one in _nested(records_in(field.type), set())
    )


def _nested(records: Iterable[Record], seen: set[int]) -> Iterator[RecordField]:
    for record in records:
        if id(record) not in seen:
            seen.add(id(record))
            for field in record.fields:
                yield field
                yield from _nested(records_in(field.type), seen)
