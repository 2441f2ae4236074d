"""Whether defaults are what Avro's Java library takes (`Schema.isValidDefault`, 1.12).

Laxer than the specification, and what existing registries hold: any text for an enum, a fixed or bytes,
whatever its length or symbols. The hub's own registries ask for more (`schemas.defaults`).
"""

from __future__ import annotations

from typing import Any

from schemas.binary import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN
from schemas.errors import AvroInvalid
from schemas.model import NO_DEFAULT, Array, AvroType, Enum, Fixed, Map, Primitive, Record, RecordField, Union


def check_java_defaults(avro: AvroType) -> None:
    """Refuses a field whose default Java refuses, anywhere in `avro`; raises `AvroInvalid`."""
    _check(avro, "", set())


def _check(avro: AvroType, place: str, seen: set[int]) -> None:
    if id(avro) in seen:
        return
    seen.add(id(avro))
    match avro:
        case Array():
            _check(avro.items, f"{place}/items", seen)
        case Map():
            _check(avro.values, f"{place}/values", seen)
        case Union():
            for index, one in enumerate(avro.branches):
                _check(one, f"{place}/{index}", seen)
        case Record():
            for index, field in enumerate(avro.fields):
                at = f"{place}/fields/{index}"
                _check(field.type, f"{at}/type", seen)
                if field.default is not NO_DEFAULT and not (_fits(field.type, field.default) or _is_no_number(field)):
                    raise AvroInvalid(f"{at}/default", f"the default {field.default!r} is no value of the field's type")


def _is_no_number(field: RecordField) -> bool:
    """Whether it is one of the texts that Java's numbers have for what JSON has no number for."""
    return (
        isinstance(field.type, Primitive)
        and field.type.type in ("float", "double")
        and field.default in ("NaN", "Infinity", "-Infinity")
    )


def _fits(avro: AvroType, value: Any) -> bool:
    match avro:
        case Primitive():
            return _fits_primitive(avro.type, value)
        case Fixed() | Enum():
            return isinstance(value, str)
        case Array():
            return isinstance(value, list) and all(_fits(avro.items, one) for one in value)
        case Map():
            return isinstance(value, dict) and all(_fits(avro.values, one) for one in value.values())
        case Union():
            return any(_fits(one, value) for one in avro.branches)
        case Record():
            return isinstance(value, dict) and all(
                _fits(field.type, value.get(field.name, field.default)) for field in avro.fields
            )


def _fits_primitive(kind: str, value: Any) -> bool:
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "string" | "bytes":
            return isinstance(value, str)
        case "float" | "double":
            return isinstance(value, int | float) and not isinstance(value, bool)
    low, high = (INT_MIN, INT_MAX) if kind == "int" else (LONG_MIN, LONG_MAX)
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
