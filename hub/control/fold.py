"""How each control event changes the `ControlState`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from hub.control.events import ControlEvent
from hub.control.state import ControlState, DeadLetterDecision, Department, SchemaVersion
from schemas.avro import RecordSchema, parse_record_schema
from schemas.definition import Definition, parse_definition

Facts = dict[str, Any]


def apply(state: ControlState, event: ControlEvent) -> None:
    """Change `state` by `event`; an event already applied (by its number) changes nothing."""
    if event.number <= state.number:
        return
    _APPLY[event.kind](state, event.facts)
    state.number = event.number


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
}


@lru_cache(maxsize=4096)
def _parse_schema(text: str, place: str) -> RecordSchema:
    """Parsed once, however many projections of one process fold the same control log."""
    return parse_record_schema(text, place)


@lru_cache(maxsize=1024)
def _parse_definition(text: str, schemas: tuple[tuple[str, str], ...]) -> Definition:
    return parse_definition(text, {name: _parse_schema(schema, name) for name, schema in schemas})
