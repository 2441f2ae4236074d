"""Avro types as objects: what a schema says, with every name resolved and every reference followed.

The reading is strict where the Avro 1.12 specification is ("Names", "Schema Declaration"): names,
duplicates, unions in unions, sizes. Every complaint names its place as a JSON pointer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from schemas.errors import AvroInvalid
from schemas.java_reading import PRIMITIVES, full_name, qualified, read_json, straightened

_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo"})
_MAX_CHARACTER = "\uffff"  # Java looks at UTF-16 units, and half a pair is no letter
MAX_FIXED_BYTES = 2**31 - 9
_ORDERS = ("ascending", "descending", "ignore")
_LOGICAL_BASES: dict[str, frozenset[str]] = {
    "decimal": frozenset({"bytes", "fixed"}),
    "uuid": frozenset({"string", "fixed"}),
    "date": frozenset({"int"}),
    "time-millis": frozenset({"int"}),
    "time-micros": frozenset({"long"}),
    "timestamp-millis": frozenset({"long"}),
    "timestamp-micros": frozenset({"long"}),
    "timestamp-nanos": frozenset({"long"}),
    "local-timestamp-millis": frozenset({"long"}),
    "local-timestamp-micros": frozenset({"long"}),
    "local-timestamp-nanos": frozenset({"long"}),
    "duration": frozenset({"fixed"}),
}


class NoDefault:
    """The type of `NO_DEFAULT`: a field without a default (null is a default)."""


NO_DEFAULT = NoDefault()


@dataclass(frozen=True, slots=True)
class Logical:
    """A logical type that is valid on its base; an unknown or invalid one is not there at all."""

    name: str
    precision: int = 0
    scale: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """null, boolean, int, long, float, double, bytes or string."""

    type: str
    logical: Logical | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """As many bytes as `size` says. `name` is the full name, as are `aliases`."""

    name: str
    size: int
    aliases: tuple[str, ...] = ()
    logical: Logical | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Enum:
    name: str
    symbols: tuple[str, ...]
    default: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    items: AvroType


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    values: AvroType


@dataclass(frozen=True, slots=True, eq=False)
class Union:
    branches: tuple[AvroType, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RecordField:
    """One field of a record; `document` is its JSON with every attribute."""

    name: str
    type: AvroType
    default: Any = NO_DEFAULT
    aliases: tuple[str, ...] = ()
    document: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A record. `fields` is filled after the record is made, so that a field can be of the record itself."""

    name: str
    aliases: tuple[str, ...] = ()
    fields: list[RecordField] = field(default_factory=list)


AvroType = Primitive | Fixed | Enum | Array | Map | Union | Record
Named = TypeVar("Named", Fixed, Enum, Record)


def type_name(avro: AvroType) -> str:
    """The word of the specification for the kind of `avro`: `int`, `record`, `union` …"""
    return avro.type if isinstance(avro, Primitive) else type(avro).__name__.lower()


def short_name(full_name: str) -> str:
    """A full name without its namespace."""
    return full_name.rsplit(".", 1)[-1]


def parse_type(document: Any, known: dict[str, AvroType] | None = None) -> AvroType:
    """The type a schema's JSON `document` declares; raises `AvroInvalid` with a JSON pointer.

    `known` holds types defined elsewhere by their full names; what is defined here is added to it. Takes what
    Avro's Java library takes (see `schemas.java_reading`); places are those in the straightened document.
    """
    known = {} if known is None else known
    return _Parser(known).parse(straightened(document, known), "", None)


def read_type(text: str, known: dict[str, AvroType] | None = None) -> AvroType:
    """The type a schema's JSON `text` declares, as `parse_type`; raises `AvroInvalid` for what is no JSON, too."""
    return parse_type(read_document(text), known)


def read_document(text: str) -> Any:
    """The JSON of a schema, comments left out; raises `AvroInvalid`."""
    try:
        return read_json(text)
    except ValueError as error:
        raise AvroInvalid("/", f"not JSON: {error}") from error
    except RecursionError as error:
        raise AvroInvalid("/", "the schema is nested too deeply") from error


