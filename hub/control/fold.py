"""How each control event changes the `ControlState`."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from hub.control.events import ControlEvent, decode, find_registration
from hub.control.governance_fold import GOVERNANCE
from hub.control.state import ControlState, DeadLetterDecision, Department, SchemaVersion
from schemas.avro import RecordSchema, parse_record_schema
from schemas.definition import Definition, parse_definition
from schemas.stored_text import Content, stored_text

Facts = dict[str, Any]
CONTEXT_MARK = ":."  # what a subject outside the default context begins with


def apply(state: ControlState, event: ControlEvent) -> None:
    """Change `state` by `event`; an event already applied (by its number) changes nothing."""
    if event.number <= state.number:
        return
    if event.kind in GOVERNANCE:
        GOVERNANCE[event.kind](state, event)
    else:
        _APPLY[event.kind](state, event.facts)
    state.number = event.number


def apply_encoded(state: ControlState, data: bytes) -> None:
    """Change `state` by the event in `data`; of new versions of free subjects no more is decoded than it takes."""
    made = find_registration(data)
    if made is None:
        apply(state, decode(data))
    elif made.number > state.number:
        if not made.subject.startswith(CONTEXT_MARK):
            _note_schema(state, made.subject, made.version, made.id, guid=made.guid)
        state.number = made.number


def _schema_registered(state: ControlState, facts: Facts) -> None:
    version = SchemaVersion(
        subject=facts["subject"],
        version=facts["version"],
        id=facts["id"],
        guid=facts["guid"],
        schema=_parse_schema(facts["text"], facts["subject"]),
    )
    state.schemas[version.id] = version
    state.schema_ids[version.guid] = version.id
    state.subjects.setdefault(version.subject, []).append(version)
    _note_schema(state, version.subject, version.version, version.id, guid=content_guid(facts["text"]))


def _note_schema(state: ControlState, subject: str, version: int, schema_id: int, *, guid: str) -> None:
    state.last_schema_id = max(state.last_schema_id, schema_id)
    state.content_ids.setdefault(guid, schema_id)
    state.last_versions[subject] = max(state.last_versions.get(subject, 0), version)


def _subject_version_registered(state: ControlState, facts: Facts) -> None:
    """Free subjects have no part in registries; only their ids, contents and versions are taken."""
    if not facts["subject"].startswith(CONTEXT_MARK):
        _note_schema(state, facts["subject"], facts["version"], facts["id"], guid=facts["guid"])


def _versions_deleted(state: ControlState, facts: Facts) -> None:
    if facts["subject"] in state.subjects and not facts["permanent"]:
        state.deleted_versions.update((facts["subject"], version) for version in facts["versions"])


def _versions_restored(state: ControlState, facts: Facts) -> None:
    state.deleted_versions.difference_update((facts["subject"], version) for version in facts["versions"])


def _subject_configured(state: ControlState, facts: Facts) -> None:
    """Of a subject's settings only the level of managed ones is asked for here."""
    if facts["subject"] not in state.subjects:
        return
    level = json.loads(facts["config"] or "{}").get("compatibilityLevel")
    if level is None:
        state.subject_levels.pop(facts["subject"], None)
    else:
        state.subject_levels[facts["subject"]] = level


def _of_the_schema_registry(state: ControlState, facts: Facts) -> None:
    """Changes nothing a registry is folded by."""


def _registry_defined(state: ControlState, facts: Facts) -> None:
    schemas = tuple((name, state.schemas[number].schema) for name, number in sorted(facts["schemas"].items()))
    definition = _parse_definition(facts["text"], tuple((name, schema.text) for name, schema in schemas))
    state.definitions[facts["registry"]] = definition
    state.definition_texts[facts["registry"]] = facts["text"]


def _department_added(state: ControlState, facts: Facts) -> None:
    state.departments[facts["code"]] = Department(
        code=facts["code"],
        organisation=facts["organisation"],
        name_vi=facts["nameVi"],
        name_en=facts["nameEn"],
        contact=facts["contact"],
    )


def _token_issued(state: ControlState, facts: Facts) -> None:
    state.tokens[facts["sha256"]] = facts["department"]


def _token_revoked(state: ControlState, facts: Facts) -> None:
    state.tokens.pop(facts["sha256"], None)


def _key_registered(state: ControlState, facts: Facts) -> None:
    state.keys[facts["keyId"]] = (facts["organisation"], facts["publicKey"])


def _key_revoked(state: ControlState, facts: Facts) -> None:
    state.keys.pop(facts["keyId"], None)


def _decided(decision: str) -> Callable[[ControlState, Facts], None]:
    def decide(state: ControlState, facts: Facts) -> None:
        made = DeadLetterDecision(
            registry=facts["registry"],
            topic=facts["topic"],
            partition=facts["partition"],
            offset=facts["offset"],
            decision=decision,
            note=facts["note"],
        )
        state.decisions[(made.registry, made.topic, made.partition, made.offset)] = made

    return decide


_APPLY: dict[str, Callable[[ControlState, Facts], None]] = {
    "SchemaRegistered": _schema_registered,
    "RegistryDefined": _registry_defined,
    "DepartmentAdded": _department_added,
    "TokenIssued": _token_issued,
    "TokenRevoked": _token_revoked,
    "KeyRegistered": _key_registered,
    "KeyRevoked": _key_revoked,
    "DeadLetterRetried": _decided("retried"),
    "DeadLetterDiscarded": _decided("discarded"),
    "SubjectVersionRegistered": _subject_version_registered,
    "SubjectVersionsDeleted": _versions_deleted,
    "VersionsRestored": _versions_restored,
    "SubjectConfigured": _subject_configured,
    "SubjectModeSet": _of_the_schema_registry,
    "AssociationSet": _of_the_schema_registry,
    "AssociationRemoved": _of_the_schema_registry,
}


@lru_cache(maxsize=4096)
def content_guid(text: str) -> str:
    """The GUID of a registry's schema by the identity of the schema registry."""
    return Content(stored_text(json.loads(text))).guid


@lru_cache(maxsize=4096)
def _parse_schema(text: str, place: str) -> RecordSchema:
    """Parsed once, however many projections of one process fold the same control log."""
    return parse_record_schema(text, place)


@lru_cache(maxsize=1024)
def _parse_definition(text: str, schemas: tuple[tuple[str, str], ...]) -> Definition:
    return parse_definition(text, {name: _parse_schema(schema, name) for name, schema in schemas})
