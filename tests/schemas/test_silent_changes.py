"""What avro-java lets through and what it would do to the data; the examples are reckoned by hand."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.compatibility import check_level
from schemas.model import parse_type
from schemas.silent_changes import SilentChange, silent_changes


def decimal(precision: int, scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def money(precision: int, scale: int) -> dict[str, Any]:
    return {**decimal(precision, scale), "type": "fixed", "name": "Money", "size": 8}


def logical(base: str, name: str) -> dict[str, Any]:
    return {"type": base, "logicalType": name}


def enum(*symbols: str, **attributes: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "Level", "symbols": list(symbols), **attributes}


def record(*fields: dict[str, Any], name: str = "n.R") -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields)}


def value(avro: Any, **attributes: Any) -> dict[str, Any]:
    return record({"name": "value", "type": avro, **attributes})


def found(new: Any, old: Any) -> list[SilentChange]:
    return silent_changes(parse_type(new), parse_type(old))


def codes(new: Any, old: Any) -> list[tuple[str, str]]:
    return [(one.code, one.path) for one in found(new, old)]


MILLIS, MICROS = logical("long", "timestamp-millis"), logical("long", "timestamp-micros")
DATE = logical("int", "date")
AT = "/fields/0/type"

# old, new, what becomes of the data
MEANINGS = [
    (decimal(9, 2), decimal(9, 3), "decimal-scale", "12.34 would be read as 1.234"),
    (money(9, 2), money(9, 3), "decimal-scale", "12.34 would be read as 1.234"),
    (decimal(9, 2), decimal(9, 0), "decimal-scale", "12.34 would be read as 1234"),
    (decimal(9, 2), decimal(11, 2), "decimal-precision", "new data may have 11 digits where old readers expect 9"),
    (decimal(9, 2), decimal(8, 2), "decimal-precision", "old data may have 9 digits where new readers expect 8"),
    (MILLIS, MICROS, "logical-type", "2026-01-01T08:00:00Z would be read as 1970-01-21T10:54:14Z"),
    (MICROS, MILLIS, "logical-type", "2026-01-01T08:00:00Z would be read as ~57972"),
    (DATE, "int", "logical-type", "2026-01-01 would be read as 20454"),
    ("int", DATE, "logical-type", "20454 would be read as 2026-01-01"),
    (DATE, MILLIS, "logical-type", "2026-01-01 would be read as 1970-01-01T00:00:20Z"),
    (logical("int", "time-millis"), "int", "logical-type", "08:00:00 would be read as 28800000"),
    (logical("string", "uuid"), "string", "logical-type", "the stored bytes stay"),
    (decimal(9, 2), "bytes", "logical-type", "the stored bytes stay"),
]


@pytest.mark.parametrize(("old", "new", "code", "meaning"), MEANINGS)
def test_a_changed_meaning_is_told_with_an_example(old: Any, new: Any, code: str, meaning: str) -> None:
    change = found(value(new), value(old))[0]
    assert (change.code, change.path) == (code, AT)
    assert meaning in change.message_en
    assert change.message_en.startswith("value: ")
    assert change.message_vi.startswith("value: ")


@pytest.mark.parametrize(("old", "new", "code", "meaning"), MEANINGS)
def test_javas_rules_say_nothing_of_it(old: Any, new: Any, code: str, meaning: str) -> None:
    del code, meaning
    assert check_level(parse_type(value(new)), [parse_type(value(old))], "BACKWARD") == []


def test_numbers_are_written_as_each_language_writes_them() -> None:
    change = found(value(decimal(9, 3)), value(decimal(9, 2)))[0]
    assert "12,34 sẽ được đọc thành 1,234" in change.message_vi


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("int", "int"),
        ("int", "long"),
        (decimal(9, 2), decimal(9, 2)),
        (DATE, "string"),
        (logical("int", "nonsense"), "int"),
        (enum("A", "B"), enum("A")),
        (enum("A", default="A"), enum("A", "B", default="A")),
        ("int", ["null", "int"]),
    ],
)
def test_what_keeps_its_meaning_or_is_refused_anyway_is_not_told(old: Any, new: Any) -> None:
    assert found(value(new), value(old)) == []


def test_an_enum_that_swallows_a_symbol_is_told() -> None:
    change = found(value(enum("A", default="A")), value(enum("A", "B", "C")))[0]
    assert (change.code, change.path) == ("enum-narrowed", f"{AT}/symbols")
    assert "Level loses the symbols B, C; data that carry them would be read as A" in change.message_en


def test_another_unit_is_told() -> None:
    change = found(value("int", unit="km"), value("int", unit="m"))[0]
    assert (change.code, change.path) == ("unit", "/fields/0")
    assert "100 m would be taken for 100 km" in change.message_en
    assert codes(value("int"), value("int", unit="m")) == [("unit", "/fields/0")]


@pytest.mark.parametrize("name", ["m.R", "R"])
def test_another_namespace_under_the_same_name_is_told(name: str) -> None:
    change = found(record(name=name), record())[0]
    assert (change.code, change.path) == ("namespace", "/name")
    assert "programs that look for n.R do not find it" in change.message_en
    assert found(record(name="n.S"), record()) == []


@pytest.mark.parametrize(
    ("around", "path"),
    [
        (lambda one: {"type": "array", "items": one}, f"{AT}/items"),
        (lambda one: {"type": "map", "values": one}, f"{AT}/values"),
        (lambda one: ["null", one], f"{AT}/1"),
        (lambda one: ["null", {"type": "array", "items": ["null", one]}], f"{AT}/1/items/1"),
        (lambda one: record({"name": "inner", "type": one}, name="S"), f"{AT}/fields/0/type"),
    ],
)
def test_changes_within_are_found(around: Any, path: str) -> None:
    assert codes(value(around(MICROS)), value(around(MILLIS))) == [("logical-type", path)]


def test_a_type_is_compared_when_null_comes_beside_it() -> None:
    assert codes(value(["null", MICROS]), value(MILLIS)) == [("logical-type", f"{AT}/1")]
    assert codes(value(MICROS), value([MILLIS, "null"])) == [("logical-type", AT)]


def test_a_renamed_field_is_compared_with_what_it_was_called() -> None:
    old = record({"name": "other", "type": "int"}, {"name": "at", "type": MILLIS})
    new = record({"name": "moment", "type": MICROS, "aliases": ["at"]}, {"name": "other", "type": "int"})
    assert codes(new, old) == [("logical-type", "/fields/0/type")]


def test_a_record_that_holds_itself_is_told_once() -> None:
    def chain(avro: Any) -> dict[str, Any]:
        return record({"name": "at", "type": avro}, {"name": "next", "type": ["null", "n.R"]})

    assert codes(chain(MICROS), chain(MILLIS)) == [("logical-type", "/fields/0/type")]
