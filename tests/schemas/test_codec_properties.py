"""Encoder and decoder against fastavro, on random schemas and values."""

from __future__ import annotations

import io
import json

import fastavro
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.avro import parse_record_schema
from schemas.decoding import compile_decoder
from schemas.encoding import compile_encoder
from schemas.errors import WireError
from tests.schemas.strategies import Sample, records


@given(records())
@settings(max_examples=200, deadline=None)
def test_what_is_encoded_decodes_to_the_same(sample: Sample) -> None:
    schema = parse_record_schema(json.dumps(sample.avro))
    assert compile_decoder(schema)(compile_encoder(schema)(sample.value), 0) == sample.raw


@given(records())
@settings(max_examples=200, deadline=None)
def test_fastavro_reads_what_we_write(sample: Sample) -> None:
    schema = parse_record_schema(json.dumps(sample.avro))
    data = compile_encoder(schema)(sample.value)
    assert fastavro.schemaless_reader(io.BytesIO(data), fastavro.parse_schema(sample.avro), None) == sample.read


@given(records())
@settings(max_examples=200, deadline=None)
def test_we_read_what_fastavro_writes(sample: Sample) -> None:
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, fastavro.parse_schema(sample.avro), sample.read)
    schema = parse_record_schema(json.dumps(sample.avro))
    assert compile_decoder(schema)(memoryview(buffer.getvalue()), 0) == sample.raw


@given(records())
@settings(max_examples=100, deadline=None)
def test_a_schema_resolved_to_itself_changes_nothing(sample: Sample) -> None:
    schema = parse_record_schema(json.dumps(sample.avro))
    data = compile_encoder(schema)(sample.value)
    assert compile_decoder(schema, parse_record_schema(schema.text))(data, 0) == sample.raw


@given(records(), st.data())
@settings(max_examples=200, deadline=None)
def test_a_cut_or_lengthened_value_is_undecodable(sample: Sample, data: st.DataObject) -> None:
    schema = parse_record_schema(json.dumps(sample.avro))
    encoded = compile_encoder(schema)(sample.value)
    cut = data.draw(st.integers(0, max(len(encoded) - 1, 0)))
    for broken in (encoded[:cut], encoded + b"\x00"):
        try:
            compile_decoder(schema)(broken, 0)
        except WireError as error:
            assert error.code == "undecodable"
        else:
            raise AssertionError("broken bytes were decoded")


@given(records(), st.binary(max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_decoded_or_refused_and_nothing_else(sample: Sample, noise: bytes) -> None:
    decode = compile_decoder(parse_record_schema(json.dumps(sample.avro)))
    try:
        found = decode(noise, 0)
    except WireError as error:
        assert error.code == "undecodable"
    else:
        assert isinstance(found, dict)
