"""Where implementations of Avro disagree, we say what avro-java 1.12.1 says; each row is asked of it, too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.canonical import canonical_form, crc64, md5_bytes, sha256_bytes
from schemas.compatibility import check_texts
from schemas.errors import AvroInvalid
from schemas.java_defaults import check_java_defaults
from schemas.java_reading import read_json
from schemas.model import parse_type
from tests.schema_registry.oracle import AvroOracle, build_oracle

EXCEPTION = ["AMBIGUOUS_FIELD"]


def record(*fields: Any, name: str = "R", **attributes: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **attributes}


def field(name: str, avro: Any = "int", **attributes: Any) -> dict[str, Any]:
    return {"name": name, "type": avro, **attributes}


def enum(*symbols: str, name: str = "E", **attributes: Any) -> dict[str, Any]:
    return {"type": "enum", "name": name, "symbols": list(symbols), **attributes}


def fixed(size: int, name: str = "F", **attributes: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size, **attributes}


def decimal(precision: int, scale: int) -> dict[str, Any]:
    return {"logicalType": "decimal", "precision": precision, "scale": scale}


def logical(base: str, name: str) -> dict[str, Any]:
    return {"type": base, "logicalType": name}


A, B, BYTES = field("a"), field("b"), {"type": "bytes"}
VERDICTS: dict[str, tuple[Any, Any, list[str]]] = {
    "record of another namespace": (record(A, name="n.R"), record(A, name="m.R"), []),
    "enum of another namespace": (enum("X", name="n.E"), enum("X", name="m.E"), []),
    "fixed of another namespace": (fixed(2, name="n.F"), fixed(2, name="m.F"), []),
    "record renamed": (record(A, name="S"), record(A), ["NAME_MISMATCH"]),
    "record renamed within": (
        record(field("r", record(A, name="S"))),
        record(field("r", record(A, name="T"))),
        ["NAME_MISMATCH"],
    ),
    "enum that lacks a symbol": (enum("X"), enum("X", "Y"), ["MISSING_ENUM_SYMBOLS"]),
    "enum that lacks a symbol and has a default": (enum("X", default="X"), enum("X", "Y"), []),
    "alias without namespace": (record(A, name="n.S", aliases=["R"]), record(A, name="n.R"), []),
    "alias without namespace of another one": (
        record(A, name="n.S", aliases=["R"]),
        record(A, name="m.R"),
        ["NAME_MISMATCH"],
    ),
    "aliases of the writer": (record(A, name="S"), record(A, aliases=["S"]), ["NAME_MISMATCH"]),
    "double of a union": ("double", ["int", "float"], []),
    "string of a union": ("string", ["bytes", "string"], []),
    "string of an empty union": ("string", [], []),
    "field by name and by alias": (record(field("a", aliases=["b"])), record(A, B), EXCEPTION),
    "field by two aliases": (record(field("c", aliases=["a", "b"])), record(A, B), EXCEPTION),
    "fields with swapped aliases": (
        record(field("a", aliases=["b"]), field("b", aliases=["a"])),
        record(A, B),
        EXCEPTION,
    ),
    "decimal bytes as decimal fixed": (
        {**fixed(4), **decimal(4, 2)},
        {**BYTES, **decimal(4, 2)},
        ["TYPE_MISMATCH"],
    ),
    "decimal fixed as decimal bytes": (
        {**BYTES, **decimal(4, 2)},
        {**fixed(4), **decimal(4, 2)},
        ["TYPE_MISMATCH"],
    ),
    "decimal fixed of another name and size": (
        {**fixed(4), **decimal(4, 2)},
        {**fixed(8, name="G"), **decimal(4, 2)},
        ["NAME_MISMATCH", "FIXED_SIZE_MISMATCH"],
    ),
    "decimal of another precision": ({**BYTES, **decimal(9, 2)}, {**BYTES, **decimal(4, 2)}, []),
    "decimal of another scale": ({**BYTES, **decimal(9, 3)}, {**BYTES, **decimal(9, 2)}, []),
    "timestamp of another exactness": (logical("long", "timestamp-micros"), logical("long", "timestamp-millis"), []),
    "date as a number": ("int", logical("int", "date"), []),
    "new field of type null": (record(A, field("n", "null", default=None)), record(A), []),
    "union with an equal record of another name": (
        ["null", record(A, name="S")],
        ["null", record(A)],
        ["MISSING_UNION_BRANCH"],
    ),
    "union with a record of another namespace": (["null", record(A, name="n.R")], ["null", record(A, name="m.R")], []),
    "nullable field without default": (
        record(A, field("b", ["null", "int"])),
        record(A),
        ["READER_FIELD_MISSING_DEFAULT_VALUE"],
    ),
    "enum field with a default of its type alone": (
        record(A, field("e", enum("X", default="X"))),
        record(A),
        ["TYPE_MISMATCH"],
    ),
}

VALID: dict[str, tuple[str, bool]] = {
    name: (schema if isinstance(schema, str) else json.dumps(schema), valid)
    for name, (schema, valid) in {
        "negative size": (fixed(-1), False),
        "fields of one name": (record(A, A), False),
        "symbols of one name": (enum("X", "X"), False),
        "branches of one type": (["int", "int"], False),
        "union within a union": (["null", ["int"]], False),
        "field name with a dash": (record(field("a-b")), False),
        "record name with a dash": (record(name="a-b"), False),
        "name that begins with a digit": (record(name="1R"), False),
        "namespace with an empty part": (record(namespace="a..b"), False),
        "equal definition again": (record(field("a", fixed(2)), field("b", fixed(2))), True),
        "other definition again": (record(field("a", fixed(2)), field("b", fixed(3))), False),
        "name before its definition": (record(field("a", "F"), field("b", fixed(2))), True),
        "name without a definition": (record(field("a", "F")), False),
        "comments": ('/* one */ {"type": "int" // two\n}', True),
        "decimal with more scale than precision": ({**BYTES, **decimal(2, 4)}, True),
        "decimal that does not fit its fixed": ({**fixed(1), **decimal(40, 0)}, True),
        "default of the second branch": (record(field("a", ["null", "int"], default=1)), True),
        "default of no branch": (record(field("a", ["null", "int"], default="x")), False),
        "default beyond an int": (record(field("a", default=2**31)), False),
        "enum default that is no symbol": (enum("X", default="Y"), False),
        "order of another name": (record(field("a", order="up")), False),
    }.items()
}
MONEY = fixed(8, name="n.Money")
TWICE = record(field("a", MONEY), field("b", "n.Money"), name="n.R")


@pytest.fixture(scope="module")
def oracle() -> Iterator[AvroOracle]:
    running = AvroOracle(build_oracle())
    yield running
    running.close()


def is_valid(text: str) -> bool:
    try:
        check_java_defaults(parse_type(read_json(text)))
    except (AvroInvalid, ValueError):
        return False
    return True


@pytest.mark.parametrize("case", VERDICTS)
def test_a_pair_has_javas_verdict(case: str) -> None:
    reader, writer, reasons = VERDICTS[case]
    assert [one.type for one in check_texts(json.dumps(reader), json.dumps(writer))] == reasons


@pytest.mark.slow
@pytest.mark.parametrize("case", VERDICTS)
def test_java_says_so(oracle: AvroOracle, case: str) -> None:
    reader, writer, reasons = VERDICTS[case]
    judged = oracle.compare(json.dumps(reader), json.dumps(writer))
    assert (EXCEPTION if judged is None else [one.split(" ")[0] for one in judged]) == reasons


@pytest.mark.parametrize("case", VALID)
def test_a_schema_is_valid_where_java_takes_it(case: str) -> None:
    text, valid = VALID[case]
    assert is_valid(text) is valid


@pytest.mark.slow
@pytest.mark.parametrize("case", VALID)
def test_java_takes_and_refuses_the_same(oracle: AvroOracle, case: str) -> None:
    text, valid = VALID[case]
    assert (oracle.judge(text).form is not None) is valid


def test_a_named_type_stands_once_in_the_canonical_form() -> None:
    """avro-py writes it again, and so comes to another fingerprint."""
    assert canonical_form(json.dumps(TWICE)) == (
        '{"name":"n.R","type":"record","fields":[{"name":"a","type":{"name":"n.Money","type":"fixed","size":8}},'
        '{"name":"b","type":"n.Money"}]}'
    )


def test_the_fingerprint_is_the_specifications_number() -> None:
    """schema-tests.txt of Avro has 8247732601305521295 for "int"; avro-py shows its bytes the other way round."""
    assert crc64(b'"int"') == 8247732601305521295
    assert md5_bytes('"int"').hex() == "ef524ea1b91e73173d938ade36c1db32"
    assert sha256_bytes('{"type": "int"}').hex() == "3f2b87a9fe7cc9b13835598c3981cd45e3e355309e5090aa0933d7becb6fba45"
