"""What schemas and definitions must say beyond what Avro asks; each rule has a name and a level.

The rules themselves stand in `schemas.lint_rules`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from schemas.avro import Field, RecordSchema, record_type, without_null
from schemas.definition import Definition
from schemas.lint_rules import OFF, RULE_ROWS
from schemas.model import Array, AvroType, Enum, Fixed, Map, Primitive, Record, RecordField, Union, short_name
from schemas.ranks import CLASSES

# rule -> the level it has where nobody set another; what each asks for stands in its row
RULES: Mapping[str, str] = {name: row.level for name, row in RULE_ROWS.items()}
REFUSED_CLASSES = ("personal", "sensitive")
MONEY_UNITS = frozenset({"VND", "ĐỒNG", "DONG", "USD", "EUR", "GBP", "JPY", "CNY"})
MAX_DECIMAL_DIGITS = 18
_PASCAL = re.compile(r"[A-Z][a-z0-9]+([A-Z][a-z0-9]*)*\Z")
_CAMEL = re.compile(r"[a-z][a-z0-9]*([A-Z][a-z0-9]*)*\Z")
_SYMBOL = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_NAMESPACE = re.compile(r"[a-z][a-z0-9]*(\.[a-z][a-z0-9]*)+\Z")
_PAST = re.compile(r"(ed|en|wn|un|Set|Found|Put|Cut|Shut|Lost|Sold|Paid|Made|Built|Held|Sent|Left|Split)(?=[A-Z]|\Z)")
_WITHOUT_ZONE = ("local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos")
_OTHER_EXACTNESS = ("timestamp-millis", "timestamp-nanos")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. `place` is a full name with a path, or a definition's file name with one."""

    place: str
    rule: str
    level: str
    message: str


_NO_LEVELS: Mapping[str, str] = MappingProxyType({})


def lint_schema(
    schema: RecordSchema, levels: Mapping[str, str] = _NO_LEVELS, excepted: Collection[tuple[str, str]] = ()
) -> list[Finding]:
    """Everything the schema lacks, nested records included.

    `levels` are those set for a rule instead of its own; what is off is left out, and so is what is `excepted` as
    (rule, place).
    """
    found = _of_record(record_type(schema), schema.full_name, json.loads(schema.text), root=True)
    return _judged(found, levels, excepted)


def lint_definition(
    definition: Definition, levels: Mapping[str, str] = _NO_LEVELS, excepted: Collection[tuple[str, str]] = ()
) -> list[Finding]:
    """What the definition promises and its fields cannot keep; `levels` and `excepted` as in `lint_schema`."""
    parts = (_title_and_key, _places, _times, _sources, _fields_used)
    return _judged((found for part in parts for found in part(definition)), levels, excepted)


def _judged(
    findings: Iterable[Finding], levels: Mapping[str, str], excepted: Collection[tuple[str, str]]
) -> list[Finding]:
    """The findings that count, each with the level that is in force."""
    judged = [replace(one, level=levels.get(one.rule, one.level)) for one in findings]
    return [one for one in judged if one.level != OFF and (one.rule, one.place) not in excepted]


def _finding(place: str, rule: str, message: str) -> Finding:
    return Finding(place, rule, RULES[rule], message)


def _of_record(record: Record, place: str, document: Any, *, root: bool = False) -> Iterator[Finding]:
    name = short_name(record.name)
    if not _PASCAL.match(name):
        yield _finding(place, "record-name", f"{name} is not of the form PascalCase")
    if root:
        yield from _of_root(record, place, document)
    for field in record.fields:
        yield from _of_field(field, f"{place}.{field.name}")


def _of_root(record: Record, place: str, document: dict[str, Any]) -> Iterator[Finding]:
    namespace = record.name.rpartition(".")[0]
    if not _NAMESPACE.match(namespace):
        yield _finding(place, "namespace-missing", "a namespace of two or more lower-case parts is needed")
    if not str(document.get("doc") or "").strip():
        yield _finding(place, "doc-missing", "the record needs a doc: what happened, in a sentence")
    if not _PAST.search(short_name(record.name)):
        yield _finding(place, "event-name", "an event is named in the past tense: what happened")


def _of_field(field: RecordField, place: str) -> Iterator[Finding]:
    yield from _attributes(field.document, place)
    if not _CAMEL.match(field.name):
        yield _finding(place, "field-name", f"{field.name} is not of the form lowerCamelCase")
    one, nullable = without_null(field.type)
    if nullable and field.default is not None:
        yield _finding(place, "nullable-without-default", 'a field that may be null needs "default": null')
    unit = field.document.get("unit")
    yield from _of_type(one, place, unit if isinstance(unit, str) and unit.strip() else None)
    yield from _invalid_logical(field.document["type"], one, place)


def _attributes(document: dict[str, Any], place: str) -> Iterator[Finding]:
    classification = document.get("class")
    if classification not in CLASSES:
        yield _finding(place, "class-missing", f"needs a class: {', '.join(CLASSES)}")
    elif classification in REFUSED_CLASSES:
        yield _finding(place, "class-refused", f"{classification} fields are refused until they can be encrypted")
    label = document.get("label")
    texts = label if isinstance(label, dict) else {}
    for language in ("vi", "en"):
        if not str(texts.get(language) or "").strip():
            yield _finding(place, "label-missing", f"needs a label in the language {language}")
    if not str(document.get("doc") or "").strip():
        yield _finding(place, "doc-missing", "needs a doc: what the value says, in a sentence")


