"""Events for the record of a contract from elsewhere: it is registered, it changes, it is retired."""

from __future__ import annotations

import re
from typing import Any

from hub.contracts.elements import Json, Problems, allowed_values, custom_list, custom_values, find_text, list_elements
from hub.contracts.errors import ContractAmbiguous
from hub.contracts.fields import AVRO, field_of, pascal
from schemas.classes import CLASSES

# words that other contracts use for a class
_CLASSES = {"public": "open", "internal": "shared", "confidential": "restricted", "pii": "personal"}
_SYMBOL = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_NUMBERS = frozenset({"integer", "number"})
_CHANGED: Json = {
    "name": "changed",
    "businessName": "Trường thay đổi",
    "logicalType": "array",
    "physicalType": "array",
    "items": {"logicalType": "string", "physicalType": "string"},
    "required": True,
    "classification": "open",
    "description": "Names of the fields this event sets; one listed here and null was emptied.",
    "customProperties": custom_list({"labelEn": "Changed fields"}),
}


def foreign_events(
    objects: list[tuple[str, Json]], head: Json, record: str | None, problems: Problems
) -> list[tuple[str, Json]]:
    """The three events, each with the path of the object it was made of; the title is set in `head`.

    Raises `ContractAmbiguous` where several objects could be the record and none is named.
    """
    chosen = _choose(objects, record, problems)
    if chosen is None:
        return []
    path, found = chosen
    listed = list(list_elements(found, "properties", path, problems))
    properties = [_converted(place, one, problems) for place, one in listed]
    for (place, _), one in zip(listed, properties, strict=True):
        field_of(one, place, problems)
    key = [one for one in properties if one.get("primaryKey") is True]
    if not key:
        problems.add(f"{path}.properties", "no property has primaryKey: true; a record needs a key of one or more")
    head.setdefault("title_field", _title_field(properties, key))
    return [(path, one) for one in _events(found, head, properties)] if key else []


def _choose(objects: list[tuple[str, Json]], record: str | None, problems: Problems) -> tuple[str, Json] | None:
    names = [str(one.get("name")) for _, one in objects]
    if record is not None:
        if record not in names:
            raise ContractAmbiguous(names, chosen=record)
        return objects[names.index(record)]
    if len(objects) > 1:
        raise ContractAmbiguous(names)
    if not objects:
        problems.add("schema", "the contract has no schema object, and a registry needs one: its record")
        return None
    return objects[0]


def _title_field(properties: list[Json], key: list[Json]) -> str | None:
    """The first open text that is no part of the key, else the key's first field."""
    texts = [one for one in properties if one.get("logicalType") == "string" and one.get("classification") == "open"]
    other = [one for one in texts if one not in key]
    found = next(iter([*other, *key, *properties]), None)
    return found["name"] if found else None


def _events(found: Json, head: Json, properties: list[Json]) -> list[Json]:
    base, registry = pascal(camel(str(found.get("name") or head["registry"]))), str(head["registry"])
    space = custom_values(found).get("namespace") or f"hub.{registry.replace('-', '')}"
    key = [one | {"required": True} for one in properties if one.get("primaryKey") is True]
    rest = [one for one in properties if one.get("primaryKey") is not True]
    changes = [_without_default(one) | {"required": False} for one in rest]
    made = {
        "Registered": ("put", "was registered", [*key, *rest]),
        "Changed": ("patch", "has changed in the fields named", [*key, _CHANGED, *changes]),
        "Retired": ("retire", "has ceased", key),
    }
    return [
        {
            "name": f"{base}{ending}",
            "physicalName": f"{space}.{base}{ending}",
            "description": f"A record of {registry} {told}.",
            "properties": fields,
            "customProperties": custom_list({"operation": operation}),
        }
        for ending, (operation, told, fields) in made.items()
    ]


def _without_default(prop: Json) -> Json:
    custom = custom_values(prop)
    custom.pop(AVRO, None)
    return prop | {"customProperties": custom_list(custom)}


def _converted(path: str, prop: Json, problems: Problems) -> Json:
    """The property in the hub's words; everything it lacks is noted."""
    given = find_text(prop, "name")
    if given is None or not _NAME.match(camel(given)):
        problems.add(f"{path}.name", f"{given!r} makes no name of a field: letters, digits and _ are needed")
    told = prop | {"name": camel(given or "unnamed"), "classification": _class_of(path, prop, problems)}
    _check_words(path, prop, problems)
    symbols = allowed_values(prop)
    if symbols and prop.get("logicalType") == "string" and all(map(_SYMBOL.match, symbols)):
        told["physicalType"] = f"enum ({pascal(told['name'])})"
    if isinstance(prop.get("items"), dict):
        told["items"] = _converted_parts(f"{path}.items", prop["items"], problems)
        if told["items"].get("properties"):
            told["items"]["physicalType"] = f"record ({pascal(told['name'])}Item)"
    return _converted_parts(path, told, problems)


def _converted_parts(path: str, prop: Json, problems: Problems) -> Json:
    nested = list(list_elements(prop, "properties", path, problems))
    return prop | {"properties": [_converted(place, one, problems) for place, one in nested]} if nested else prop


def _class_of(path: str, prop: Json, problems: Problems) -> str | None:
    given = str(prop.get("classification") or "").strip().lower()
    found = _CLASSES.get(given, given)
    if found not in CLASSES:
        told = f"{given!r} is no class" if given else "a class is missing"
        problems.add(f"{path}.classification", f"{told}: one of {', '.join((*CLASSES, *_CLASSES))}")
        return None
    return found


def _check_words(path: str, prop: Json, problems: Problems) -> None:
    custom = custom_values(prop)
    wanted: list[tuple[str, Any, str]] = [
        ("businessName", find_text(prop, "businessName"), "add the label in Vietnamese"),
        (
            "customProperties.labelEn",
            find_text(custom, "labelEn"),
            "add this custom property: the label in English",
        ),
        ("description", find_text(prop, "description"), "add what the value says, in a sentence"),
    ]
    if str(prop.get("logicalType")) in _NUMBERS:
        unit = "add the custom property unit (UCUM, VND, person …; 1 for a mere number)"
        wanted.append(("customProperties.unit", find_text(custom, "unit"), unit))
    for name, found, message in wanted:
        if found is None:
            problems.add(f"{path}.{name}", message)


def camel(name: str) -> str:
    """`order_id` and `Order ID` as orderId."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", name) if word]
    if not words:
        return ""
    first = words[0]
    first = first.lower() if first.isupper() else first[:1].lower() + first[1:]
    rest = [word.capitalize() if word.isupper() else word[:1].upper() + word[1:] for word in words[1:]]
    return "".join([first, *rest])
