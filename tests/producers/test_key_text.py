"""A key as producers write it is the key as consumers read it, for every kind a key can have."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from consumers.acceptance import compile_key
from producers.feed import Fact, Origin, Row
from producers.mapping import DeclaredMapping
from producers.publisher import key_of
from schemas.avro import RecordSchema, parse_record_schema
from schemas.decoding import compile_decoder
from schemas.definition import EventRule
from schemas.encoding import compile_encoder
from schemas.wire import frame

SAIGON = timezone(timedelta(hours=7))
KINDS: dict[str, tuple[Any, Any, str]] = {
    "string": ("string", "Ng\u1ecd M\u00f4n", "Ng\u1ecd M\u00f4n"),
    "enum": ({"type": "enum", "name": "Kind", "symbols": ["A", "B"]}, "B", "B"),
    "uuid": (
        {"type": "string", "logicalType": "uuid"},
        UUID("0197C0DE-0000-7000-8000-000000000001"),
        "0197c0de-0000-7000-8000-000000000001",
    ),
    "int": ("int", -5, "-5"),
    "long": ("long", 2**40, "1099511627776"),
    "date": ({"type": "int", "logicalType": "date"}, date(2025, 7, 1), "2025-07-01"),
    "instant": (
        {"type": "long", "logicalType": "timestamp-micros"},
        datetime(2025, 7, 1, tzinfo=SAIGON),
        "2025-06-30T17:00:00Z",
    ),
    "instant with decimals": (
        {"type": "long", "logicalType": "timestamp-micros"},
        datetime(2025, 7, 1, 0, 0, 0, 250_000, tzinfo=UTC),
        "2025-07-01T00:00:00.250Z",
    ),
}


def schema_of(avro: Any) -> RecordSchema:
    common = {"class": "open", "label": {"vi": "x", "en": "x"}, "doc": "x"}
    fields = [{"name": "part", "type": avro, **common}, {"name": "code", "type": "string", **common}]
    record = {"type": "record", "name": "Told", "namespace": "test.keys", "doc": "x", "fields": fields}
    return parse_record_schema(json.dumps(record))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("names", [("part",), ("part", "code")])
def test_producer_and_consumer_make_the_same_key(kind: str, names: tuple[str, ...]) -> None:
    avro, value, text = KINDS[kind]
    schema, fields = schema_of(avro), {"part": value, "code": "7"}
    decoded = compile_decoder(schema)(frame(1, compile_encoder(schema)(fields)))
    read = compile_key(EventRule(type="Told", schema="test.keys.Told", operation="put", key=names), schema)
    expected = "~".join([text, "7"][: len(names)])
    assert read is not None
    assert (key_of(names, fields), read(decoded)) == (expected, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_declared_mapping_makes_that_key_too(kind: str) -> None:
    _, value, text = KINDS[kind]
    mapping = DeclaredMapping(
        {"event": "Told", "key": ["part"], "identity": ["part"], "fields": {"part": {"column": "x"}}}
    )
    (fact,) = mapping.map_row(Row({"x": value}, Origin("a.csv", 2)))
    assert isinstance(fact, Fact)
    assert (fact.key, fact.identity) == (text, text)
