"""Registries, their fields and their standing, in the words of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from hub.api.answers import address
from hub.registries.filters import OPERATORS
from hub.registries.freshness import RegistryStanding, freshness_of
from schemas.avro import Field
from schemas.definition import Definition, Text
from schemas.times import format_instant


def bilingual(text: Text) -> dict[str, str]:
    return {"vi": text.vi, "en": text.en}


def links(base_url: str, registry: str) -> dict[str, str]:
    """Where to read on about a registry."""
    path = f"/api/v1/registries/{registry}"
    names = ("records", "changes", "contradictions", "schema")
    return {"self": address(base_url, path)} | {name: address(base_url, f"{path}/{name}") for name in names}


def describe_registry(
    base_url: str, definition: Definition, standing: RegistryStanding | None, *, now: int
) -> dict[str, Any]:
    """One registry with its counts and freshness; without `standing`, nothing was applied to it yet."""
    heard = standing.last_heard_at if standing else None
    return {
        "registry": definition.registry,
        "title": bilingual(definition.title),
        "description": bilingual(definition.description),
        "custodian": definition.custodian,
        "writers": list(definition.writers),
        "licence": definition.licence,
        "attribution": definition.attribution,
        "definition_version": definition.version,
        "records": standing.records if standing else 0,
        "entry": standing.live.last_entry if standing else 0,
        "last_heard_at": None if heard is None else format_instant(heard),
        "freshness": freshness_of(definition, heard, now=now),
        "cadence_s": definition.cadence_s,
        "limit_s": definition.limit_s,
        "dead_letters": standing.dead_letters if standing else 0,
        "missing_sequences": sum(one.holes for one in standing.sources) if standing else 0,
        "stopped": standing is not None and standing.live.stopped_reason is not None,
        "links": links(base_url, definition.registry),
    }


def describe_sources(standing: RegistryStanding) -> list[dict[str, Any]]:
    """Who was heard in a registry, and when."""
    return [
        {
            "source": one.source,
            "department": one.department,
            "events": one.events,
            "missing_sequences": one.holes,
            "last_happened_at": format_instant(one.last_happened_at),
            "last_heard_at": format_instant(one.last_recorded_at),
        }
        for one in standing.sources
    ]


def describe_field(definition: Definition, field: Field) -> dict[str, Any]:
    """One open field and how it may be asked."""
    operators = OPERATORS.get(field.kind, ())
    described: dict[str, Any] = {
        "name": field.name,
        "kind": field.kind,
        "nullable": field.nullable,
        "label": {"vi": field.label_vi, "en": field.label_en},
        "doc": field.doc,
        "filters": list(operators),
        "sortable": field.name in definition.sortable,
        "searched": field.name in definition.search,
    }
    if field.unit:
        described["unit"] = field.unit
    if field.symbols:
        described["values"] = list(field.symbols)
    return described


def describe_schema(definition: Definition, schema_ids: Mapping[str, int]) -> dict[str, Any]:
    """The definition as JSON, and the Avro schemas of its events; only open fields of the record are told.

    `schema_ids` gives the id on the wire of a schema's GUID.
    """
    return {
        "registry": definition.registry,
        "definition_version": definition.version,
        "title": bilingual(definition.title),
        "description": bilingual(definition.description),
        "title_field": definition.title_field,
        "geometry": list(definition.geometry) if definition.geometry else None,
        "fields": [describe_field(definition, definition.record[name]) for name in definition.open_fields],
        "topics": list(definition.topics),
        "events": [
            {
                "type": rule.type,
                "operation": rule.operation,
                "key": list(rule.key or ((rule.survivor,) if rule.survivor else ())),
                "avro": orjson.loads(definition.schemas[rule.schema].text),
                "schema_guid": definition.schemas[rule.schema].guid,
                "schema_id": schema_ids.get(definition.schemas[rule.schema].guid),
            }
            for rule in definition.events.values()
        ],
        "authority": [{"source": rule.source, "events": sorted(rule.events) or None} for rule in definition.authority],
        "claims": [
            {"source": rule.source, "title": bilingual(rule.title), "complete": rule.complete}
            for rule in definition.claims
        ],
    }
