"""A data contract of the Open Data Contract Standard (3.x) as a registry definition and its Avro schemas.

A contract that `hub.contracts.odcs` wrote says what each event does, and comes back as it was: definition and
schemas. Of a contract from elsewhere, one schema object becomes the record and three events are made for it
(`hub.contracts.foreign`); what it does not say and a registry needs is told with the place and what to add.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from hub.contracts.definitions import RULE_WORDS
from hub.contracts.elements import Json, Problems, custom_values, find_text, list_elements
from hub.contracts.errors import ContractInvalid, Problem
from hub.contracts.fields import AVRO, field_of
from hub.contracts.foreign import foreign_events
from hub.contracts.head import read_head
from hub.contracts.properties import SHAPE, property_of
from hub.contracts.records import RECORD, record_object, spelled_name
from schemas.avro import RecordSchema, parse_record_schema, record_type
from schemas.definition import Definition, parse_definition
from schemas.document import parse_document
from schemas.errors import AvroInvalid, DefinitionError

Placed = list[tuple[str, Json]]
# what of the record a contract repeats from its events
_REPEATED = ("name", "businessName", "description", "classification", "primaryKey", "primaryKeyPosition", *SHAPE)


def import_contract(text: str, *, record: str | None = None) -> tuple[str, list[str]]:
    """The text of the definition, and of each Avro schema, that the contract in YAML (or JSON) `text` means.

    `record` names the schema object to import where a contract from elsewhere has several. Raises
    `ContractInvalid` with everything that is wrong or missing, `ContractAmbiguous`.
    """
    try:
        return _imported(text, record)
    except RecursionError as error:
        raise ContractInvalid([Problem("", "nested too deeply, or within itself")]) from error


def _imported(text: str, record: str | None) -> tuple[str, list[str]]:
    problems = Problems()
    document = _read(text)
    objects = list(list_elements(document, "schema", "", problems))
    events = [(path, one) for path, one in objects if "operation" in custom_values(one)]
    head = read_head(document, problems)
    if not events:
        events = foreign_events(objects, head, record, problems)
        problems.raise_found()
    texts = [_schema_of(path, one, problems) for path, one in events]
    problems.raise_found()
    head["events"] = {one["name"]: _rule(one) for _, one in events}
    return _checked(head, events, objects, texts)


def _read(text: str) -> Json:
    try:
        document = dict(parse_document(text, "contract").values)
    except DefinitionError as error:
        raise ContractInvalid([Problem("", str(error).removeprefix("contract: "))]) from error
    if document.get("kind") != "DataContract" or not str(document.get("apiVersion", "")).startswith("v3."):
        message = "a contract begins with kind: DataContract and apiVersion: v3.1.0 (or another of version 3)"
        raise ContractInvalid([Problem("kind", message)])
    return document


def _rule(event: Json) -> Json:
    """What the event does, in the words of a definition."""
    custom = custom_values(event)
    rule = {name: custom[name] for name in RULE_WORDS if custom.get(name) is not None}
    rule["schema"] = event["physicalName"]
    key = sorted(
        (one for one in event.get("properties", []) if one.get("primaryKey") is True),
        key=lambda one: one.get("primaryKeyPosition", 0),
    )
    return rule | ({"key": [one["name"] for one in key]} if key else {})


def _schema_of(path: str, event: Json, problems: Problems) -> str:
    """The text of the event's Avro schema."""
    for name in ("name", "physicalName"):
        if find_text(event, name) is None:
            problems.add(f"{path}.{name}", "an event needs its name, and as physicalName the full name of its schema")
            return ""
    properties = list(list_elements(event, "properties", path, problems))
    if not all(_is_position(place, one, problems) for place, one in properties):
        return ""
    rest = custom_values(event).get(AVRO, {})
    rest = rest if isinstance(rest, dict) else {}
    named = {} if "name" in rest else spelled_name(event["physicalName"])
    doc = {"doc": event["description"]} if isinstance(event.get("description"), str) else {}
    fields = [field_of(one, place, problems) for place, one in properties]
    return _schema_text({"type": "record", **named, **doc, **rest, "fields": fields})


