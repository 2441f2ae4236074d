"""Associations: which subject describes the keys or the values of a resource, a topic. Folded and read.

STRONG: the topic owns the subject. WEAK: it shares it with others.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from hub.control.events import ControlEvent
from hub.schema_registry.tables import associations

STRONG, WEAK = "STRONG", "WEAK"
TOPIC = "topic"
ANY_NAMESPACE = ANY_NAME = "-"
_table = associations.c


@dataclass(frozen=True, slots=True)
class Association:
    """One association; times in microseconds."""

    resource_id: str
    resource_type: str
    association_type: str
    resource_name: str
    resource_namespace: str
    subject: str
    lifecycle: str
    frozen: bool
    guid: str
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class AssociationFilter:
    """What is asked for; what is None or empty takes all."""

    resource_id: str | None = None
    resource_name: str | None = None
    resource_namespace: str | None = None
    subject: str | None = None
    resource_type: str | None = None
    association_types: Collection[str] = ()
    lifecycle: str | None = None


def list_associations(engine: Engine, wanted: AssociationFilter) -> list[Association]:
    """By name, namespace, type of the resource, and what it describes."""
    asked = select(associations)
    named = None if wanted.resource_name == ANY_NAME else wanted.resource_name
    spaced = None if wanted.resource_namespace == ANY_NAMESPACE else wanted.resource_namespace
    for column, value in (
        (_table.resource_id, wanted.resource_id),
        (_table.resource_name, named),
        (_table.resource_namespace, spaced),
        (_table.subject, wanted.subject),
        (_table.resource_type, wanted.resource_type),
        (_table.lifecycle, wanted.lifecycle),
    ):
        if value is not None:
            asked = asked.where(column == value)
    if wanted.association_types:
        asked = asked.where(_table.association_type.in_(list(wanted.association_types)))
    with engine.connect() as connection:
        found = [_association(row) for row in connection.execute(asked)]
    return sorted(found, key=_order)


def has_strong_association(engine: Engine, subject: str) -> bool:
    """Whether a topic owns the subject."""
    return bool(list_associations(engine, AssociationFilter(subject=subject, lifecycle=STRONG)))


def fold_set(connection: Connection, event: ControlEvent) -> None:
    """An association is there from now on, or is as told now."""
    facts = event.facts
    values = {
        "resource_name": facts["resourceName"],
        "resource_namespace": facts["resourceNamespace"],
        "subject": facts["subject"],
        "lifecycle": facts["lifecycle"],
        "frozen": facts["frozen"],
        "updated_at": event.at,
    }
    changed = connection.execute(update(associations).where(*_place(facts)).values(**values))
    if not changed.rowcount:
        key = {name: facts[member] for name, member in _KEY.items()}
        connection.execute(insert(associations).values(**key, **values, guid=event.id, created_at=event.at))


def fold_removed(connection: Connection, event: ControlEvent) -> None:
    """An association is there no more."""
    connection.execute(delete(associations).where(*_place(event.facts)))


_KEY = {"resource_id": "resourceId", "resource_type": "resourceType", "association_type": "associationType"}


def _place(facts: dict[str, Any]) -> list[Any]:
    return [_table[name] == facts[member] for name, member in _KEY.items()]


def _order(one: Association) -> tuple[str, ...]:
    return one.resource_name, one.resource_namespace, one.resource_type, one.association_type, one.resource_id


def _association(row: Row[Any]) -> Association:
    return Association(**{name: getattr(row, name) for name in Association.__dataclass_fields__})
