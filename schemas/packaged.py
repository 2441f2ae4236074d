"""The schemas and definitions that come with the hub, or in any folder of the same shape (another city's).

`avsc/<registry>/<Event>.avsc` is the newest version of an event's schema; every older one stays beside it
as `<Event>.v1.avsc`, `<Event>.v2.avsc` … `registries/<registry>.yaml` is the definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from schemas.avro import RecordSchema, parse_record_schema
from schemas.definition import Definition, parse_definition
from schemas.errors import AvroInvalid, DefinitionError

_OLDER = re.compile(r"(?P<event>.+)\.v(?P<version>[1-9][0-9]*)\.avsc\Z")


@dataclass(frozen=True, slots=True)
class PackagedDefinition:
    """A definition with its exact text, and every version of its schemas, older before newer."""

    text: str
    definition: Definition
    versions: tuple[RecordSchema, ...]


def load_schemas(folder: Path | None = None) -> dict[str, RecordSchema]:
    """The newest version of every schema in `folder` (default: the packaged ones) by full name."""
    newest: dict[str, RecordSchema] = {}
    for registry in _children(_root(folder) / "avsc"):
        for schema in list_versions(registry.name, folder):
            newest[schema.full_name] = schema
    return newest


def load_definitions(folder: Path | None = None) -> list[PackagedDefinition]:
    """The definitions in `folder` (default: the packaged ones) by name of registry; a definition that does
    not carry the name of its file, or whose schemas are not in `avsc/<registry>`, is a `DefinitionError`."""
    return [
        _load_definition(file, folder)
        for file in _children(_root(folder) / "registries")
        if file.name.endswith(".yaml")
    ]


def list_versions(registry: str, folder: Path | None = None) -> list[RecordSchema]:
    """Every version of every schema of one registry: by event, older before newer."""
    found = [(*_rank(file.name), file) for file in _children(_root(folder) / "avsc" / registry)]
    found = [one for one in found if one[2].name.endswith(".avsc")]
    schemas = []
    for event, _, file in sorted(found, key=lambda one: one[:2]):
        place = f"avsc/{registry}/{file.name}"
        schema = parse_record_schema(file.read_text(encoding="utf-8"), place)
        if schema.name != event:
            raise AvroInvalid(place, f"the record is called {schema.name}, the file says {event}")
        schemas.append(schema)
    return schemas


def _load_definition(file: Traversable, folder: Path | None) -> PackagedDefinition:
    text = file.read_text(encoding="utf-8")
    registry = file.name.removesuffix(".yaml")
    versions = list_versions(registry, folder)
    newest = {schema.full_name: schema for schema in versions}
    definition = parse_definition(text, newest, f"registries/{file.name}")
    if definition.registry != registry:
        raise DefinitionError(f"registries/{file.name}: registry", f"{definition.registry!r} is not the file's name")
    return PackagedDefinition(text, definition, tuple(versions))


def _root(folder: Path | None) -> Traversable:
    return files("schemas") if folder is None else folder


def _children(folder: Traversable) -> Iterator[Traversable]:
    """What stands in `folder`, by name; nothing where there is no such folder."""
    if folder.is_dir():
        yield from sorted(folder.iterdir(), key=lambda one: one.name)


def _rank(name: str) -> tuple[str, float]:
    """The event's name and the version in a file's name; the newest has none and comes last."""
    older = _OLDER.match(name)
    return (older["event"], float(older["version"])) if older else (name.removesuffix(".avsc"), float("inf"))