def _is_position(path: str, prop: Json, problems: Problems) -> bool:
    if find_text(prop, "name") is None:
        problems.add(f"{path}.name", "a property needs a name")
        return False
    if type(prop.get("primaryKeyPosition", 0)) is not int:
        problems.add(f"{path}.primaryKeyPosition", "a whole number is needed here")
        return False
    return True


def _schema_text(document: Json) -> str:
    """The schema as the files of schemas have it: one line a field."""
    head = {name: value for name, value in document.items() if name != "fields"}
    lines = [f'  "{name}": {json.dumps(value, ensure_ascii=False)},' for name, value in head.items()]
    fields = ",\n".join(f"    {json.dumps(one, ensure_ascii=False)}" for one in document["fields"])
    return "\n".join(["{", *lines, '  "fields": [', fields, "  ]", "}", ""])


def _checked(head: Json, events: Placed, objects: Placed, texts: list[str]) -> tuple[str, list[str]]:
    """The definition's text and the schemas', once they are sound and say nowhere two things."""
    schemas = _parsed([path for path, _ in events], texts)
    text = yaml.safe_dump(head, allow_unicode=True, sort_keys=False, width=120)
    try:
        definition = parse_definition(text, {one.full_name: one for one in schemas}, "contract")
    except DefinitionError as error:
        raise ContractInvalid([Problem(error.place, str(error).removeprefix(f"{error.place}: "))]) from error
    problems = Problems()
    for (path, event), schema in zip(events, schemas, strict=True):
        _check_event(path, event, schema, problems)
    problems.raise_found()
    for path, one in objects:
        if one.get("id") == RECORD and one.get("physicalType") == RECORD:
            _check_record(path, one, definition, problems)
    problems.raise_found()
    return text, list(dict.fromkeys(one.text for one in schemas))


def _parsed(paths: list[str], texts: list[str]) -> list[RecordSchema]:
    problems = Problems()
    parsed: list[RecordSchema] = []
    by_name: dict[str, RecordSchema] = {}
    for path, text in zip(paths, texts, strict=True):
        try:
            parsed.append(parse_record_schema(text, path))
        except AvroInvalid as error:
            problems.add(error.place, error.message)
            continue
        other = by_name.setdefault(parsed[-1].full_name, parsed[-1])
        if other.guid != parsed[-1].guid:
            problems.add(f"{path}.physicalName", f"{other.full_name} is described twice, and not alike")
    problems.raise_found()
    return parsed


def _check_event(path: str, event: Json, schema: RecordSchema, problems: Problems) -> None:
    """The words of a property with an `avro` of its own must say the same as that."""
    fields = {one.name: one for one in record_type(schema).fields}
    for place, one in list_elements(event, "properties", path, problems):
        if AVRO not in custom_values(one):
            continue
        told = property_of(fields[one["name"]])
        for word in SHAPE:
            if one.get(word) != told.get(word):
                message = f"does not agree with the custom property {AVRO}: change both, or take {AVRO} away"
                problems.add(f"{place}.{word}", message)


def _check_record(path: str, given: Json, definition: Definition, problems: Problems) -> None:
    """The record of our own contracts repeats its events; a change here alone would be lost."""
    wanted = {one["name"]: one for one in record_object(definition)["properties"]}
    for place, one in list_elements(given, "properties", path, problems):
        name = str(one.get("name"))
        if name not in wanted:
            problems.add(place, f"{name!r} is no open field of an event: add it to the events that fill the record")
            continue
        _check_repeated(place, one, wanted.pop(name), problems)
    for name in wanted:
        problems.add(path, f"the property {name} is missing here, and the events have it")


def _check_repeated(path: str, given: Json, wanted: dict[str, Any], problems: Problems) -> None:
    differing = [word for word in _REPEATED if given.get(word) != wanted.get(word)]
    said, told = custom_values(given), custom_values(wanted)
    differing += [f"customProperties.{word}" for word in ("labelEn", "unit") if said.get(word) != told.get(word)]
    for word in differing:
        problems.add(f"{path}.{word}", "the record repeats what its events say: change it there, and here alike")
