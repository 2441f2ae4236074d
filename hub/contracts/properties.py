"""Properties of a contract that describe Avro fields, so that `field_of` builds the very same field again."""

from __future__ import annotations

from typing import Any

from hub.contracts.elements import Json, Problems, custom_list, without_empty
from hub.contracts.fields import AVRO, LOGICAL_TYPES, field_of
from schemas.avro import without_null
from schemas.model import Array, AvroType, Enum, Logical, Primitive, Record, RecordField, short_name, type_name

LANGUAGES = frozenset({"vi", "en"})
# what of a property the custom property `avro` says as well
SHAPE = ("logicalType", "physicalType", "required", "items", "properties")


def property_of(field: RecordField, seen: tuple[Record, ...] = ()) -> Json:
    """The property that describes `field`; `seen` are the records it stands in."""
    document, words = field.document, _words(field.document)
    one, nullable = without_null(field.type)
    label = words.get("label", {})
    custom = {"labelEn": label.get("en"), "unit": words.get("unit")}
    described = {
        "name": field.name,
        "businessName": label.get("vi"),
        **shape_of(one, seen),
        "required": not nullable,
        "classification": words.get("class"),
        "description": words.get("doc"),
    }
    told = without_empty(described | {"customProperties": custom_list(custom)})
    if _tells(told, document):
        return told
    rest = {name: value for name, value in document.items() if name not in words and name != "name"}
    return told | {"customProperties": custom_list(custom | {AVRO: rest})}


def _words(document: Json) -> Json:
    """What of a field's JSON the standard has words for."""
    words = {name: document[name] for name in ("class", "doc", "unit") if isinstance(document.get(name), str)}
    label = document.get("label")
    if (
        isinstance(label, dict)
        and label
        and label.keys() <= LANGUAGES
        and all(isinstance(v, str) for v in label.values())
    ):
        words["label"] = label
    return words


def _tells(prop: Json, document: Json) -> bool:
    """Whether the words of `prop` alone make the field."""
    problems = Problems()
    built = field_of(prop, "", problems)
    return not problems and built == document


def shape_of(avro: AvroType, seen: tuple[Record, ...] = ()) -> Json:
    """The type of a property in the words of the standard."""
    logical = avro.logical if isinstance(avro, Primitive) else None
    word = logical.name if logical is not None else type_name(avro)
    shape: Json = {"logicalType": LOGICAL_TYPES.get(word), "physicalType": spelling(avro)}
    match avro:
        case Enum():
            shape["quality"] = [one_of(avro.symbols)]
        case Array():
            shape["items"] = _items_of(avro.items, seen)
        case Record() if avro not in seen:
            shape["properties"] = [property_of(one, (*seen, avro)) for one in avro.fields]
    if word == "uuid":
        shape["logicalTypeOptions"] = {"format": "uuid"}
    return shape


def _items_of(avro: AvroType, seen: tuple[Record, ...]) -> Json:
    """The members of an array; their values are told without a rule, which tools only run on whole columns."""
    one, nullable = without_null(avro)
    shape = shape_of(one, seen)
    if isinstance(one, Enum):
        del shape["quality"]
        shape["customProperties"] = custom_list({"enum": list(one.symbols)})
    return without_empty(shape | ({"required": False} if nullable else {}))


def spelling(avro: AvroType) -> str:
    """The Avro type in a few words: `long (timestamp-micros)`, `bytes (decimal(6,1))`, `enum (Kind)`."""
    if isinstance(avro, Primitive):
        return avro.type if avro.logical is None else f"{avro.type} ({_logical_spelling(avro.logical)})"
    name = getattr(avro, "name", None)
    return type_name(avro) if name is None else f"{type_name(avro)} ({short_name(name)})"


def _logical_spelling(logical: Logical) -> str:
    return f"decimal({logical.precision},{logical.scale})" if logical.name == "decimal" else logical.name


def one_of(values: Any) -> Json:
    """The rule that a property takes no other value than these."""
    return {
        "type": "library",
        "metric": "invalidValues",
        "arguments": {"validValues": list(values)},
        "mustBe": 0,
        "dimension": "conformity",
    }
