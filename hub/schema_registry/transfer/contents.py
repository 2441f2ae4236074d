"""What a whole schema registry holds, wherever it was read: versions, settings, modes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from hub.control.claims import DEFAULT_CONTEXT, context_of
from hub.schema_registry.config import DEFAULT_LEVEL, LEVEL, json_text, mode_of, updated
from hub.schema_registry.reads import DEFAULT_MODE
from hub.schema_registry.subjects import GLOBAL, bare_name, context_name, qualify, settings_key
from schemas.stored_text import Content, Reference

AVRO = "AVRO"
Place = tuple[str, int]  # a subject and a version of it


@dataclass(frozen=True, slots=True)
class MovedVersion:
    """One version of a subject as it stands somewhere; the subject with its context where that is not the default."""

    subject: str
    version: int
    id: int
    content: Content
    deleted: bool = False
    type: str = AVRO

    @property
    def place(self) -> Place:
        return self.subject, self.version

    @property
    def context(self) -> str:
        return context_of(self.subject)

    def __str__(self) -> str:
        return f"{self.subject} version {self.version} (id {self.id})"


@dataclass(slots=True)
class Contents:
    """A registry. Settings are JSON in one spelling and stand, like modes, under a subject, a context (`:.name:`)
    or all (empty); what is only the default of all stands nowhere."""

    versions: dict[Place, MovedVersion] = field(default_factory=dict)
    configs: dict[str, str] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)

    def add_version(self, version: MovedVersion) -> None:
        self.versions[version.place] = version

    def set_config(self, subject: str, document: Mapping[str, Any]) -> None:
        """Take the settings as another registry answers them (`compatibilityLevel`); raises `SchemaInvalid`."""
        key = settings_key(subject)
        config = updated(None, {**document, "compatibility": document.get(LEVEL)})
        text = "" if key == GLOBAL and config == {LEVEL: DEFAULT_LEVEL} else json_text(config)
        _put(self.configs, key, text)

    def set_mode(self, subject: str, mode: object) -> None:
        """Take a mode; raises `SchemaInvalid`."""
        key, wanted = settings_key(subject), mode_of(mode)
        _put(self.modes, key, "" if key == GLOBAL and wanted == DEFAULT_MODE else wanted)

    def contexts(self) -> set[str]:
        """Those of the versions."""
        return {one.context for one in self.versions.values()}


def content_of(document: Mapping[str, Any]) -> Content:
    """The content in a document with `schema`, `references`, `metadata`, `ruleSet`; raises KeyError, TypeError."""
    references = tuple(
        Reference(str(one["name"]), str(one["subject"]), int(one["version"]))
        for one in document.get("references") or ()
    )
    text = document["schema"]
    if not isinstance(text, str):
        raise TypeError("schema is no text")
    return Content(text, references, json_text(document.get("metadata")), json_text(document.get("ruleSet")))


def content_document(content: Content) -> dict[str, Any]:
    """The same members back; those that are empty left out."""
    references = [{"name": one.name, "subject": one.subject, "version": one.version} for one in content.references]
    found = {
        "schema": content.text,
        "references": references,
        "metadata": json.loads(content.metadata or "null"),
        "ruleSet": json.loads(content.rules or "null"),
    }
    return {name: value for name, value in found.items() if value}


def in_order_of_references(versions: Iterable[MovedVersion]) -> list[MovedVersion]:
    """By subject and version, but what is referred to first; versions in a circle as they come."""
    by_place = {one.place: one for one in sorted(versions, key=lambda one: one.place)}
    edges = {place: [to for to in _targets(one) if to in by_place] for place, one in by_place.items()}
    while True:
        try:
            return [by_place[place] for place in TopologicalSorter(edges).static_order()]
        except CycleError as error:
            for place in error.args[1]:
                edges[place] = []


def moved_into(contents: Contents, context: str) -> Contents:
    """Everything within a context: what was in the default one directly, other contexts as `.context.theirs`."""
    target = context_name(context)
    found = Contents()
    for one in contents.versions.values():
        references = tuple(_moved_reference(each, target) for each in one.content.references)
        content = replace(one.content, references=references)
        found.add_version(replace(one, subject=_moved(one.subject, target), content=content))
    found.configs = {_moved_scope(scope, target): value for scope, value in contents.configs.items()}
    found.modes = {_moved_scope(scope, target): value for scope, value in contents.modes.items()}
    return found


def _targets(one: MovedVersion) -> list[Place]:
    return [(qualify(one.context, each.subject), each.version) for each in one.content.references]


def _moved(subject: str, target: str) -> str:
    theirs = context_of(subject)
    return qualify(target if theirs == DEFAULT_CONTEXT else target + theirs, bare_name(subject))


def _moved_scope(scope: str, target: str) -> str:
    return f":{target}:" if scope == GLOBAL else _moved(scope, target)


def _moved_reference(reference: Reference, target: str) -> Reference:
    """A reference that names its context follows it; any other stays within that of its schema."""
    if not reference.subject.startswith(":."):
        return reference
    return replace(reference, subject=_moved(qualify(DEFAULT_CONTEXT, reference.subject), target))


def _put(found: dict[str, str], key: str, value: str) -> None:
    if value:
        found[key] = value
    else:
        found.pop(key, None)
