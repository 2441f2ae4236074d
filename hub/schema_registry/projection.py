"""Applies acknowledged control events to the tables, each once and in order, whichever process comes first."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, exists, insert, select, text, update

from hub.control.claims import context_of
from hub.control.events import ControlEvent, decode
from hub.control.governance import draft_context
from hub.control.journal import control_events
from hub.schema_registry.associations import fold_removed, fold_set
from hub.schema_registry.subjects import qualify
from hub.schema_registry.tables import (
    SETTINGS_MARK,
    managed,
    metadata,
    progress,
    references,
    schemas,
    settings,
    versions,
)
from hub.table_creation import create_tables as create_missing
from schemas.stored_text import Content, stored_text

_BATCH = 1000
_KEEP_SCHEMA = text(
    "INSERT INTO schema_contents (context, id, guid, text, refs, metadata, rules) "
    "VALUES (:context, :id, :guid, :text, :refs, :metadata, :rules) ON CONFLICT DO NOTHING"
)
_KEEP_REFERENCE = text(
    "INSERT INTO schema_references (subject, version, to_subject, to_version) "
    "VALUES (:subject, :version, :to_subject, :to_version) ON CONFLICT DO NOTHING"
)
_SET_CONFIG = text(
    "INSERT INTO schema_settings (subject, config) VALUES (:subject, :value) "
    "ON CONFLICT (subject) DO UPDATE SET config = excluded.config"
)
_SET_MODE = text(
    "INSERT INTO schema_settings (subject, mode) VALUES (:subject, :value) "
    "ON CONFLICT (subject) DO UPDATE SET mode = excluded.mode"
)
_SET_MARK = text(
    "INSERT INTO schema_marks (name, number) VALUES (:name, :number) "
    "ON CONFLICT (name) DO UPDATE SET number = excluded.number"
)
_SET_MANAGED = text(
    "INSERT INTO schema_managed (subject, registry) VALUES (:subject, :registry) "
    "ON CONFLICT (subject) DO UPDATE SET registry = excluded.registry"
)


_NEWER = (
    select(control_events.c.value)
    .where(control_events.c.number > bindparam("reached"), control_events.c.log_offset.is_not(None))
    .order_by(control_events.c.number)
    .limit(_BATCH)
)
_LOCK = update(progress).values(one=1).returning(progress.c.applied)
_REACH = update(progress).values(applied=bindparam("reached"))
_DROP_ANSWERS = update(progress).values(purges=progress.c.purges + 1)
_ADD_VERSIONS = insert(versions)


def create_tables(engine: Engine) -> None:
    """Create what is missing; harmless beside another process that does the same."""
    create_missing(engine, metadata)


def apply_acknowledged(connection: Connection) -> int:
    """Apply at most some thousand events; how many there were. The number reached stands in `schema_progress`."""
    reached = _lock_progress(connection)
    events = [decode(value) for (value,) in connection.execute(_NEWER, {"reached": reached})]
    if events:
        _apply(connection, events)
        connection.execute(_REACH, {"reached": events[-1].number})
    return len(events)


def apply_all(connection: Connection) -> None:
    """Apply every event the log has acknowledged."""
    while apply_acknowledged(connection) == _BATCH:
        pass


def _lock_progress(connection: Connection) -> int:
    found = connection.execute(_LOCK).scalar()
    if found is None:
        start = text("INSERT INTO schema_progress (one, applied, purges) VALUES (1, 0, 0) ON CONFLICT DO NOTHING")
        connection.execute(start)
        found = connection.execute(_LOCK).scalar_one()
    return int(found)


def _apply(connection: Connection, events: Sequence[ControlEvent]) -> None:
    """New versions that follow each other go in as one statement; everything else event by event."""
    waiting: list[ControlEvent] = []
    for event in events:
        if event.kind in ("SubjectVersionRegistered", "SchemaRegistered"):
            waiting.append(event)
        elif event.kind in _APPLY:
            _register(connection, waiting)
            waiting = []
            _APPLY[event.kind](connection, event)
            if event.kind in _OF_SETTINGS and event.facts.get("permanent", True):
                connection.execute(_SET_MARK, {"name": SETTINGS_MARK, "number": event.number})
    _register(connection, waiting)


def _register(connection: Connection, events: Sequence[ControlEvent]) -> None:
    if not events:
        return
    rows = [_facts_of(event) for event in events]
    connection.execute(_KEEP_SCHEMA, [schema for schema, _ in rows])
    connection.execute(_ADD_VERSIONS, [version for _, version in rows])
    targets = [
        {"subject": version["subject"], "version": version["version"], "to_subject": to, "to_version": number}
        for (_, version), event in zip(rows, events, strict=True)
        for to, number in _targets(event)
    ]
    if targets:
        connection.execute(_KEEP_REFERENCE, targets)


def _targets(event: ControlEvent) -> set[tuple[str, int]]:
    context = context_of(event.facts["subject"])
    return {(qualify(context, one["subject"]), one["version"]) for one in event.facts.get("references", ())}


def _facts_of(event: ControlEvent) -> tuple[dict[str, Any], dict[str, Any]]:
    facts = event.facts
    context = context_of(facts["subject"])
    version = {
        "context": context,
        "subject": facts["subject"],
        "version": facts["version"],
        "id": facts["id"],
        "deleted": False,
        "at": event.at,
    }
    if event.kind == "SchemaRegistered":
        written = stored_text(json.loads(facts["text"]))
        schema = {"guid": Content(written).guid, "text": written, "refs": "", "metadata": "", "rules": ""}
    else:
        refs = facts["references"]
        schema = {
            "guid": facts["guid"],
            "text": facts["text"],
            "refs": json.dumps(refs, ensure_ascii=False) if refs else "",
            "metadata": facts["metadata"] or "",
            "rules": facts["ruleSet"] or "",
        }
    return {"context": context, "id": facts["id"], **schema}, version


def _delete_versions(connection: Connection, event: ControlEvent) -> None:
    facts = event.facts
    table = versions.c
    chosen = (table.subject == facts["subject"]) & table.version.in_(facts["versions"])
    if not facts["permanent"]:
        connection.execute(update(versions).where(chosen).values(deleted=True))
        connection.execute(_DROP_ANSWERS)
        return
    ids = list(connection.execute(select(table.id).where(chosen)).scalars())
    connection.execute(delete(versions).where(chosen))
    gone = references.c
    connection.execute(delete(references).where(gone.subject == facts["subject"], gone.version.in_(facts["versions"])))
    _forget_unused(connection, context_of(facts["subject"]), ids)
    if connection.execute(select(table.version).where(table.subject == facts["subject"]).limit(1)).first() is None:
        connection.execute(delete(settings).where(settings.c.subject == facts["subject"]))
    connection.execute(_DROP_ANSWERS)


def _forget_unused(connection: Connection, context: str, ids: Sequence[int]) -> None:
    """Forget the contents of `ids` that no version has any more."""
    using = (versions.c.context == schemas.c.context) & (versions.c.id == schemas.c.id)
    unused = (schemas.c.context == context) & schemas.c.id.in_(ids) & ~exists().where(using)
    connection.execute(delete(schemas).where(unused))


def _restore_versions(connection: Connection, event: ControlEvent) -> None:
    facts = event.facts
    chosen = (versions.c.subject == facts["subject"]) & versions.c.version.in_(facts["versions"])
    connection.execute(update(versions).where(chosen).values(deleted=False))
    connection.execute(_DROP_ANSWERS)


def _draft(connection: Connection, event: ControlEvent) -> None:
    """The drafts of a proposal take the place of those of its earlier revision."""
    facts = event.facts
    context = draft_context(facts["proposal"])
    if facts["revision"] > 1:
        connection.execute(delete(versions).where(versions.c.context == context))
        connection.execute(delete(schemas).where(schemas.c.context == context))
        connection.execute(_DROP_ANSWERS)
    drafts = [{**one, "subject": qualify(context, one["subject"])} for one in facts["drafts"]]
    _register(connection, [replace(event, kind="SchemaRegistered", facts=one) for one in drafts])


def _configure(connection: Connection, event: ControlEvent) -> None:
    connection.execute(_SET_CONFIG, {"subject": event.facts["subject"], "value": event.facts["config"]})


def _set_mode(connection: Connection, event: ControlEvent) -> None:
    connection.execute(_SET_MODE, {"subject": event.facts["subject"], "value": event.facts["mode"]})


def _define(connection: Connection, event: ControlEvent) -> None:
    facts = event.facts
    rows = [{"subject": name, "registry": facts["registry"]} for name in sorted(facts["schemas"])]
    before = {name for (name,) in connection.execute(select(managed.c.subject))}
    # what was set while the subject was free does not hold for a managed one
    connection.execute(delete(settings).where(settings.c.subject.in_(set(facts["schemas"]) - before)))
    connection.execute(delete(managed).where(managed.c.registry == facts["registry"]))
    if rows:
        connection.execute(_SET_MANAGED, rows)


_OF_SETTINGS = frozenset({"SubjectConfigured", "SubjectModeSet", "SubjectVersionsDeleted", "RegistryDefined"})
_APPLY: dict[str, Callable[[Connection, ControlEvent], None]] = {
    "SubjectVersionsDeleted": _delete_versions,
    "VersionsRestored": _restore_versions,
    "SubjectConfigured": _configure,
    "SubjectModeSet": _set_mode,
    "RegistryDefined": _define,
    "ProposalMade": _draft,
    "AssociationSet": fold_set,
    "AssociationRemoved": fold_removed,
}
