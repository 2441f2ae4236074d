"""A schema's text with the types of its references written into it, as `format=resolved` asks for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from schemas.java_reading import PRIMITIVES, full_name, qualified
from schemas.stored_text import stored_text

_NAMED = ("record", "error", "enum", "fixed")


def resolved_text(text: str, referenced: Iterable[str]) -> str:
    """The schema with each name that `referenced` texts define replaced, once, by its definition."""
    definitions: dict[str, Any] = {}
    for one in referenced:
        _collect(json.loads(one), None, definitions)
    return stored_text(_Inliner(definitions).write(json.loads(text), None))


class _Inliner:
    def __init__(self, definitions: dict[str, Any]) -> None:
        self.definitions = definitions
        self.defined: set[str] = set()

    def write(self, document: Any, space: str | None) -> Any:
        if isinstance(document, str):
            return self.name(document, space)
        if isinstance(document, list):
            return [self.write(one, space) for one in document]
        kind = document["type"]
        if kind in _NAMED:
            return self.named(document, space)
        if kind in ("array", "map"):
            inner = "items" if kind == "array" else "values"
            return {**document, inner: self.write(document[inner], space)}
        if isinstance(kind, str) and kind in PRIMITIVES:
            return document
        return self.write(kind, space)

    def name(self, name: str, space: str | None) -> Any:
        full = qualified(name, space)
        if name in PRIMITIVES or full in self.defined or full not in self.definitions:
            return name
        return self.named(self.definitions[full], None)

    def named(self, document: dict[str, Any], space: str | None) -> Any:
        full, own = full_name(document, space)
        if full in self.defined:
            return full
        self.defined.add(full)
        if document["type"] not in ("record", "error"):
            return document
        fields = [{**field, "type": self.write(field["type"], own)} for field in document["fields"]]
        return {**document, "fields": fields}


def _collect(document: Any, space: str | None, found: dict[str, Any]) -> None:
    """Every named type in `document`, told by its full name wherever it will stand."""
    if isinstance(document, list):
        for one in document:
            _collect(one, space, found)
    if not isinstance(document, dict):
        return
    kind = document["type"]
    if kind in _NAMED:
        full, own = full_name(document, space)
        found[full] = {**document, "name": full.rsplit(".", 1)[-1], "namespace": own or ""}
        for field in document.get("fields", ()):
            _collect(field["type"], own, found)
    elif kind in ("array", "map"):
        _collect(document["items" if kind == "array" else "values"], space, found)
    else:
        _collect(kind, space, found)
