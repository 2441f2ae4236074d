"""Tags written into a schema (`confluent:tags` of a record or a field): listed, added, removed.

An entity is named by its type (`sr_record`, `sr_field`) and a path: the full name of the record, and the field's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.schema_registry.errors import SchemaInvalid

TAGS = "confluent:tags"
RECORD, FIELD = "sr_record", "sr_field"
Entity = tuple[str, str]  # type and path
Tags = Mapping[Entity, Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where tags may stand: the object in the schema's document."""

    kind: str
    record: str
    field: str
    node: dict[str, Any]

    @property
    def path(self) -> str:
        return f"{self.record}.{self.field}" if self.field else self.record


def list_tags(text: str, wanted: Sequence[str]) -> list[dict[str, Any]]:
    """The entities that have one of the tags `wanted` (`*`: any), as Confluent's `schemaTags`."""
    return [
        {"schemaEntity": {"entityPath": one.path, "entityType": one.kind}, "tags": _tags_of(one.node)}
        for one in _places(json.loads(text), None)
        if _tags_of(one.node) and ("*" in wanted or not set(wanted).isdisjoint(_tags_of(one.node)))
    ]


def tagged(text: str, *, add: Tags, remove: Tags) -> str:
    """The schema with tags added, then others removed; raises `SchemaInvalid` (42201) for a path it does not have."""
    document = json.loads(text)
    places = list(_places(document, None))
    for entity in {**add, **remove}:
        node = _find(places, entity).node
        tags = list(dict.fromkeys([*_tags_of(node), *add.get(entity, ())]))
        _put(node, [one for one in tags if one not in remove.get(entity, ())])
    return json.dumps(document, ensure_ascii=False)


def with_tags_of(text: str, earlier: str) -> str:
    """The schema with the tags of an earlier one, where it still has what they were given to."""
    document = json.loads(text)
    places = {(one.kind, one.path): one.node for one in _places(document, None)}
    for old in _places(json.loads(earlier), None):
        node = places.get((old.kind, old.path))
        if node is not None and _tags_of(old.node):
            _put(node, list(dict.fromkeys([*_tags_of(node), *_tags_of(old.node)])))
    return json.dumps(document, ensure_ascii=False)


def tags_of_request(value: Any, name: str) -> dict[Entity, list[str]]:
    """A list of `{schemaEntity: {entityPath, entityType}, tags}` by entity; raises `SchemaInvalid`."""
    found: dict[Entity, list[str]] = {}
    for one in value or ():
        try:
            entity = one["schemaEntity"]
            key = (str(entity["entityType"]).lower(), str(entity["entityPath"]).removeprefix("."))
            found.setdefault(key, []).extend(str(tag) for tag in one["tags"])
        except (KeyError, TypeError) as error:
            raise SchemaInvalid(
                42201, f"Invalid schema: {name} needs schemaEntity (entityPath, entityType) and tags"
            ) from error
        if key[0] not in (RECORD, FIELD):
            raise SchemaInvalid(42201, f"Invalid schema: entityType in {name} is {RECORD} or {FIELD}, not '{key[0]}'")
    return found


def _find(places: Iterable[_Place], entity: Entity) -> _Place:
    """A record may be named without its namespace."""
    kind, path = entity
    for one in places:
        if one.kind == kind and (one.path == path or (one.path.endswith(f".{path}") and _is_short(one, path))):
            return one
    raise SchemaInvalid(42201, f"Invalid schema: No matching path '{path}' found in the schema")


def _is_short(place: _Place, path: str) -> bool:
    return path.count(".") == (1 if place.kind == FIELD else 0)


def _put(node: dict[str, Any], tags: list[str]) -> None:
    if tags:
        node[TAGS] = tags
    else:
        node.pop(TAGS, None)


def _tags_of(node: Mapping[str, Any]) -> list[str]:
    found = node.get(TAGS)
    return [str(one) for one in found] if isinstance(found, list) else []


def _places(document: Any, space: str | None) -> Iterator[_Place]:
    if isinstance(document, list):
        for branch in document:
            yield from _places(branch, space)
    elif isinstance(document, dict):
        kind = document.get("type")
        if kind in ("record", "error"):
            yield from _places_of_record(document, space)
        elif kind in ("array", "map"):
            yield from _places(document["items" if kind == "array" else "values"], space)
        elif isinstance(kind, dict | list):
            yield from _places(kind, space)


def _places_of_record(record: dict[str, Any], space: str | None) -> Iterator[_Place]:
    name, own = str(record["name"]), record.get("namespace", space)
    if "." in name:
        own, name = name.rsplit(".", 1)
    full = f"{own}.{name}" if own else name
    yield _Place(RECORD, full, "", record)
    for field in record["fields"]:
        yield _Place(FIELD, full, str(field["name"]), field)
        yield from _places(field["type"], own)
