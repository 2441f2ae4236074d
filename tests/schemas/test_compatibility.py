"""Verdicts written by hand from the specification ("Schema Resolution") and Java's SchemaCompatibility."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.compatibility import LEVELS, check, check_level, check_texts
from schemas.model import AvroType, parse_type


def enum(*symbols: str, name: str = "E", **attributes: Any) -> dict[str, Any]:
    return {"type": "enum", "name": name, "symbols": list(symbols), **attributes}


def fixed(size: int, name: str = "F", **attributes: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size, **attributes}


def record(*fields: dict[str, Any], name: str = "R", **attributes: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **attributes}


def field(name: str, avro: Any, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "type": avro, **attributes}


def array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def mapping(values: Any) -> dict[str, Any]:
    return {"type": "map", "values": values}


def decimal(precision: int, scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


LIST = record(field("head", "int"), field("tail", ["null", "R"]))
LONG_LIST = record(field("head", "long"), field("tail", ["null", "R"]))
A, B = field("a", "int"), field("b", "string")

# reader, writer
COMPATIBLE = [
    ("long", "int"),
    ("float", "int"),
    ("double", "int"),
    ("float", "long"),
    ("double", "long"),
    ("double", "float"),
    ("bytes", "string"),
    ("string", "bytes"),
    (array("long"), array("int")),
    (mapping("double"), mapping("float")),
    (fixed(2), fixed(2)),
    (fixed(2, "n.F"), fixed(2, "m.F")),
    (fixed(2, "G", aliases=["F"]), fixed(2)),
    (enum("A", "B"), enum("A")),
    (enum("A", default="A"), enum("A", "B")),
    (enum("A", name="n.E"), enum("A", name="m.E")),
    (["null", "string"], "string"),
    (["null", "string"], ["string", "null"]),
    (["long", "string"], ["int"]),
    ("string", ["string"]),
    ("double", ["int", "float"]),
    ("string", []),
    (record(A), record(A, B)),
    (record(A, field("b", "string", default="")), record(A)),
    (record(A, field("b", ["null", "string"], default=None)), record(A)),
    (record(field("x", "int", aliases=["a"])), record(A)),
    (record(A, name="n.R"), record(A, name="m.R")),
    (record(A, name="S", aliases=["R"]), record(A)),
    (record(A, name="n.S", aliases=["R"]), record(A, name="n.R")),
    (LONG_LIST, LIST),
    (LIST, LIST),
    (decimal(9, 2), decimal(4, 0)),
    ({"type": "long", "logicalType": "timestamp-micros"}, {"type": "long", "logicalType": "timestamp-millis"}),
    ({"type": "int", "logicalType": "date"}, "int"),
]

# reader, writer, [(type, JSON pointer)]
INCOMPATIBLE = [
    ("int", "long", [("TYPE_MISMATCH", "/")]),
    ("int", "null", [("TYPE_MISMATCH", "/")]),
    ("float", "double", [("TYPE_MISMATCH", "/")]),
    ("long", "float", [("TYPE_MISMATCH", "/")]),
    ("boolean", "int", [("TYPE_MISMATCH", "/")]),
    ("string", "int", [("TYPE_MISMATCH", "/")]),
    ("bytes", fixed(2), [("TYPE_MISMATCH", "/")]),
    (array("int"), mapping("int"), [("TYPE_MISMATCH", "/")]),
    (array("int"), array("long"), [("TYPE_MISMATCH", "/items")]),
    (mapping(array("int")), mapping(array("string")), [("TYPE_MISMATCH", "/values/items")]),
    (fixed(2), fixed(3), [("FIXED_SIZE_MISMATCH", "/size")]),
    (fixed(2, "G"), fixed(3), [("NAME_MISMATCH", "/name"), ("FIXED_SIZE_MISMATCH", "/size")]),
    (enum("A"), enum("A", "B"), [("MISSING_ENUM_SYMBOLS", "/symbols")]),
    (enum("A", name="G"), enum("A"), [("NAME_MISMATCH", "/name")]),
    (record(A, name="S"), record(A), [("NAME_MISMATCH", "/name")]),
    (record(A, B), record(A), [("READER_FIELD_MISSING_DEFAULT_VALUE", "/fields/1")]),
    (
        record(field("b", ["null", "string"])),
        record(A),
        [("READER_FIELD_MISSING_DEFAULT_VALUE", "/fields/0")],
    ),
    (record(field("e", enum("A", default="A"))), record(A), [("TYPE_MISMATCH", "/fields/0/type")]),
    (record(A, field("b", "int")), record(A, B), [("TYPE_MISMATCH", "/fields/1/type")]),
    (
        record(field("e", enum("A"))),
        record(field("e", enum("B"))),
        [("MISSING_ENUM_SYMBOLS", "/fields/0/type/symbols")],
    ),
    (["null", "int"], "string", [("MISSING_UNION_BRANCH", "/")]),
    (["null", "int"], ["null", "string", "boolean"], [("MISSING_UNION_BRANCH", "/1"), ("MISSING_UNION_BRANCH", "/2")]),
    ("string", ["null", "string"], [("TYPE_MISMATCH", "/0")]),
    (
        record(field("a", ["null", "int"])),
        record(field("a", ["null", "string"])),
        [("MISSING_UNION_BRANCH", "/fields/0/type/1")],
    ),
    # the pair of lists is being checked when it comes again in the tail, and counts as compatible there
    (LIST, LONG_LIST, [("TYPE_MISMATCH", "/fields/0/type")]),
    (record(field("x", "int", aliases=["a", "c"])), record(A, field("c", "int")), [("AMBIGUOUS_FIELD", "/fields/0")]),
    (record(field("a", "int", aliases=["c"])), record(A, field("c", "int")), [("AMBIGUOUS_FIELD", "/fields/0")]),
]


@pytest.mark.parametrize(("reader", "writer"), COMPATIBLE)
def test_what_can_be_read_is_compatible(reader: Any, writer: Any) -> None:
    assert check_texts(json.dumps(reader), json.dumps(writer)) == []


@pytest.mark.parametrize(("reader", "writer", "reasons"), INCOMPATIBLE)
def test_what_cannot_be_read_is_told_with_its_places(reader: Any, writer: Any, reasons: list[tuple[str, str]]) -> None:
    assert [(one.type, one.path) for one in check(parse_type(reader), parse_type(writer))] == reasons


def test_a_reason_is_told_in_both_languages() -> None:
    reason = check_texts(json.dumps(record(A, B)), json.dumps(record(A)))[0]
    assert reason.detail == "b"
    assert "trường b" in reason.message_vi
    assert "field b" in reason.message_en


ONE, TWO, THREE = record(A), record(A, field("b", "int", default=0)), record(A, field("c", "int"))


def types(*documents: Any) -> list[AvroType]:
    return [parse_type(one) for one in documents]


@pytest.mark.parametrize(
    ("level", "new", "versions", "allowed"),
    [
        ("NONE", "int", ["string"], True),
        ("BACKWARD", "long", ["int", "string"], True),
        ("BACKWARD_TRANSITIVE", "long", ["int", "boolean"], False),
        ("BACKWARD", "int", ["long"], False),
        ("FORWARD", "int", ["long"], True),
        ("FORWARD", "long", ["int"], False),
        ("FORWARD_TRANSITIVE", "int", ["long", "boolean"], False),
        ("FULL", TWO, [ONE], True),
        ("FULL", THREE, [ONE], False),
        ("FULL", "long", ["int"], False),
        ("FULL_TRANSITIVE", TWO, [ONE, THREE], False),
        ("BACKWARD", "int", [], True),
    ],
)
def test_a_level_says_who_must_read_whom(level: str, new: Any, versions: list[Any], allowed: bool) -> None:
    assert (check_level(parse_type(new), types(*versions), level) == []) is allowed


def test_there_are_the_seven_levels_of_confluent() -> None:
    assert set(LEVELS) == {"NONE"} | {
        name + suffix for name in ("BACKWARD", "FORWARD", "FULL") for suffix in ("", "_TRANSITIVE")
    }
