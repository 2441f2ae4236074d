"""The text a schema is kept and compared by, as Avro's Java library writes it, and the identity made of it.

Java's `Schema.toString` (1.12): attributes in a fixed order with unknown ones behind, a type that is only a
name as that name, a namespace only where it changes. White space and the order of known attributes are
gone; documentation, aliases, defaults and unknown attributes remain. Two schemas are one content, with one
id, where this text, the references, the metadata and the rules are equal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import md5
from typing import Any
from uuid import UUID

from schemas.java_reading import PRIMITIVES, full_name, qualified, straightened
from schemas.java_text import json_text

_NAMED = ("record", "error", "enum", "fixed")
# what Java does not shorten a name to, for it would mean a type of Avro
_KEYWORDS = PRIMITIVES | {"record", "enum", "array", "map", "union", "fixed"}
_TYPE_WORDS = frozenset({"doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases"})
_FIELD_WORDS = frozenset({"default", "doc", "name", "order", "type", "aliases"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A name used in a schema, and the subject and version that define it."""

    name: str
    subject: str
    version: int


@dataclass(frozen=True, slots=True)
class Content:
    """What an id stands for. `metadata` and `rules` are JSON in one spelling, empty where there is none."""

    text: str
    references: tuple[Reference, ...] = ()
    metadata: str = ""
    rules: str = ""

    @property
    def guid(self) -> str:
        """A UUID made of the MD5 of everything."""
        digest = md5(self.text.encode(), usedforsecurity=False)
        for one in self.references:
            digest.update(one.name.encode() + one.subject.encode() + one.version.to_bytes(4, "big"))
        digest.update(self.metadata.encode())
        digest.update(self.rules.encode())
        return str(UUID(bytes=digest.digest()))

    def property_of(self, name: str) -> str | None:
        """The value of a property in the metadata."""
        metadata = json.loads(self.metadata) if self.metadata else {}
        found: str | None = (metadata.get("properties") or {}).get(name)
        return found


def stored_text(document: Any, *, known: Iterable[str] = (), normalized: bool = False) -> str:
    """The text of a sound schema; `known` are the full names that references define.

    Normalized: names in full, unknown attributes sorted, a decimal's scale of 0 left out.
    """
    names = set(known)
    return json_text(_Writer(names, normalized).write(straightened(document, names), None))


class _Writer:
    def __init__(self, known: set[str], normalized: bool) -> None:
        self.known = known
        self.normalized = normalized

    def write(self, document: Any, space: str | None) -> Any:
        if isinstance(document, str):
            return self.name(document, space)
        if isinstance(document, list):
            return [self.write(one, space) for one in document]
        kind = document["type"]
        if kind in _NAMED:
            return self.named(document, kind, space)
        if kind in ("array", "map"):
            inner = "items" if kind == "array" else "values"
            return {"type": kind, inner: self.write(document[inner], space), **self.others(document, _TYPE_WORDS)}
        if kind not in PRIMITIVES:
            return self.name(kind, space)
        others = self.others(document, _TYPE_WORDS)
        return {"type": kind, **others} if others else kind

    def name(self, name: str, space: str | None) -> str:
        """A reference to a type: short where it lies in the namespace around it."""
        if name in PRIMITIVES:
            return name
        full = qualified(name, space)
        if full not in self.known and name in self.known:
            full = name
        return full if self.normalized else _short(full, space)

    def named(self, document: dict[str, Any], kind: str, space: str | None) -> Any:
        full, own = full_name(document, space)
        if full in self.known:
            return full if self.normalized else _short(full, space)
        self.known.add(full)
        head = {"type": kind, **self.title(full, own, space)}
        if isinstance(document.get("doc"), str):
            head["doc"] = document["doc"]
        words = _TYPE_WORDS | {"default"} if kind == "enum" else _TYPE_WORDS
        return {
            **head,
            **self.body(document, kind, own),
            **self.others(document, words),
            **self.aliases(document, own),
        }

    def title(self, full: str, own: str | None, space: str | None) -> dict[str, Any]:
        if self.normalized:
            return {"name": full}
        title = {"name": full.rsplit(".", 1)[-1]}
        if own != space:
            title["namespace"] = own or ""
        return title

    def body(self, document: dict[str, Any], kind: str, own: str | None) -> dict[str, Any]:
        if kind == "fixed":
            return {"size": document["size"]}
        if kind == "enum":
            default = document.get("default")
            return {"symbols": document["symbols"]} | ({} if default is None else {"default": default})
        return {"fields": [self.field(one, own) for one in document["fields"]]}

    def field(self, field: dict[str, Any], space: str | None) -> dict[str, Any]:
        written = {"name": field["name"], "type": self.write(field["type"], space)}
        if isinstance(field.get("doc"), str):
            written["doc"] = field["doc"]
        if "default" in field:
            written["default"] = field["default"]
        if str(field.get("order", "ascending")).lower() != "ascending":
            written["order"] = field["order"].lower()
        if field.get("aliases"):
            written["aliases"] = list(dict.fromkeys(field["aliases"]))
        return written | self.others(field, _FIELD_WORDS)

    def aliases(self, document: dict[str, Any], own: str | None) -> dict[str, Any]:
        given = document.get("aliases")
        if not given:
            return {}
        full = [qualified(one, own).removeprefix(".") for one in given]
        return {"aliases": list(dict.fromkeys(one if self.normalized else _short(one, own) for one in full))}

    def others(self, document: dict[str, Any], words: frozenset[str]) -> dict[str, Any]:
        """The attributes the specification does not know; null says nothing."""
        found = {name: value for name, value in document.items() if name not in words}
        if not self.normalized:
            return found
        if found.get("logicalType") == "decimal" and found.get("scale") == 0:
            del found["scale"]
        return dict(sorted(found.items()))


def _short(full: str, space: str | None) -> str:
    own, _, name = full.rpartition(".")
    return name if own == (space or "") and name not in _KEYWORDS else full
