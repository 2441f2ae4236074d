"""Schemas that are not Avro are refused with the place in their JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.avro import parse_record_schema, record_type
from schemas.defaults import check_defaults
from schemas.errors import AvroInvalid
from schemas.model import Enum, Fixed, Primitive, Record, Union, parse_type
from tests.schemas.builders import field, one_field, record


def rec(*fields: Any, **attributes: Any) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": list(fields), **attributes}


FIXED = {"type": "fixed", "name": "F", "size": 1}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ("integer", "/"),
        (5, "/"),
        ({}, "/"),
        ({"type": "array"}, "/"),
        ({"type": "map"}, "/"),
        ({"type": "fixed", "name": "F", "size": -1}, "/size"),
        ({"type": "fixed", "name": "F", "size": "1"}, "/size"),
        ({"type": "fixed", "name": "int", "size": 1}, "/name"),
        ({"type": "enum", "name": "E"}, "/symbols"),
        ({"type": "enum", "name": "E", "symbols": ["a-b"]}, "/symbols/0"),
        ({"type": "enum", "name": "E", "symbols": ["A", "A"]}, "/symbols/1"),
        ({"type": "enum", "name": "E", "symbols": ["A"], "default": "B"}, "/default"),
        (["null", "null"], "/1"),
        (["null", ["int"]], "/1"),
        ([FIXED, "F", "int"], "/1"),
        (rec(name="1R"), "/name"),
        (rec(name="Tên gì"), "/name"),
        (rec(namespace="a..b"), "/namespace"),
        ({"type": "record", "name": "R"}, "/fields"),
        (rec({"name": "a"}), "/fields/0"),
        (rec({"name": "a-b", "type": "int"}), "/fields/0/name"),
        (rec({"name": "a", "type": "int"}, {"name": "a", "type": "int"}), "/fields/1/name"),
        (rec({"name": "a", "type": "Unknown"}), "/fields/0/type"),
        (rec({"name": "a", "type": FIXED}, {"name": "b", "type": FIXED | {"size": 9}}), "/fields/1/type/name"),
        (rec({"name": "a", "type": "int", "order": "up"}), "/fields/0/order"),
        (rec({"name": "a", "type": "int", "aliases": "b"}), "/fields/0/aliases"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(document: Any, place: str) -> None:
    with pytest.raises(AvroInvalid) as caught:
        parse_type(document)
    assert caught.value.place == place


@pytest.mark.parametrize(
    ("avro", "default"),
    [
        ("int", 2**31),
        ("int", "1"),
        ("int", True),
        ("long", 1.0),
        ("string", None),
        ("boolean", 0),
        ("bytes", "Ā"),
        pytest.param("double", 10**400, id="too-large"),
        (FIXED, "ab"),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, "B"),
        ({"type": "array", "items": "int"}, ["a"]),
        ({"type": "map", "values": "int"}, []),
        (["null", "int"], "a"),
        (rec({"name": "a", "type": "int"}, name="Q"), {}),
    ],
)
def test_a_default_that_is_no_value_of_its_field_is_refused(avro: Any, default: Any) -> None:
    with pytest.raises(AvroInvalid) as caught:
        check_defaults(parse_type(rec({"name": "f", "type": avro, "default": default})))
    assert caught.value.place.startswith("/fields/0/default")


def test_a_unions_default_may_be_of_any_branch() -> None:
    """Specification 1.12, "Unions": since 1.12 the default must be of one of the branches, not of the first."""
    assert one_field(["null", "string"], default="x").fields["value"].nullable


def test_names_take_the_namespace_around_them() -> None:
    inner = {"type": "enum", "name": "E", "symbols": ["A"]}
    other = {"type": "fixed", "name": "m.F", "size": 1}
    parsed = parse_type(rec({"name": "e", "type": inner}, {"name": "f", "type": other}, namespace="n"))
    assert isinstance(parsed, Record)
    assert parsed.name == "n.R"
    assert [one.type.name for one in parsed.fields if isinstance(one.type, Enum | Fixed)] == ["n.E", "m.F"]


@pytest.mark.parametrize(
    "document",
    [
        {"type": "string", "logicalType": "decimal", "precision": 2},
        {"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 3},
        {"type": "bytes", "logicalType": "decimal"},
        {"type": "int", "logicalType": "timestamp-micros"},
        {"type": "int", "logicalType": "nonsense"},
    ],
)
def test_a_logical_type_that_does_not_fit_is_not_there(document: Any) -> None:
    """Specification 1.12, "Logical Types": implementations must ignore invalid and unknown logical types."""
    parsed = parse_type(document)
    assert isinstance(parsed, Primitive)
    assert parsed.logical is None


@pytest.mark.parametrize(
    ("avro", "kind", "nullable"),
    [
        ("string", "string", False),
        (["null", "long"], "int", True),
        (["string", "null"], "string", True),
        ("float", "double", False),
        ({"type": "string"}, "string", False),
        ({"type": "string", "logicalType": "uuid"}, "uuid", False),
        ({"type": "int", "logicalType": "date"}, "date", False),
        ({"type": "long", "logicalType": "timestamp-micros"}, "instant", False),
        ({"type": "int", "logicalType": "time-millis"}, "time-of-day", False),
        ({"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 1}, "decimal", False),
        ({"type": "bytes", "logicalType": "decimal", "precision": 0}, "bytes", False),
        ({"type": "fixed", "name": "F", "size": 2}, "bytes", False),
        ({"type": "array", "items": {"type": "string"}}, "strings", False),
        ({"type": "array", "items": "int"}, "json", False),
        ({"type": "map", "values": "int"}, "json", False),
        (["null", "int", "string"], "json", True),
    ],
)
def test_the_kind_of_a_field_is_what_its_values_mean(avro: Any, kind: str, nullable: bool) -> None:
    value = one_field(avro).fields["value"]
    assert (value.kind, value.nullable) == (kind, nullable)


def test_a_field_of_a_type_defined_before_has_its_kind_and_symbols() -> None:
    level = {"type": "enum", "name": "Level", "symbols": ["LOW", "HIGH"]}
    other = record(field("first", level), field("second", ["null", "Level"])).fields["second"]
    assert (other.kind, other.symbols, other.nullable) == ("enum", ("LOW", "HIGH"), True)


def test_a_field_keeps_what_the_schema_says_of_it() -> None:
    money = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
    value = one_field(["null", money], unit="VND", default=None).fields["value"]
    assert (value.classification, value.label_vi, value.label_en, value.unit) == ("open", "Tên", "Name", "VND")
    assert (value.precision, value.scale, value.avro) == (9, 2, money)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "a.avsc"),
        ('"string"', "a.avsc"),
        (json.dumps(rec({"name": "a", "type": "nonsense"})), "a.avsc/fields/0/type"),
        (json.dumps(rec({"name": "a", "type": "int", "default": "x"})), "a.avsc/fields/0/default"),
        (json.dumps(rec({"name": "a", "type": "int", "label": "x"})), "a.avsc/fields/0/label"),
        pytest.param('{"type":"record","name":"R","fields":' + "[" * 100_000, "a.avsc", id="nested-too-deeply"),
    ],
)
def test_an_unusable_schema_is_refused_with_its_file_and_place(text: str, place: str) -> None:
    with pytest.raises(AvroInvalid) as caught:
        parse_record_schema(text, "a.avsc")
    assert caught.value.place == place


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (rec({"name": "a", "type": FIXED}, {"name": "b", "type": FIXED}), "/fields/1/type"),
        (rec({"name": "a", "type": "F"}, {"name": "b", "type": FIXED}), "/fields/0/type"),
        (rec({"name": "a", "type": "double", "default": "1.5"}), "/fields/0/default"),
        (rec({"name": "a", "type": "int", "order": "IGNORE"}), "/fields/0/order"),
        (rec(namespace=5), "/namespace"),
        (rec(name="Tên"), ""),
        (rec({"name": "giá", "type": "int"}), ""),
        (rec({"name": "a", "type": {"type": "enum", "name": "E", "symbols": ["Đ"]}}), ""),
    ],
)
def test_what_only_java_takes_is_no_schema_of_an_event(document: Any, place: str) -> None:
    """Free subjects may hold it (tests/schema_registry/java_cases.txt); events are read by every implementation."""
    parse_type(document)
    with pytest.raises(AvroInvalid) as caught:
        parse_record_schema(json.dumps(document), "a.avsc")
    assert caught.value.place == f"a.avsc{place}"


def test_comments_are_no_part_of_an_events_schema() -> None:
    with pytest.raises(AvroInvalid, match="not JSON"):
        parse_record_schema(f"/* c */ {json.dumps(rec())}")


def test_the_guid_does_not_depend_on_spelling_and_does_on_attributes() -> None:
    one = one_field("int", unit="m")
    assert parse_record_schema(json.dumps(json.loads(one.text), indent=3, sort_keys=True)).guid == one.guid
    assert one_field("int", unit="km").guid != one.guid


def test_a_union_stays_a_union() -> None:
    assert isinstance(record_type(one_field(["null", "int", "string"])).fields[0].type, Union)


@pytest.mark.parametrize(
    ("own", "within", "found"),
    [("open", "restricted", "restricted"), ("shared", "open", "shared"), ("open", ..., "open"), (..., "open", None)],
)
def test_a_field_has_the_strictest_class_of_itself_and_what_it_holds(own: Any, within: Any, found: Any) -> None:
    edge = rec(field("share", "string", **{"class": within}), name="Edge")
    value = one_field({"type": "array", "items": ["null", edge]}, **{"class": own}).fields["value"]
    assert value.classification == found
