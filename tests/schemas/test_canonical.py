"""Canonical forms and fingerprints; numbers from Avro's share/test/data/schema-tests.txt."""

from __future__ import annotations

import json
from hashlib import sha256

import fastavro.schema
import pytest
from hypothesis import given, settings

from schemas.canonical import canonical_form, crc64, crc64_bytes, full_form, md5_bytes, sha256_bytes
from tests.schemas.strategies import Sample, records


@pytest.mark.parametrize(
    ("schema", "fingerprint"),
    [
        ('"null"', 7195948357588979594),
        ('"boolean"', -6970731678124411036),
        ('"int"', 8247732601305521295),
        ('"long"', -3434872931120570953),
        ('"float"', 5583340709985441680),
        ('"double"', -8181574048448539266),
        ('"bytes"', 5746618253357095269),
        ('"string"', -8142146995180207161),
    ],
)
def test_fingerprints_of_primitives_are_those_of_apache(schema: str, fingerprint: int) -> None:
    assert crc64(schema.encode()) == fingerprint % 2**64


def test_the_fingerprint_of_nothing_is_the_constant_of_the_specification() -> None:
    assert crc64(b"") == 0xC15D213AA4D7A795


def test_the_fingerprint_in_single_object_encoding_is_little_endian() -> None:
    assert crc64_bytes('"int"').hex() == "8f5c393f1ad57572"


def test_digests_are_those_of_the_canonical_form() -> None:
    assert sha256_bytes('{"type": "int"}') == sha256(b'"int"').digest()
    assert md5_bytes('{"type": "int"}').hex() == "ef524ea1b91e73173d938ade36c1db32"


@pytest.mark.parametrize(
    ("schema", "form"),
    [
        ({"type": "int", "logicalType": "date"}, '"int"'),
        (["null", {"type": "string"}], '["null","string"]'),
        ({"items": "int", "type": "array", "default": []}, '{"type":"array","items":"int"}'),
        ({"values": {"type": "long"}, "type": "map"}, '{"type":"map","values":"long"}'),
        (
            {"size": 3, "type": "fixed", "name": "F", "namespace": "a.b", "aliases": ["G"]},
            '{"name":"a.b.F","type":"fixed","size":3}',
        ),
        (
            {"type": "enum", "symbols": ["A"], "default": "A", "doc": "d", "name": "x.E", "namespace": "ignored"},
            '{"name":"x.E","type":"enum","symbols":["A"]}',
        ),
        (
            {
                "type": "record",
                "name": "R",
                "namespace": "n",
                "doc": "d",
                "fields": [
                    {"name": "a", "type": {"type": "fixed", "name": "F", "size": 1}, "class": "open"},
                    {"type": ["null", "F"], "name": "b", "default": None},
                    {"name": "c", "type": "R", "order": "ignore"},
                ],
            },
            '{"name":"n.R","type":"record","fields":[{"name":"a","type":{"name":"n.F","type":"fixed","size":1}},'
            '{"name":"b","type":["null","n.F"]},{"name":"c","type":"n.R"}]}',
        ),
    ],
)
def test_the_canonical_form_keeps_only_what_parsing_needs(schema: object, form: str) -> None:
    """Specification 1.12, "Transforming into Parsing Canonical Form"."""
    assert canonical_form(json.dumps(schema)) == form


@given(records())
@settings(max_examples=100, deadline=None)
def test_canonical_form_and_fingerprint_equal_fastavros(sample: Sample) -> None:
    text = json.dumps(sample.avro)
    form = fastavro.schema.to_parsing_canonical_form(sample.avro)
    assert canonical_form(text) == form
    assert crc64_bytes(text).hex() == fastavro.schema.fingerprint(form, "CRC-64-AVRO")


def test_the_full_form_tells_scales_units_and_classes_apart() -> None:
    base = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
    assert canonical_form(json.dumps(base)) == canonical_form(json.dumps(base | {"scale": 3}))
    assert full_form(json.dumps(base)) != full_form(json.dumps(base | {"scale": 3}))


def test_the_full_form_does_not_see_the_order_of_members_or_white_space() -> None:
    assert full_form('{"a": 1,\n "b": "ế"}') == full_form('{"b":"\\u1ebf","a":1}') == '{"a":1,"b":"ế"}'
