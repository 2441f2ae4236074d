"""Bytes that are no value of their schema are undecodable, with the field that broke."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from schemas.decoding import compile_decoder
from schemas.errors import AvroInvalid, WireError
from schemas.wire import frame
from tests.schemas.builders import field, one_field, record

DATE = {"type": "int", "logicalType": "date"}
INSTANT = {"type": "long", "logicalType": "timestamp-micros"}
TIME = {"type": "long", "logicalType": "time-micros"}
MONEY = {"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 0}
LEVEL = {"type": "enum", "name": "Level", "symbols": ["LOW", "HIGH"]}
STRINGS = {"type": "array", "items": "string"}


@pytest.mark.parametrize(
    ("avro", "data", "message"),
    [
        ("string", b"", "end before"),
        ("string", b"\x06ab", "end before"),
        ("string", b"\x01ab", "a length of -1"),
        ("string", b"\x02\xff", "not UTF-8"),
        ("string", b"\x02\x00", "U+0000"),
        ("bytes", b"\x01", "a length of -1"),
        ("boolean", b"\x02", "0 or 1"),
        ("int", b"\x80\x80\x80\x80\x10", "32 bits"),
        ("long", b"\xff" * 10 + b"\x01", "ten bytes"),
        ("long", b"\xff" * 9 + b"\x7f", "64 bits"),
        ("long", b"\x80", "end before"),
        ("double", b"\x00" * 7, "end before"),
        ("double", struct.pack("<d", float("nan")), "no finite number"),
        (LEVEL, b"\x04", "none of index 2"),
        (LEVEL, b"\x01", "none of index -1"),
        (["null", "string"], b"\x04", "names none"),
        (["null", "string"], b"\x01", "names none"),
        (["null", "string", "long"], b"\x01", "none of index -1"),
        (DATE, b"\xff\xff\xff\xff\x0f", "outside"),
        (INSTANT, b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", "outside"),
        (TIME, b"\x01", "outside"),
        (MONEY, b"\x02\x64", "1 to 2 digits"),
        (MONEY, b"\x00", "1 to 2 digits"),
        (STRINGS, b"\x80\x80\x80\x80\x10", "claims"),
        ({"type": "array", "items": "null"}, b"\xfe\xff\xff\xff\xff\xff\xff\x01", "claims"),
        ({"type": "map", "values": "int"}, b"\x04\x02a\x00\x02a\x00\x00", "twice"),
        (STRINGS, b"\x01\x63\x02a\x00", "a block of"),
    ],
)
def test_a_broken_value_is_undecodable(avro: Any, data: bytes, message: str) -> None:
    with pytest.raises(WireError) as caught:
        compile_decoder(one_field(avro))(data, 0)
    assert caught.value.code == "undecodable"
    assert str(caught.value).startswith("value: ")
    assert message in str(caught.value)


def test_the_field_that_broke_is_named_by_its_path() -> None:
    edge = {"type": "record", "name": "Edge", "fields": [{"name": "share", "type": "boolean"}]}
    decode = compile_decoder(record(field("code", "int"), field("edges", {"type": "array", "items": edge})))
    with pytest.raises(WireError, match=r"^edges\[1\]\.share: a boolean is 0 or 1, not 7$"):
        decode(b"\x02\x04\x01\x07\x00", 0)


def test_bytes_after_the_value_are_refused() -> None:
    with pytest.raises(WireError, match="2 bytes follow the value"):
        compile_decoder(one_field("int"))(b"\x02ab", 0)


def test_the_wire_prefix_is_skipped() -> None:
    assert compile_decoder(one_field("int"))(frame(7, b"\x02")) == {"value": 1}


def test_an_array_in_several_blocks_with_sizes_is_one_list() -> None:
    """Specification 1.12, "Arrays": a negative count is followed by the block's size in bytes."""
    assert compile_decoder(one_field(STRINGS))(b"\x03\x08\x02a\x02b\x02\x02c\x00", 0) == {"value": ["a", "b", "c"]}


def test_an_endless_nesting_is_undecodable() -> None:
    node = {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}
    with pytest.raises(WireError, match="nested too deeply"):
        compile_decoder(one_field(node))(b"\x02" * 100_000, 0)