def _of_type(avro: AvroType, place: str, unit: str | None) -> Iterator[Finding]:
    """Findings about the type of a field; numbers in lists and maps take the unit of the field."""
    match avro:
        case Primitive() | Fixed():
            yield from _of_value(avro, place, unit)
        case Enum():
            wrong = [one for one in avro.symbols if not _SYMBOL.match(one)]
            if wrong:
                yield _finding(place, "enum-symbol", f"symbols are of the form UPPER_CASE, not {', '.join(wrong)}")
        case Array():
            yield from _of_type(without_null(avro.items)[0], f"{place}[]", unit)
        case Map():
            yield from _of_type(without_null(avro.values)[0], f"{place}{{}}", unit)
        case Union():
            yield _finding(place, "bare-union", "a field is of one type, or of one type or null")
        case Record():
            yield from _of_record(avro, place, None)


def _of_value(avro: Primitive | Fixed, place: str, unit: str | None) -> Iterator[Finding]:
    logical = avro.logical.name if avro.logical is not None else None
    if logical in _WITHOUT_ZONE:
        yield _finding(place, "timestamp-without-zone", f"{logical} names no instant: use timestamp-micros")
    elif logical in _OTHER_EXACTNESS:
        yield _finding(place, "timestamp-without-zone", f"{logical}: instants are timestamp-micros here")
    elif logical == "decimal" and avro.logical is not None and avro.logical.precision > MAX_DECIMAL_DIGITS:
        yield _finding(place, "decimal-too-long", f"a decimal has at most {MAX_DECIMAL_DIGITS} digits")
    kind = avro.type if isinstance(avro, Primitive) else "fixed"
    if unit is None and (logical == "decimal" or (logical is None and kind in ("int", "long", "float", "double"))):
        yield _finding(place, "unit-missing", "a number needs a unit (UCUM, VND, person …; 1 for a mere number)")
    if _is_money(unit) and kind in ("float", "double"):
        yield _finding(place, "money-as-float", f"{unit} is kept as long or decimal, never as {kind}")


def _is_money(unit: str | None) -> bool:
    """Whether a word of the unit is a currency: VND, VND/m3, triệu đồng."""
    return not MONEY_UNITS.isdisjoint(re.split(r"[\W\d_]+", (unit or "").upper()))


def _invalid_logical(document: Any, one: AvroType, place: str) -> Iterator[Finding]:
    """Avro ignores a logical type it does not know or that does not fit; here that is an error."""
    for branch in document if isinstance(document, list) else [document]:
        wanted = branch.get("logicalType") if isinstance(branch, dict) else None
        if wanted is not None and (not isinstance(one, Primitive | Fixed) or one.logical is None):
            yield _finding(place, "logical-type-invalid", f"{wanted} is unknown, or does not fit the type it stands on")


def _at(definition: Definition, name: str) -> str:
    return f"{definition.registry}.yaml: {name}"


def _title_and_key(definition: Definition) -> Iterator[Finding]:
    if definition.record[definition.title_field].classification != "open":
        yield _finding(_at(definition, "title_field"), "title-not-open", "the title is shown to all and must be open")
    for rule in definition.events.values():
        fields = definition.schemas[rule.schema].fields
        for name in (*rule.key, *([rule.survivor] if rule.survivor else ())):
            if fields[name].classification != "open":
                place = _at(definition, f"events.{rule.type}.key")
                yield _finding(place, "key-not-open", f"{name} stands in addresses and must be open")


def _places(definition: Definition) -> Iterator[Finding]:
    for name in definition.geometry or ():
        if definition.record[name].kind not in ("double", "decimal"):
            yield _finding(_at(definition, "geometry"), "geometry-not-number", f"{name} is no double or decimal")


def _times(definition: Definition) -> Iterator[Finding]:
    if definition.limit_s < definition.cadence_s:
        yield _finding(
            _at(definition, "limit"), "limit-below-cadence", "what is late must not be less than the cadence"
        )


def _sources(definition: Definition) -> Iterator[Finding]:
    for index, claims in enumerate(definition.claims):
        if any(rule.source == claims.source and not rule.events for rule in definition.authority):
            place = _at(definition, f"claims[{index}].source")
            yield _finding(place, "claims-by-authority", f"{claims.source} decides everything and so claims nothing")


def _fields_used(definition: Definition) -> Iterator[Finding]:
    for name in definition.sortable:
        if definition.record[name].kind in ("json", "bytes", "strings"):
            yield _finding(_at(definition, "sortable"), "sort-not-possible", f"{name} has no order")
    for name in definition.search:
        if definition.record[name].kind not in ("string", "strings", "enum"):
            yield _finding(_at(definition, "search"), "search-not-text", f"{name} is no text")
    for place in ("search", "sortable", "indexes"):
        for name in getattr(definition, place):
            if _closed(definition.record[name]):
                yield _finding(
                    _at(definition, place), "public-field-closed", f"{name} is not open: only some may use it"
                )


def _closed(field: Field) -> bool:
    return field.classification != "open"
