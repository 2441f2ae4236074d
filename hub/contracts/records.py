"""The schema objects of a contract: the record as everyone reads it, and each event in full."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from hub.contracts.definitions import rule_values
from hub.contracts.elements import Json, custom_list, without_empty
from hub.contracts.facts import HubFacts
from hub.contracts.fields import AVRO
from hub.contracts.properties import property_of
from schemas.avro import RecordSchema, record_type
from schemas.definition import KEY_SEPARATOR, Definition, EventRule

RECORD = "record"
_FILLS = ("put", "append", "patch")
# a decimal with more digits is told as text where a number would not be exact
_EXACT_DIGITS = 15
_HEAD = frozenset({"type", "name", "namespace", "fields"})


def record_object(definition: Definition) -> Json:
    """The record with its open fields: what anyone reads at the API. All of it follows from the events."""
    key = record_key(definition)
    said = {rule.type: _properties_by_name(definition, rule) for rule in _filling(definition)}
    wholes = [said[rule.type] for rule in _filling(definition) if rule.operation != "patch"]
    properties = [_record_property(definition, name, list(said.values()), wholes) for name in definition.open_fields]
    return without_empty({
        "id": RECORD,
        "name": definition.registry.replace("-", "_"),
        "logicalType": "object",
        "physicalType": RECORD,
        "businessName": definition.title.vi,
        "description": f"{definition.title.vi} / {definition.title.en}",
        "dataGranularityDescription": f"One record for each {KEY_SEPARATOR.join(key)}, as it is valid now",
        "properties": [one | _key_words(one["name"], key) for one in properties],
        "quality": [_unique(key)] if set(key) <= set(definition.open_fields) else None,
    })  # fmt: skip


def record_key(definition: Definition) -> tuple[str, ...]:
    """The fields that make the record's key."""
    return min(_filling(definition), key=lambda rule: _FILLS.index(rule.operation)).key


def _filling(definition: Definition) -> list[EventRule]:
    return [rule for rule in definition.events.values() if rule.operation in _FILLS]


def _properties_by_name(definition: Definition, rule: EventRule) -> dict[str, Json]:
    fields = record_type(definition.schemas[rule.schema]).fields
    return {one.name: property_of(one) for one in fields}


def _record_property(
    definition: Definition, name: str, said: Sequence[Mapping[str, Json]], wholes: Sequence[Mapping[str, Json]]
) -> Json:
    """The property of the first event that has it; required where every whole record has a value there."""
    told = next(one[name] for one in said if name in one)
    required = bool(wholes) and all(name in one and one[name]["required"] for one in wholes)
    custom = [one for one in told.get("customProperties", []) if one["property"] != AVRO]
    field = definition.record[name]
    inexact = {"logicalType": None} if field.kind == "decimal" and field.precision > _EXACT_DIGITS else {}
    return without_empty(told | inexact | {"required": required, "customProperties": custom})


def _unique(key: Sequence[str]) -> Json:
    return {
        "type": "library",
        "metric": "duplicateValues",
        "arguments": {"properties": list(key)},
        "mustBe": 0,
        "dimension": "uniqueness",
        "description": f"No two records have the same {KEY_SEPARATOR.join(key)}",
    }


def _key_words(name: str, key: Sequence[str]) -> Json:
    return {"primaryKey": True, "primaryKeyPosition": key.index(name) + 1} if name in key else {}


def event_object(definition: Definition, rule: EventRule, facts: HubFacts) -> Json:
    """One event with every field of its Avro schema, and what it does to the record."""
    schema = definition.schemas[rule.schema]
    properties = _properties_by_name(definition, rule).values()
    custom = rule_values(rule) | {"topics": list(definition.topics)} | _registered(schema, facts)
    doc = json.loads(schema.text).get("doc")
    return without_empty({
        "id": rule.type,
        "name": rule.type,
        "logicalType": "object",
        "physicalType": "event",
        "physicalName": schema.full_name,
        "description": doc if isinstance(doc, str) else None,
        "properties": [one | _key_words(one["name"], rule.key) for one in properties],
        "authoritativeDefinitions": [
            {"type": "implementation", "url": facts.schema_url(schema), "description": "The Avro schema"},
            {"type": "canonical", "url": facts.subject_url(schema), "description": "The versions of its subject"},
        ],
        "customProperties": custom_list(custom | {AVRO: _rest(schema) or None}),
    })  # fmt: skip


def _registered(schema: RecordSchema, facts: HubFacts) -> Json:
    found = facts.find_version(schema)
    told: Json = {"subject": schema.full_name, "schemaGuid": schema.guid}
    if found is not None:
        told |= {"schemaId": found.id, "schemaVersion": found.version}
        deprecation = facts.state.deprecations.get((found.subject, found.version))
        if deprecation is not None:
            told["deprecatedFrom"] = deprecation.until
    return told


def _rest(schema: RecordSchema) -> Json:
    """What of the record's JSON the words of a schema object do not tell."""
    document = json.loads(schema.text)
    rest = {name: value for name, value in document.items() if name not in _HEAD}
    if isinstance(rest.get("doc"), str):
        del rest["doc"]
    spelled = {name: document[name] for name in ("name", "namespace") if name in document}
    return rest if spelled == spelled_name(schema.full_name) else rest | spelled


def spelled_name(full_name: str) -> Json:
    """The members `name` and `namespace` of a record."""
    namespace, _, name = full_name.rpartition(".")
    return {"name": name, "namespace": namespace} if namespace else {"name": name}
