"""Writes associations, under the rules of Confluent's registry (8.3): who owns a subject, what is frozen.

A STRONG association is frozen, its subject has the topic's name in the context of its namespace
(`:.namespace:topic-value`) and is made together with its first schema. A WEAK one names a subject that is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.control.claims import ASSOCIATIONS
from hub.control.journal import Change
from hub.schema_registry.association_rules import Decision, Resource, Wish, check_writable
from hub.schema_registry.associations import STRONG, WEAK, Association, AssociationFilter, list_associations
from hub.schema_registry.deleting import delete_subject
from hub.schema_registry.errors import AssociationConflict, NotFound, NotPermitted
from hub.schema_registry.reads import StoredVersion, SubjectState
from hub.schema_registry.registering import register
from hub.schema_registry.store import SchemaStore


@dataclass(frozen=True, slots=True)
class Written:
    """An association that was written, with the version registered for it."""

    association: Association
    version: StoredVersion | None


def associate(
    store: SchemaStore, resource: Resource, wishes: Sequence[Wish], *, creates: bool, dry_run: bool, actor: str
) -> list[Written]:
    """Make what is asked for; with `creates` nothing that is there is changed. What was written.

    Raises `AssociationInvalid`, `AssociationConflict`, and what registering raises.
    """
    decided = store.repeat(lambda: Decision(store, resource, wishes, creates=creates).decide())
    if dry_run:
        return []
    versions = {
        one.association_type: register(store, str(one.subject), one.schema, actor)
        for one in decided.wishes
        if one.schema is not None
    }

    def attempt() -> list[Wish]:
        again = Decision(store, resource, wishes, creates=creates).decide()
        kept = [one for one in again.wishes if one.association_type not in again.standing]
        if kept:
            changes = [_change(resource, one, again.existing) for one in kept]
            store.write(again.states[0], lambda claims: changes, actor, again.also)
        return kept

    kept = {one.association_type for one in store.repeat(attempt)}
    wanted = AssociationFilter(resource_id=resource.id, resource_type=resource.type, association_types=kept)
    found = list_associations(store.engine, wanted) if kept else []
    return [Written(one, versions.get(one.association_type)) for one in found]


def dissociate(
    store: SchemaStore, wanted: AssociationFilter, *, cascades: bool, dry_run: bool, actor: str
) -> list[Association]:
    """Take associations away; `cascades` also takes frozen ones, and the subjects their topics own. What they were.

    Raises `NotFound` (40410), `AssociationConflict` (40908), `NotPermitted`, and what deleting raises.
    """

    def attempt() -> list[Association]:
        found = list_associations(store.engine, wanted)
        if not found:
            raise NotFound(40410, f"Association for '{wanted.resource_id}' not found.")
        also = [ASSOCIATIONS, *(one.subject for one in found)]
        states = [store.state(one.subject, also) for one in found]
        for one, state in zip(found, states, strict=True):
            _check_removable(store, one, state, cascades=cascades)
        if not dry_run:
            changes = [_removal(one) for one in found]
            store.write(states[0], lambda claims: changes, actor, also)
        return found

    gone = store.repeat(attempt)
    if cascades and not dry_run:
        for one in gone:
            _delete_owned(store, one, actor)
    return gone


def _check_removable(store: SchemaStore, one: Association, state: SubjectState, *, cascades: bool) -> None:
    check_writable(store, state)
    if one.frozen and not cascades:
        raise AssociationConflict(
            40908, f"The association of type  '{one.association_type}' is frozen for subject '{one.subject}'"
        )
    if cascades and one.lifecycle == STRONG:
        for version in state.versions:
            if store.reads.list_referrers(state.subject, version.version):
                raise NotPermitted(42206, f"One or more references exist to the schema {state.subject}.")


def _delete_owned(store: SchemaStore, one: Association, actor: str) -> None:
    state = store.reads.state(one.subject)
    if one.lifecycle != STRONG or state.mode == "IMPORT":
        return
    if state.active:
        delete_subject(store, one.subject, permanent=False, actor=actor)
    if state.versions:
        delete_subject(store, one.subject, permanent=True, actor=actor)


def _change(resource: Resource, wish: Wish, existing: dict[str, Association]) -> Change:
    old = existing.get(wish.association_type)
    facts: dict[str, Any] = {
        "resourceId": resource.id,
        "resourceName": old.resource_name if old else resource.name,
        "resourceNamespace": old.resource_namespace if old else resource.namespace,
        "resourceType": resource.type,
        "associationType": wish.association_type,
        "subject": wish.subject,
        "lifecycle": wish.lifecycle or (old.lifecycle if old else WEAK),
        "frozen": wish.frozen if wish.frozen is not None else bool(old and old.frozen),
    }
    return "AssociationSet", facts


def _removal(one: Association) -> Change:
    return "AssociationRemoved", {
        "resourceId": one.resource_id,
        "resourceType": one.resource_type,
        "associationType": one.association_type,
    }
