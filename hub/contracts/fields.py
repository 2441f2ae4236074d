"""Avro fields built from the properties of a contract.

What the standard has words for comes from those words. A property whose words do not tell its whole Avro
field (a default, an alias, a fixed) carries the rest in the custom property `avro`.
"""

from __future__ import annotations

import re
from typing import Any

from hub.contracts.elements import Json, Problems, allowed_values, custom_values

AVRO = "avro"
# Avro's type or logical type -> the standard's logicalType
LOGICAL_TYPES = {
    "string": "string", "enum": "string", "uuid": "string", "bytes": "string", "fixed": "string",
    "int": "integer", "long": "integer", "float": "number", "double": "number", "decimal": "number",
    "boolean": "boolean", "date": "date", "time-millis": "time", "time-micros": "time",
    "timestamp-millis": "timestamp", "timestamp-micros": "timestamp", "timestamp-nanos": "timestamp",
    "local-timestamp-millis": "timestamp", "local-timestamp-micros": "timestamp",
    "local-timestamp-nanos": "timestamp", "record": "object", "map": "object", "array": "array",
}  # fmt: skip
_PRIMITIVES = frozenset({"string", "bytes", "int", "long", "float", "double", "boolean"})
_SPELLED = re.compile(r"(?P<base>[a-z]+)(?: \((?P<rest>.+)\))?\Z")
_DECIMAL = re.compile(r"(?:decimal|numeric|number) ?\( ?(?P<precision>\d+) ?(?:, ?(?P<scale>\d+) ?)?\)\Z", re.I)
_BY_LOGICAL_TYPE: dict[str, Any] = {
    "string": "string",
    "boolean": "boolean",
    "date": {"type": "int", "logicalType": "date"},
    "time": {"type": "long", "logicalType": "time-micros"},
    "timestamp": {"type": "long", "logicalType": "timestamp-micros"},
}
_SMALL = frozenset({"int", "integer", "int4", "int32", "smallint", "tinyint"})
_FLOATING = frozenset({"double", "double precision", "float", "float8", "float64", "real"})


def field_of(prop: Json, path: str, problems: Problems) -> Json:
    """The JSON of the Avro field that the property at `path` describes."""
    custom = custom_values(prop)
    rest = custom.get(AVRO)
    if rest is None:
        rest = _derived(prop, path, problems)
    elif not isinstance(rest, dict) or "type" not in rest:
        problems.add(f"{path}.customProperties.{AVRO}", 'the rest of an Avro field is needed here: {"type": …}')
        rest = {"type": "null"}
    label = {"vi": prop.get("businessName"), "en": custom.get("labelEn")}
    label = {language: text for language, text in label.items() if text is not None}
    words = {"class": prop.get("classification"), "label": label or None, "doc": prop.get("description")}
    words["unit"] = custom.get("unit")
    return {"name": prop.get("name"), **rest, **{name: value for name, value in words.items() if value is not None}}


def _derived(prop: Json, path: str, problems: Problems) -> Json:
    avro = type_of(prop, path, problems)
    return {"type": avro} if prop.get("required") is True else {"type": ["null", avro], "default": None}


def type_of(prop: Json, path: str, problems: Problems) -> Any:
    """The Avro type of a property: by its physicalType where that is one of Avro's and agrees with its
    logicalType, else by its logicalType."""
    spelled = str(prop.get("physicalType") or "").strip()
    logical = prop.get("logicalType")
    found = _SPELLED.match(spelled)
    if found and logical in (None, LOGICAL_TYPES.get(_word(found["base"], found["rest"]))):
        avro = _by_spelling(prop, path, problems, found)
        if avro is not None:
            return avro
    return _by_logical_type(prop, path, problems, spelled)


def _word(base: str, rest: str | None) -> str:
    """The word of `LOGICAL_TYPES` that a spelling such as `long (timestamp-micros)` means."""
    if rest is not None and rest.startswith("decimal"):
        return "decimal"
    return rest if rest in LOGICAL_TYPES and base in _PRIMITIVES else base


def _by_spelling(prop: Json, path: str, problems: Problems, spelled: re.Match[str]) -> Any:
    base, rest = spelled["base"], spelled["rest"]
    if base in _PRIMITIVES:
        return base if rest is None else _logical(base, rest)
    if base == "enum" and rest and (symbols := allowed_values(prop)):
        return {"type": "enum", "name": rest, "symbols": symbols}
    if base == "record" and rest and prop.get("properties"):
        return {"type": "record", "name": rest, "fields": _nested(prop, path, problems)}
    if base == "array" and isinstance(prop.get("items"), dict):
        return {"type": "array", "items": _items(prop["items"], f"{path}.items", problems)}
    return None


def _logical(base: str, rest: str) -> Any:
    decimal = _DECIMAL.match(rest)
    if decimal:
        numbers = {"precision": int(decimal["precision"]), "scale": int(decimal["scale"] or 0)}
        return {"type": base, "logicalType": "decimal", **numbers}
    return {"type": base, "logicalType": rest} if rest in LOGICAL_TYPES else None


def _by_logical_type(prop: Json, path: str, problems: Problems, spelled: str) -> Any:
    logical = prop.get("logicalType")
    match logical:
        case "integer":
            return "int" if spelled.lower() in _SMALL else "long"
        case "number":
            return _number(spelled, path, problems)
        case "array" if isinstance(prop.get("items"), dict):
            return {"type": "array", "items": _items(prop["items"], f"{path}.items", problems)}
        case "array":
            problems.add(f"{path}.items", "an array needs items: the type of its members")
        case "object" if prop.get("properties"):
            return {"type": "record", "name": _pascal(prop), "fields": _nested(prop, path, problems)}
        case "object":
            problems.add(f"{path}.properties", "an object needs properties: the fields of the nested record")
        case str() if logical in _BY_LOGICAL_TYPE:
            return _BY_LOGICAL_TYPE[logical]
        case _:
            known = ", ".join([*_BY_LOGICAL_TYPE, "integer", "number", "object", "array"])
            problems.add(f"{path}.logicalType", f"{logical!r} has no type in Avro; write one of {known}")
    return "null"


def _number(spelled: str, path: str, problems: Problems) -> Any:
    decimal = _DECIMAL.match(spelled)
    if decimal:
        return _logical("bytes", f"decimal({decimal['precision']},{decimal['scale'] or 0})")
    if spelled.lower() in _FLOATING:
        return "double"
    problems.add(f"{path}.physicalType", "a number needs decimal(digits,decimals), such as decimal(12,2), or double")
    return "null"


def _nested(prop: Json, path: str, problems: Problems) -> list[Json]:
    listed = prop["properties"] if isinstance(prop["properties"], list) else []
    return [
        field_of(one, f"{path}.properties[{index}]", problems)
        for index, one in enumerate(listed)
        if isinstance(one, dict)
    ]


def _items(items: Json, path: str, problems: Problems) -> Any:
    avro = type_of(items, path, problems)
    return ["null", avro] if items.get("required") is False else avro


def _pascal(prop: Json) -> str:
    return pascal(str(prop.get("name") or "Item"))


def pascal(name: str) -> str:
    """A field's name as that of a type."""
    return name[:1].upper() + name[1:]
