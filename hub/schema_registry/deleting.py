"""Deletes versions: softly first, then for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hub.control.claims import ASSOCIATIONS, DEFAULT_CONTEXT, context_of
from hub.schema_registry.associations import AssociationFilter, list_associations
from hub.schema_registry.errors import AssociationConflict, NotFound, NotPermitted, subject_not_found, version_not_found
from hub.schema_registry.lookups import LATEST
from hub.schema_registry.reads import StoredVersion, SubjectState
from hub.schema_registry.store import SchemaStore

Choose = Callable[[SubjectState], Sequence[StoredVersion]]


def delete_version(store: SchemaStore, subject: str, version: int, *, permanent: bool, actor: str) -> int:
    """Delete one version; its number. Raises `NotFound`, `NotPermitted`, `Forbidden`."""

    def choose(state: SubjectState) -> Sequence[StoredVersion]:
        found = _chosen(state, version)
        if permanent and not found.deleted:
            raise NotFound(
                40407,
                f"Subject '{subject}' Version {found.version} was not deleted first before being permanently deleted",
            )
        if not permanent and found.deleted:
            raise NotFound(
                40406,
                f"Subject '{subject}' Version {found.version} was soft deleted."
                "Set permanent=true to delete permanently",
            )
        return [found]

    return _delete(store, subject, choose, permanent=permanent, actor=actor)[0]


def delete_subject(store: SchemaStore, subject: str, *, permanent: bool, actor: str) -> list[int]:
    """Delete every version; their numbers. Raises `NotFound`, `NotPermitted`, `Forbidden`."""

    def choose(state: SubjectState) -> Sequence[StoredVersion]:
        if not state.versions:
            raise subject_not_found(subject)
        if permanent and state.active:
            raise NotFound(40405, f"Subject '{subject}' was not deleted first before being permanently deleted")
        if not permanent and not state.active:
            raise NotFound(40404, f"Subject '{subject}' was soft deleted.Set permanent=true to delete permanently")
        return state.versions if permanent else state.active

    return _delete(store, subject, choose, permanent=permanent, actor=actor, whole=True)


def _chosen(state: SubjectState, version: int) -> StoredVersion:
    if not state.versions:
        raise subject_not_found(state.subject)
    if version == LATEST:
        if not state.active:
            raise version_not_found(version)
        return state.active[-1]
    found = next((one for one in state.versions if one.version == version), None)
    if found is None:
        raise version_not_found(version) if state.active else subject_not_found(state.subject)
    return found


def _delete(
    store: SchemaStore, subject: str, choose: Choose, *, permanent: bool, actor: str, whole: bool = False
) -> list[int]:
    def attempt() -> list[int]:
        state = store.state(subject, (ASSOCIATIONS,))
        store.check_free(state)
        if state.mode in ("READONLY", "READONLY_OVERRIDE"):
            raise NotPermitted(42205, f"Subject {subject} is in read-only mode")
        chosen = choose(state)
        _check_described(store, state, chosen, permanent=permanent, whole=whole)
        _check_unused(store, subject, chosen, permanent=permanent)
        if permanent:
            _check_no_event(store, subject, chosen)
        numbers = [one.version for one in chosen]
        facts = {"subject": subject, "versions": numbers, "permanent": permanent}
        store.write(state, lambda claims: [("SubjectVersionsDeleted", facts)], actor, (ASSOCIATIONS,))
        return numbers

    deleted = store.repeat(attempt)
    store.reads.forget()
    return deleted


def _check_no_event(store: SchemaStore, subject: str, chosen: Sequence[StoredVersion]) -> None:
    """An id that a stored event carries stays readable; other contexts have ids of their own."""
    if context_of(subject) != DEFAULT_CONTEXT:
        return
    gone = {(one.subject, one.version) for one in chosen}
    for schema_id in sorted({one.id for one in chosen}):
        holding = {(one.subject, one.version) for one in store.reads.list_versions_of(DEFAULT_CONTEXT, schema_id)}
        use = store.find_use(schema_id) if holding <= gone else None
        if use is not None:
            raise NotPermitted(
                42205,
                f"Schema {schema_id} of subject '{subject}' cannot be deleted permanently, since stored events carry "
                f"its id: {use}. The log keeps them for ever; the soft deletion hides the version",
            )


def _check_described(
    store: SchemaStore, state: SubjectState, chosen: Sequence[StoredVersion], *, permanent: bool, whole: bool
) -> None:
    """A subject that describes a topic keeps a version that is not deleted."""
    left = [one for one in state.active if one not in chosen]
    if (left or permanent) and not whole:
        return
    if not list_associations(store.engine, AssociationFilter(subject=state.subject)):
        return
    if whole:
        raise AssociationConflict(40904, f"An association already exists for subject '{state.subject}'")
    raise AssociationConflict(40907, f"No active (non-deleted) version exists for subject '{state.subject}'")


def _check_unused(store: SchemaStore, subject: str, chosen: Sequence[StoredVersion], *, permanent: bool) -> None:
    """No other version refers to one of those chosen; those that go with it may."""
    going = {(one.subject, one.version) for one in chosen}
    for one in chosen:
        using = [
            other
            for other in store.reads.list_referrers(subject, one.version)
            if (permanent or not other.deleted) and (other.subject, other.version) not in going
        ]
        if using:
            raise NotPermitted(
                42206,
                f"One or more references exist to the schema {{magic=1,keytype=SCHEMA,subject={subject},"
                f"version={one.version}}}.",
            )