def test_values_come_as_a_database_keeps_them() -> None:
    decode = compile_decoder(
        record(
            field("day", DATE),
            field("at", {"type": "long", "logicalType": "timestamp-millis"}),
            field("opens", {"type": "int", "logicalType": "time-millis"}),
            field("price", MONEY),
        )
    )
    # day 1, 3 ms, 2 ms, 99
    assert decode(b"\x02\x06\x04\x02\x63", 0) == {"day": 1, "at": 3000, "opens": 2000, "price": 99}


OLD = record(field("code", "int"), field("gone", "string"), field("name", "string"))


@pytest.mark.parametrize(
    ("new", "value"),
    [
        ([field("name", "string")], {"name": "b"}),
        ([field("code", "long"), field("name", "bytes")], {"code": 1, "name": b"b"}),
        ([field("code", "double")], {"code": 1.0}),
        ([field("title", "string", aliases=["name"])], {"title": "b"}),
        ([field("name", ["null", "string"])], {"name": "b"}),
        ([field("code", "int"), field("added", "string", default="é")], {"code": 1, "added": "é"}),
        ([field("code", "int"), field("added", STRINGS, default=["x"])], {"code": 1, "added": ["x"]}),
        ([field("code", "int"), field("added", MONEY, default="c")], {"code": 1, "added": 99}),
        ([field("code", "int"), field("added", ["null", DATE], default=None)], {"code": 1, "added": None}),
    ],
)
def test_an_old_value_is_read_as_the_new_schema_sees_it(new: list[dict[str, Any]], value: dict[str, Any]) -> None:
    assert compile_decoder(OLD, record(*new))(b"\x02\x02a\x02b", 0) == value


def test_a_resolved_value_is_as_strict() -> None:
    with pytest.raises(WireError, match="gone: the text is not UTF-8"):
        compile_decoder(OLD, record(field("code", "int")))(b"\x02\x02\xff\x02b", 0)


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ([field("code", "string")], "int cannot be read as string"),
        ([field("code", "int"), field("added", "string")], "has no default"),
        ([field("code", LEVEL)], "int cannot be read as enum"),
    ],
)
def test_a_schema_that_cannot_read_the_old_one_is_refused(new: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(AvroInvalid, match=message):
        compile_decoder(OLD, record(*new))


def level(*symbols: str, **attributes: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "Level", "symbols": list(symbols), **attributes}


def test_an_unknown_symbol_becomes_the_readers_default() -> None:
    decode = compile_decoder(one_field(level("A", "B")), one_field(level("B", "U", default="U")))
    assert [decode(data, 0)["value"] for data in (b"\x00", b"\x02")] == ["U", "B"]


def test_an_unknown_symbol_without_default_breaks_that_value_only() -> None:
    decode = compile_decoder(one_field(level("A", "B")), one_field(level("B")))
    assert decode(b"\x02", 0) == {"value": "B"}
    with pytest.raises(WireError, match="unknown to the reader"):
        decode(b"\x00", 0)


def test_a_union_that_lost_a_branch_breaks_only_its_values() -> None:
    decode = compile_decoder(one_field(["null", "string"]), one_field("string"))
    assert decode(b"\x02\x02a", 0) == {"value": "a"}
    with pytest.raises(WireError, match="null cannot be read as string"):
        decode(b"\x00", 0)


def test_a_decimal_may_gain_digits_and_keeps_its_value() -> None:
    wider = {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}
    assert compile_decoder(one_field(MONEY), one_field(wider))(b"\x02\x05", 0) == {"value": 500}


def test_a_decimal_may_not_lose_digits() -> None:
    wider = {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}
    with pytest.raises(AvroInvalid, match="only have more digits"):
        compile_decoder(one_field(wider), one_field(MONEY))


def test_a_record_that_holds_itself_is_resolved() -> None:
    node = {
        "type": "record",
        "name": "Node",
        "fields": [{"name": "n", "type": "int"}, {"name": "next", "type": ["null", "Node"]}],
    }
    wider = {
        "type": "record",
        "name": "Node",
        "fields": [{"name": "n", "type": "long"}, {"name": "next", "type": ["null", "Node"]}],
    }
    decode = compile_decoder(one_field(node), one_field(wider))
    assert decode(b"\x02\x02\x04\x00", 0) == {"value": {"n": 1, "next": {"n": 2, "next": None}}}