class _Parser:
    def __init__(self, named: dict[str, AvroType]) -> None:
        self.named = named

    def parse(self, document: Any, place: str, namespace: str | None) -> AvroType:
        if isinstance(document, str):
            return self.reference(document, place, namespace)
        if isinstance(document, list):
            return self.union(document, place, namespace)
        if not isinstance(document, dict) or "type" not in document:
            raise AvroInvalid(place or "/", "a schema is a name, a list (union) or an object with a type")
        return self.object(document, place, namespace)

    def object(self, document: dict[str, Any], place: str, namespace: str | None) -> AvroType:
        kind = document["type"]
        if not isinstance(kind, str):
            raise AvroInvalid(f"{place}/type", "the type of a schema is a name; a union or schema stands without it")
        if kind in PRIMITIVES:
            return Primitive(kind, _logical(document, kind))
        readers: dict[str, Callable[[dict[str, Any], str, str | None], AvroType]] = {
            "record": self.record,
            "error": self.record,
            "enum": self.enum,
            "fixed": self.fixed,
            "array": self.array,
            "map": self.map,
        }
        reader = readers.get(kind)
        return (
            self.reference(kind, f"{place}/type", namespace) if reader is None else reader(document, place, namespace)
        )

    def reference(self, name: str, place: str, namespace: str | None) -> AvroType:
        if name in PRIMITIVES:
            return Primitive(name)
        full = qualified(name, namespace)
        found = self.named.get(full) or self.named.get(name)
        if found is None:
            raise AvroInvalid(place or "/", f"{full!r} is no type of Avro and not defined in this schema")
        return found

    def union(self, branches: list[Any], place: str, namespace: str | None) -> Union:
        parsed: list[AvroType] = []
        seen: set[str] = set()
        for index, one in enumerate(branches):
            branch = self.parse(one, f"{place}/{index}", namespace)
            if isinstance(branch, Union):
                raise AvroInvalid(f"{place}/{index}", "a union may not hold a union")
            name = branch.name if isinstance(branch, Record | Enum | Fixed) else type_name(branch)
            if name in seen:
                raise AvroInvalid(f"{place}/{index}", f"a union may not hold {name} twice")
            seen.add(name)
            parsed.append(branch)
        return Union(tuple(parsed))

    def array(self, document: dict[str, Any], place: str, namespace: str | None) -> Array:
        if "items" not in document:
            raise AvroInvalid(place or "/", "an array needs items")
        return Array(self.parse(document["items"], f"{place}/items", namespace))

    def map(self, document: dict[str, Any], place: str, namespace: str | None) -> Map:
        if "values" not in document:
            raise AvroInvalid(place or "/", "a map needs values")
        return Map(self.parse(document["values"], f"{place}/values", namespace))

    def fixed(self, document: dict[str, Any], place: str, namespace: str | None) -> Fixed:
        name, own = self.checked_name(document, place, namespace)
        size = document.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_FIXED_BYTES:
            raise AvroInvalid(f"{place}/size", f"{size!r} is not a whole number from 0 to {MAX_FIXED_BYTES}")
        return self.define(name, place, Fixed(name, size, _aliases(document, place, own), _logical(document, "fixed")))

    def enum(self, document: dict[str, Any], place: str, namespace: str | None) -> Enum:
        name, own = self.checked_name(document, place, namespace)
        symbols = document.get("symbols")
        if not isinstance(symbols, list):
            raise AvroInvalid(f"{place}/symbols", "an enum needs a list of symbols")
        for index, one in enumerate(symbols):
            _check_name(one, f"{place}/symbols/{index}")
            if one in symbols[:index]:
                raise AvroInvalid(f"{place}/symbols/{index}", f"the symbol {one} stands twice")
        default = document.get("default")
        if default is not None and default not in symbols:
            raise AvroInvalid(f"{place}/default", f"{default!r} is not one of the symbols")
        return self.define(name, place, Enum(name, tuple(symbols), default, _aliases(document, place, own)))

    def record(self, document: dict[str, Any], place: str, namespace: str | None) -> Record:
        name, own = self.checked_name(document, place, namespace)
        fields = document.get("fields")
        if not isinstance(fields, list):
            raise AvroInvalid(f"{place}/fields", "a record needs a list of fields")
        record = self.define(name, place, Record(name, _aliases(document, place, own)))
        for index, one in enumerate(fields):
            parsed = self.record_field(one, f"{place}/fields/{index}", own)
            if any(parsed.name == other.name for other in record.fields):
                raise AvroInvalid(f"{place}/fields/{index}/name", f"the field {parsed.name} stands twice")
            record.fields.append(parsed)
        return record

    def record_field(self, document: Any, place: str, namespace: str | None) -> RecordField:
        if not isinstance(document, dict) or "type" not in document:
            raise AvroInvalid(place, "a field is an object with a name and a type")
        name = _check_name(document.get("name"), f"{place}/name")
        if document.get("order", "ascending") not in _ORDERS:
            raise AvroInvalid(f"{place}/order", f"must be one of {', '.join(_ORDERS)}")
        aliases = document.get("aliases", [])
        if not isinstance(aliases, list) or not all(isinstance(one, str) for one in aliases):
            raise AvroInvalid(f"{place}/aliases", "aliases are a list of names")
        return RecordField(
            name=name,
            type=self.parse(document["type"], f"{place}/type", namespace),
            default=document.get("default", NO_DEFAULT),
            aliases=tuple(aliases),
            document=document,
        )

    def checked_name(self, document: dict[str, Any], place: str, namespace: str | None) -> tuple[str, str | None]:
        """The full name of a definition and the namespace it gives to what stands within."""
        if not isinstance(document.get("name"), str):
            _check_name(document.get("name"), f"{place}/name")
        full, own = full_name(document, namespace)
        _check_name(full.rpartition(".")[2], f"{place}/name")
        for part in own.split(".") if own else ():
            _check_name(part, f"{place}/namespace")
        if full in PRIMITIVES:
            raise AvroInvalid(f"{place}/name", f"{full} is a type of Avro itself")
        return full, own

    def define(self, name: str, place: str, avro: Named) -> Named:
        if name in self.named:
            raise AvroInvalid(f"{place}/name", f"{name} is defined twice")
        self.named[name] = avro
        return avro


