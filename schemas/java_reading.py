"""A schema's JSON as Avro's Java library (1.12.1) reads it, put into the plain form the specification asks for.

Java takes more than the specification says: comments, names used before they are defined, a second definition
that equals the first, a namespace or enum default of the wrong type (as if absent), a number's default as text,
an order in capitals. Clients of other registries rely on it. `straightened` writes the same schema without any
of these; what Java refuses is left for `schemas.model` to refuse.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from schemas.errors import AvroInvalid

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
_NAMED = ("record", "error", "enum", "fixed")
_ORDERS = ("ascending", "descending", "ignore")
_MEANINGLESS = frozenset({"doc", "aliases", "name", "namespace"})  # to whether two definitions are equal
_MAX_LONG = 2**63
_OPENING = re.compile(r'"|/\*|//')
_STRING = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)
_FLOAT_TEXT = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[fFdD]?\s*\Z")


def read_json(text: str) -> Any:
    """The JSON value in `text`, comments left out; raises ValueError."""
    return json.loads(_without_comments(text), parse_constant=_refuse_constant)


def _without_comments(text: str) -> str:
    """`text` without its comments, each looked at once; behind the schema Java takes none."""
    kept, at = [], 0
    while found := _OPENING.search(text, at):
        start = found.start()
        if found[0] == '"':
            end = _end_of(_STRING.match(text, start), text)
            kept.append(text[at:end])
        else:
            closing = "\n" if found[0] == "//" else "*/"
            end = text.find(closing, start + 2) + len(closing)
            if end < start or not text[end:].strip():
                raise ValueError("a comment is not closed, or stands behind the schema")
            kept.append(text[at:start] + " ")
        at = end
    return "".join(kept) + text[at:]


def _end_of(found: re.Match[str] | None, text: str) -> int:
    return len(text) if found is None else found.end()


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def straightened(document: Any, known: Collection[str] = ()) -> Any:
    """The schema without what only Java takes; `known` are the full names that references define."""
    return _Straightener(document, known).write(document, None)


class _Straightener:
    """Walks a schema as Java does, remembering what is defined and what will be."""

    def __init__(self, document: Any, known: Collection[str]) -> None:
        self.defined: dict[str, Any] = dict.fromkeys(known, "known")  # full name -> what equals it; None yet
        self.later: dict[str, tuple[dict[str, Any], str | None]] = {}
        for full, definition, space in _definitions(document, None):
            self.later.setdefault(full, (definition, space))

    def write(self, document: Any, space: str | None) -> Any:
        if isinstance(document, str):
            return self.name(document, space)
        if isinstance(document, list):
            return [self.write(one, space) for one in document]
        if not isinstance(document, dict) or not isinstance(document.get("type"), str):
            return document
        kind = document["type"]
        if kind in _NAMED and isinstance(document.get("name"), str):
            return self.definition(document, kind, space)
        written = _checked_attributes(document)
        for inner in ("items", "values"):
            if (kind, inner) in (("array", "items"), ("map", "values")) and inner in document:
                written[inner] = self.write(document[inner], space)
        if kind not in PRIMITIVES and kind not in (*_NAMED, "array", "map"):
            return self.name(kind, space)
        return written

    def name(self, name: str, space: str | None) -> Any:
        """A name as it stands, or the definition that follows somewhere behind."""
        full = qualified(name, space)
        if name in PRIMITIVES or full in self.defined:
            return name
        if full not in self.later and name in self.defined and self.defined[name] is None:
            raise AvroInvalid("/", f"{full!r} is not defined: within {space!r}, {name!r} around it cannot be named")
        if name in self.defined or full not in self.later:
            return name
        definition, of = self.later[full]
        written = self.definition(definition, definition["type"], of)
        return written | {"name": full.rpartition(".")[2], "namespace": full.rpartition(".")[0]}

    def definition(self, document: dict[str, Any], kind: str, space: str | None) -> Any:
        full, own = full_name(document, space)
        if full in self.defined:
            return self.repeated(document, full, own)
        self.defined[full] = None
        written = self.body(document, kind, own)
        self.defined[full] = self.shape(written, own)
        return written

    def repeated(self, document: dict[str, Any], full: str, own: str | None) -> Any:
        """The name, where the definition is the one already written or equals it."""
        if self.later.get(full, (None,))[0] is document and self.defined[full] is not None:
            return full
        body = self.body(document, document["type"], own)
        shape = self.shape(body, own)
        return full if shape == self.defined[full] and not _mentions(shape, full) else body

    def body(self, document: dict[str, Any], kind: str, own: str | None) -> dict[str, Any]:
        written = _checked_attributes(document)
        if not isinstance(written.get("namespace", ""), str):
            del written["namespace"]
        if kind == "enum" and not isinstance(written.get("default", ""), str):
            del written["default"]
        fields = document.get("fields")
        if kind in ("record", "error") and isinstance(fields, list):
            written["fields"] = [self.field(one, own) for one in fields]
        return written

    def field(self, field: Any, space: str | None) -> Any:
        if not isinstance(field, dict) or "type" not in field:
            return field
        written = _checked_attributes(field) | {"type": self.write(field["type"], space)}
        order = field.get("order")
        if isinstance(order, str) and order.lower() in _ORDERS:
            written["order"] = order.lower()
        if isinstance(field.get("default"), str) and _number_kind(field["type"]):
            written["default"] = _number_of(field["default"])
        return written

    def shape(self, document: Any, space: str | None) -> Any:
        """What two definitions of one name must have in common to be equal for Java."""
        if isinstance(document, str):
            full = qualified(document, space)
            return document if document in PRIMITIVES else (full if full in self.defined else document)
        if isinstance(document, list):
            return [self.shape(one, space) for one in document]
        if not isinstance(document, dict):
            return document
        kind = document.get("type")
        if kind not in _NAMED or not isinstance(document.get("name"), str):
            return {
                name: self.shape(value, space) if name in ("items", "values") else value
                for name, value in document.items()
            }
        found = {name: value for name, value in document.items() if name not in _MEANINGLESS}
        if kind == "enum":
            found.pop("default", None)
        if isinstance(found.get("fields"), list):
            found["fields"] = [self.field_shape(one, full_name(document, space)[1]) for one in found["fields"]]
        return found | {"type": "record" if kind == "error" else kind}

    def field_shape(self, field: Any, space: str | None) -> Any:
        if not isinstance(field, dict) or "type" not in field:
            return field
        kind = field["type"]
        named = isinstance(kind, dict) and kind.get("type") in _NAMED and isinstance(kind.get("name"), str)
        shape = full_name(kind, space)[0] if named else self.shape(kind, space)
        others = {name: value for name, value in field.items() if name not in ("doc", "aliases")}
        return {"order": "ascending"} | others | {"type": shape}


def qualified(name: str, space: str | None) -> str:
    """The full name that `name` means within the namespace `space`."""
    return name if "." in name or not space else f"{space}.{name}"


def full_name(document: dict[str, Any], space: str | None) -> tuple[str, str | None]:
    """The full name of a definition and the namespace it gives to what stands within."""
    own = document.get("namespace")
    if not isinstance(own, str):
        own = space
    name = document["name"]
    if "." in name:
        own, _, name = name.rpartition(".")
    return (f"{own}.{name}" if own else name), own or None


def _definitions(document: Any, space: str | None) -> Iterator[tuple[str, dict[str, Any], str | None]]:
    """Every definition with its full name and the namespace around it, in the order they stand."""
    if isinstance(document, list):
        for one in document:
            yield from _definitions(one, space)
    elif isinstance(document, dict) and document.get("type") in _NAMED and isinstance(document.get("name"), str):
        full, own = full_name(document, space)
        yield full, document, space
        for field in document["fields"] if isinstance(document.get("fields"), list) else ():
            if isinstance(field, dict):
                yield from _definitions(field.get("type"), own)
    elif isinstance(document, dict):
        yield from _definitions(document.get("items"), space)
        yield from _definitions(document.get("values"), space)


def _checked_attributes(document: dict[str, Any]) -> dict[str, Any]:
    for name, value in document.items():
        if name not in ("default", "size") and _holds_huge_number(value):
            raise AvroInvalid(f"/{name}", "a whole number in an attribute has at most 64 bits")
    return dict(document)


def _holds_huge_number(value: Any) -> bool:
    if isinstance(value, dict):
        return "type" not in value and any(map(_holds_huge_number, value.values()))
    if isinstance(value, list):
        return any(map(_holds_huge_number, value))
    return isinstance(value, int) and not -_MAX_LONG <= value < _MAX_LONG


def _mentions(shape: Any, full: str) -> bool:
    """Whether a definition holds itself: Java finds such a one never equal to another."""
    if isinstance(shape, dict):
        return any(_mentions(one, full) for one in shape.values())
    return any(_mentions(one, full) for one in shape) if isinstance(shape, list) else shape == full


def _number_kind(kind: Any) -> bool:
    name = kind.get("type") if isinstance(kind, dict) else kind
    return name in ("float", "double")


def _number_of(text: str) -> float | str:
    found = _FLOAT_TEXT.match(text)
    return float(found[1]) if found else text
