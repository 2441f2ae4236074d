"""Encoders of events: a mapping of values into the bytes of a schema, each value checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from schemas.avro import RecordSchema, record_type
from schemas.errors import ValueInvalid
from schemas.value_writing import Unfit
from schemas.writing import Writers

Encode = Callable[[Mapping[str, Any]], bytes]


def compile_encoder(schema: RecordSchema) -> Encode:
    """A function from field values to Avro bytes (without the wire prefix).

    Which Python values a field takes is said in `schemas.writing`. A field that is not given takes its
    default. The encoder raises `ValueInvalid` naming the field: missing, unknown, wrong type, out of
    range, a decimal with too many digits, a time without a zone.
    """
    write = Writers().writer(record_type(schema))

    def encode(values: Mapping[str, Any]) -> bytes:
        out = bytearray()
        try:
            write(out, values)
        except Unfit as error:
            raise error.as_error() from error.__cause__
        except RecursionError as error:
            raise ValueInvalid("", "the value is nested too deeply") from error
        return bytes(out)

    return encode