def _check_name(name: Any, place: str) -> str:
    if not isinstance(name, str) or not _is_name(name):
        raise AvroInvalid(place, f"{name!r} is no Avro name: letters, digits and _, not beginning with a digit")
    return name


def _is_name(name: str) -> bool:
    """Letters of any script, digits and _, as Java has it (the specification: of ASCII only)."""
    if name.isascii():
        return name.isidentifier()
    kinds = [unicodedata.category(one) if one <= _MAX_CHARACTER else "" for one in name]
    return (kinds[0] in _LETTERS or name[0] == "_") and all(
        kind in _LETTERS or kind == "Nd" or one == "_" for kind, one in zip(kinds, name, strict=True)
    )


def _aliases(document: dict[str, Any], place: str, namespace: str | None) -> tuple[str, ...]:
    aliases = document.get("aliases", [])
    if not isinstance(aliases, list) or not all(isinstance(one, str) for one in aliases):
        raise AvroInvalid(f"{place}/aliases", "aliases are a list of names")
    for index, one in enumerate(aliases):
        _check_name(one.rpartition(".")[2], f"{place}/aliases/{index}")
    return tuple(qualified(one, namespace) for one in aliases)


def _logical(document: dict[str, Any], base: str) -> Logical | None:
    """The logical type, or None where it is unknown or invalid (specification: then the base type counts)."""
    name = document.get("logicalType")
    if not isinstance(name, str) or base not in _LOGICAL_BASES.get(name, ()):
        return None
    if name != "decimal":
        wanted = {("uuid", "fixed"): 16, ("duration", "fixed"): 12}.get((name, base))
        return Logical(name) if wanted in (None, document.get("size")) else None
    precision, scale = document.get("precision"), document.get("scale", 0)
    if not isinstance(precision, int) or not isinstance(scale, int) or precision < 1 or not 0 <= scale <= precision:
        return None
    return Logical(name, precision, scale)
