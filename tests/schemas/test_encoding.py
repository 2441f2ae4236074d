"""Values that do not fit are refused with their field."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from schemas.encoding import compile_encoder
from schemas.errors import ValueInvalid
from tests.schemas.builders import field, one_field, record

INSTANT = {"type": "long", "logicalType": "timestamp-micros"}
MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
DATE = {"type": "int", "logicalType": "date"}
TIME = {"type": "int", "logicalType": "time-millis"}
UUID = {"type": "string", "logicalType": "uuid"}
MONEY = {"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 2}
FIXED_MONEY = {"type": "fixed", "name": "M", "size": 2, "logicalType": "decimal", "precision": 4, "scale": 0}
LEVEL = {"type": "enum", "name": "Level", "symbols": ["LOW", "HIGH"]}


@pytest.mark.parametrize(
    ("avro", "value", "message"),
    [
        ("string", 5, "needs text, not int"),
        ("string", None, "needs text, not null"),
        ("string", "a\0b", "U+0000"),
        ("string", "\ud800", "surrogate"),
        ("int", 2**31, "does not fit 32 bits"),
        ("int", True, "needs a whole number, not bool"),
        ("int", 1.0, "needs a whole number, not float"),
        ("long", -(2**63) - 1, "does not fit 64 bits"),
        ("double", float("nan"), "no finite number"),
        ("double", float("inf"), "no finite number"),
        ("double", "1", "needs a number, not str"),
        ("double", 10**400, "too large"),
        ("float", 1e39, "too large"),
        ("boolean", 1, "needs true or false, not int"),
        ("bytes", "x", "needs bytes, not str"),
        (LEVEL, "MIDDLE", "must be one of LOW, HIGH"),
        (LEVEL, ["LOW"], "must be one of LOW, HIGH"),
        (UUID, "not-one", "needs a UUID"),
        (DATE, datetime(2025, 1, 1, tzinfo=UTC), "needs a date, not datetime"),
        (DATE, "2025-01-01", "needs a date, not str"),
        (INSTANT, datetime(2025, 1, 1), "without a zone"),  # noqa: DTZ001
        (INSTANT, date(2025, 1, 1), "needs a date and time, not date"),
        (INSTANT, datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=7))), "outside the years"),
        (MILLIS, datetime(2025, 1, 1, 0, 0, 0, 1, tzinfo=UTC), "more exact"),
        (TIME, time(8, 0, tzinfo=UTC), "zone"),
        (TIME, "08:00", "needs a time of day"),
        (MONEY, Decimal("1.234"), "more than 2 digits after the decimal point"),
        (MONEY, Decimal("1000"), "more than 5 digits"),
        (MONEY, Decimal("1E+1000000"), "more than 5 digits"),
        (MONEY, Decimal("NaN"), "no finite number"),
        (MONEY, 1.5, "needs a decimal, not float"),
        (FIXED_MONEY, 10000, "more than 4 digits"),
        ({"type": "fixed", "name": "F", "size": 2}, b"abc", "exactly 2 bytes"),
        ({"type": "array", "items": "string"}, "ab", "needs a list, not str"),
        ({"type": "map", "values": "string"}, [], "needs a mapping, not list"),
        (["null", "string", "long"], 1.5, "one of null, string, long"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(avro: Any, value: Any, message: str) -> None:
    with pytest.raises(ValueInvalid) as caught:
        compile_encoder(one_field(avro))({"value": value})
    assert caught.value.field == "value"
    assert message in caught.value.message


def test_the_value_itself_stays_out_of_the_message() -> None:
    with pytest.raises(ValueInvalid) as caught:
        compile_encoder(one_field("int"))({"value": "Nguyễn Văn A"})
    assert "Nguyễn" not in str(caught.value)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(ValueInvalid, match="name: is missing"):
        compile_encoder(record(field("code", "string"), field("name", "string")))({"code": "a"})


def test_a_missing_field_takes_its_default() -> None:
    schema = record(field("name", ["null", "string"], default=None), field("count", "int", default=3))
    assert compile_encoder(schema)({}) == b"\x00\x06"


def test_a_nullable_field_without_default_must_be_given() -> None:
    with pytest.raises(ValueInvalid, match="value: is missing"):
        compile_encoder(one_field(["null", "string"]))({})


def test_an_unknown_field_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueInvalid, match="nmae: is no field of the schema; those are name"):
        compile_encoder(record(field("name", "string")))({"name": "a", "nmae": "b"})


def test_a_field_deep_inside_is_named_by_its_path() -> None:
    edge = {"type": "record", "name": "Edge", "fields": [{"name": "share", "type": ["null", "double"]}]}
    encode = compile_encoder(record(field("edges", {"type": "array", "items": edge})))
    with pytest.raises(ValueInvalid) as caught:
        encode({"edges": [{"share": 0.5}, {"share": "half"}]})
    assert caught.value.field == "edges[1].share"


def test_text_is_written_in_nfc() -> None:
    decomposed = "Hue\u0302\u0301"
    assert compile_encoder(one_field("string"))({"value": decomposed}) == b"\x0aHu\xe1\xba\xbf"


@pytest.mark.parametrize(
    ("unscaled", "data"),
    [
        ("0", b"\x02\x00"),
        ("1.27", b"\x02\x7f"),
        ("1.28", b"\x04\x00\x80"),
        ("-1.28", b"\x02\x80"),
        ("-1.29", b"\x04\xff\x7f"),
        ("999.99", b"\x06\x01\x86\x9f"),
        ("1E+2", b"\x04\x27\x10"),
    ],
)
def test_a_decimal_is_the_shortest_twos_complement_of_its_unscaled_number(unscaled: str, data: bytes) -> None:
    assert compile_encoder(one_field(MONEY))({"value": Decimal(unscaled)}) == data


def test_the_encoded_bytes_of_the_specification() -> None:
    """Specification 1.12, "Complex types: Records": a = 27, b = "foo" is 36 06 66 6f 6f."""
    schema = record(field("a", "long"), field("b", "string"))
    assert compile_encoder(schema)({"a": 27, "b": "foo"}) == bytes.fromhex("36 06 66 6f 6f")


@pytest.mark.parametrize(
    ("number", "data"), [(0, "00"), (-1, "01"), (1, "02"), (-2, "03"), (2, "04"), (-64, "7f"), (64, "8001")]
)
def test_whole_numbers_are_written_as_in_the_specification(number: int, data: str) -> None:
    """Specification 1.12, "Primitive Types": the table of zigzag examples."""
    assert compile_encoder(one_field("long"))({"value": number}) == bytes.fromhex(data)


def test_a_record_may_hold_itself() -> None:
    node = {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}
    encode = compile_encoder(one_field(node))
    assert encode({"value": {"next": {"next": None}}}) == b"\x02\x00"
